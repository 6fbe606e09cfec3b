import io
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imagelab.datasets import demo_leaves


@pytest.fixture(scope="module")
def leaves() -> dict[str, bytes]:
    return dict(demo_leaves.draw_leaves(images_per_class=3, seed=5))


def pixels(content: bytes) -> NDArray[np.int64]:
    return np.asarray(Image.open(io.BytesIO(content))).astype(np.int64)


def test_every_leaf_is_a_jpeg_of_256_by_256_rgb_pixels(leaves: dict[str, bytes]) -> None:
    for content in leaves.values():
        picture = Image.open(io.BytesIO(content))
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (256, 256), "RGB")


def test_paths_follow_the_layout_of_kaggles_set(leaves: dict[str, bytes]) -> None:
    assert list(leaves) == [
        f"train/{name}/{number}.JPG" for name in demo_leaves.CLASSES for number in ("0001", "0002", "0003")
    ]


def test_only_tomato_has_more_than_six_classes() -> None:
    crops = Counter(name.split("___")[0] for name in demo_leaves.CLASSES)
    assert [crop for crop, classes in crops.items() if classes > 6] == ["Tomato"]
    assert len(crops) > 1


def test_the_same_seed_gives_the_same_bytes_however_many_are_asked_for(leaves: dict[str, bytes]) -> None:
    fewer = dict(demo_leaves.draw_leaves(images_per_class=1, seed=5))
    assert len(fewer) == len(demo_leaves.CLASSES)
    assert all(leaves[path] == content for path, content in fewer.items())


def test_no_two_leaves_are_alike(leaves: dict[str, bytes]) -> None:
    assert len(set(leaves.values())) == len(leaves)
    _, other = next(demo_leaves.draw_leaves(images_per_class=1, seed=6))
    assert other not in leaves.values()


def test_a_healthy_leaf_is_green_on_a_grey_ground(leaves: dict[str, bytes]) -> None:
    for path, content in leaves.items():
        if "healthy" not in path:
            continue
        picture = pixels(content)
        red, green, blue = picture[112:144, 112:144].mean(axis=(0, 1))
        assert green > red + 15 and green > blue + 15
        corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert np.ptp(corners, axis=1).mean() < 40


def every_eighth_pixel(name: str, index: int) -> NDArray[np.int64]:
    return np.asarray(demo_leaves.draw_leaf(name, np.random.default_rng([5, index]))).astype(np.int64)[::8, ::8]


@pytest.mark.parametrize("crop", ["Apple", "Grape", "Potato", "Tomato"])
def test_ill_leaves_are_browner_than_healthy_ones(crop: str) -> None:
    redness: dict[bool, list[float]] = {True: [], False: []}
    for name in demo_leaves.CLASSES:
        for index in range(8 if name.startswith(crop) else 0):
            red, green, blue = np.moveaxis(every_eighth_pixel(name, index), -1, 0)
            on_leaf = green > blue + 12
            redness["healthy" in name].append(float((red[on_leaf] / green[on_leaf]).mean()))
    assert np.mean(redness[False]) > np.mean(redness[True]) + 0.05


@pytest.mark.parametrize("name", [name for name, condition in demo_leaves.CLASSES.items() if condition.spots])
def test_spots_are_still_seen_in_every_eighth_pixel(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spotted = np.stack([every_eighth_pixel(name, index) for index in range(4)])
    monkeypatch.setitem(demo_leaves.CLASSES, name, demo_leaves.CLASSES[name]._replace(spots=None))
    plain = np.stack([every_eighth_pixel(name, index) for index in range(4)])
    on_leaf = plain[..., 1] > plain[..., 2] + 12
    assert (np.abs(spotted - plain)[on_leaf].max(axis=-1) > 25).mean() > 0.01


def test_drawing_is_lazy() -> None:
    assert len(list(islice(demo_leaves.draw_leaves(images_per_class=10**9, seed=5), 2))) == 2
