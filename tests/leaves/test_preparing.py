import io
import tarfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagelab.datasets import leaf_archive
from imagelab.leaves.choosing import choose
from imagelab.leaves.preparing import choose_and_reduce
from imagelab.leaves.reducing import reduce
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import PrepareLeaves

SETTINGS = PrepareLeaves(
    image_size=8,
    most_classes_per_crop=2,
    most_images_per_class=3,
    reduction="slice",
    other_sizes="refuse",
    most_unreadable_images=0,
    camera_numbers_together=None,
    held_out_fraction=0.2,
)
AREA, RESIZE = (SETTINGS.model_copy(update=change) for change in ({"reduction": "area"}, {"other_sizes": "resize"}))
ALL = SETTINGS.model_copy(update={"most_images_per_class": 100})
PIXELS = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


def picture(mode: str = "RGB", image_format: str = "PNG", size: tuple[int, int] = (32, 32)) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).resize(size).convert(mode).save(buffer, image_format)
    return buffer.getvalue()


def noise(seed: int) -> bytes:
    """A picture that no other is like."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def write_archive(path: Path, names: list[str], content: bytes | None = None) -> Path:
    leaf_archive.write([(name, content if content is not None else picture()) for name in names], path)
    return path


def test_every_nth_pixel_of_every_nth_row_is_kept() -> None:
    assert np.array_equal(reduce(picture(), SETTINGS, where="x"), PIXELS[::4, ::4])


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "LA", "1"])
def test_pictures_of_any_mode_come_out_in_three_colours(mode: str) -> None:
    assert reduce(picture(mode), SETTINGS, where="x").shape == (8, 8, 3)


def test_cmyk_and_wrongly_named_pictures_are_read() -> None:
    assert reduce(picture("CMYK", "JPEG"), SETTINGS, where="a.png").shape == (8, 8, 3)


def test_transparent_pixels_are_white_and_those_of_16_bits_are_scaled() -> None:
    pixels = np.dstack([PIXELS, np.zeros((32, 32), np.uint8)])
    pixels[:, 16:, 3] = 255
    found = reduce(as_png(pixels), SETTINGS, where="x")
    assert np.all(found[:, :4] == 255)
    assert np.array_equal(found[:, 4:], PIXELS[::4, 16::4])
    ramp = np.arange(32, dtype=np.uint16)[:, None].repeat(32, axis=1) * 257
    assert np.array_equal(reduce(as_png(ramp), SETTINGS, where="x")[:, 0, 0], np.arange(0, 32, 4))


def as_png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a picture that decodes, received 0 bytes"),
        (b"no picture", "a picture that decodes"),
        (b"DDS " + bytes(200), "a picture that decodes"),
        (picture()[:-200], "a picture that decodes"),
        (picture(image_format="JPEG")[:300], "a picture that decodes"),
        (picture(size=(30, 30)), r"a square, n \* 8 \(or prepare_leaves.other_sizes: resize\), received 30x30"),
        (picture(size=(32, 16)), "received 32x16"),
    ],
)
def test_what_cannot_be_reduced_is_refused_by_name(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"x: .*{message}"):
        reduce(content, SETTINGS, where="x")


def jpeg(**options: object) -> bytes:
    """A photograph-like picture: smooth, with edges."""
    rows, columns = np.mgrid[0:64, 0:64]
    pixels = np.stack([4 * rows, 4 * columns, 128 + 100 * np.sign(rows - columns)], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(str(options.pop("mode", "RGB"))).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 30},
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2},
        {"progressive": True},
        {"optimize": True},
        {"mode": "L"},
    ],
    ids=str,
)
def test_the_reports_way_gives_the_same_bits(options: dict[str, object], tmp_path: Path) -> None:
    """Every eighth pixel of what matplotlib reads, divided by 255."""
    content = jpeg(**options)
    found = choose_and_reduce(write_archive(tmp_path / "leaves.tar", ["train/A___x/1.JPG"], content), SETTINGS, seed=1)
    read = plt.imread(io.BytesIO(content), format="jpg")
    read = read if read.ndim == 3 else np.repeat(read[..., None], 3, axis=-1)
    assert np.array_equal(found.images[0], (read[::8, ::8] / 255).astype(np.float32))


def test_a_jpeg_that_pillow_repairs_is_read(tmp_path: Path) -> None:
    """Bytes without meaning before a marker; simplejpeg refuses them."""
    content = jpeg()
    odd = content[:-2] + b"\x00\x00\x00" + content[-2:]
    middle = content.index(b"\xff\xc4")
    for repaired in (odd, content[:middle] + b"\x00\x00" + content[middle:]):
        assert np.array_equal(reduce(repaired, SETTINGS, where="x"), reduce(content, SETTINGS, where="x"))


def test_area_takes_the_mean_of_what_a_pixel_covers() -> None:
    means = PIXELS.reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    assert np.abs(reduce(picture(), AREA, where="x") - means).max() < 1  # Pillow rounds twice
    jpeg = reduce(picture(image_format="JPEG", size=(64, 64)), AREA, where="x")
    whole = np.asarray(Image.open(io.BytesIO(picture(image_format="JPEG", size=(64, 64)))), float)
    assert np.abs(jpeg - whole.reshape(8, 8, 8, 8, 3).mean(axis=(1, 3))).mean() < 2  # grey levels of 255


def test_other_sizes_are_resized_where_the_settings_say_so() -> None:
    grey = Image.new("RGB", (50, 30), (0, 0, 0))
    grey.paste((200, 100, 50), (10, 0, 40, 30))  # the middle square
    buffer = io.BytesIO()
    grey.save(buffer, "PNG")
    difference = reduce(buffer.getvalue(), RESIZE, where="x") - np.array([200, 100, 50])
    assert np.abs(difference).max() < 25  # Lanczos looks a little beyond the square
    assert np.array_equal(reduce(picture(), RESIZE, where="x"), PIXELS[::4, ::4])  # a multiple is as before


@pytest.mark.parametrize("settings", [SETTINGS, AREA, RESIZE], ids=["slice", "area", "resize"])
def test_the_number_of_workers_changes_no_bit(settings: PrepareLeaves, tmp_path: Path) -> None:
    contents = {f"train/A___{k:02}/1.JPG": picture(image_format="JPEG", size=(8 * (k + 1),) * 2) for k in range(70)}
    leaf_archive.write(list(contents.items()), tmp_path / "leaves.tar")
    settings = settings.model_copy(update={"most_classes_per_crop": 70})
    archive = tmp_path / "leaves.tar"
    found = [choose_and_reduce(archive, settings, seed=1, workers=workers).images for workers in (1, 3)]
    assert np.array_equal(*found)
    assert len(found[0]) == 70


def archive_with_broken(path: Path, broken: int, *, whole: int) -> Path:
    contents = {f"train/A___x/{k:02}.JPG": b"no picture" for k in range(broken)}
    contents |= {f"train/A___y/{k:02}.JPG": picture() for k in range(whole)}
    leaf_archive.write(list(contents.items()), path)
    return path


def test_unreadable_images_are_left_out_up_to_a_set_number(tmp_path: Path) -> None:
    path = tmp_path / "leaves.tar"
    broken = {f"train/A___x/0{k}.JPG": b"no picture" for k in range(2)}
    whole = {name: picture() for name in ("train/A___x/02.JPG", *(f"train/A___y/0{k}.JPG" for k in range(3)))}
    leaf_archive.write(list((broken | whole).items()), path)
    found = choose_and_reduce(path, SETTINGS.model_copy(update={"most_unreadable_images": 2}), seed=1)
    assert found.skipped == ["train/A___x/00.JPG", "train/A___x/01.JPG"]
    assert found.labels.tolist() == [0, 1, 1, 1]
    assert np.array_equal(found.images[0], (PIXELS[::4, ::4] / 255).astype(np.float32))


def test_a_class_of_which_no_picture_decodes_is_named(tmp_path: Path) -> None:
    """Nothing could be learned or drawn of it, although its name stayed."""
    path = archive_with_broken(tmp_path / "leaves.tar", 2, whole=3)
    with pytest.raises(InputError, match="expected a picture of each class that decodes, received none of A___x"):
        choose_and_reduce(path, SETTINGS.model_copy(update={"most_unreadable_images": 2}), seed=1)


def test_more_unreadable_images_stop_and_are_listed(tmp_path: Path) -> None:
    path = archive_with_broken(tmp_path / "leaves.tar", 3, whole=1)
    settings = SETTINGS.model_copy(update={"most_unreadable_images": 2})
    with pytest.raises(InputError) as caught:
        choose_and_reduce(path, settings, seed=1)
    message = str(caught.value)
    assert "expected at most 2 that do not decode (prepare_leaves.most_unreadable_images), received 3: " in message
    assert all(f"train/A___x/0{k}.JPG" in message for k in range(3))
    assert "\n" not in message


def test_images_that_are_all_unreadable_are_never_left_out(tmp_path: Path) -> None:
    path = archive_with_broken(tmp_path / "leaves.tar", 2, whole=0)
    with pytest.raises(InputError, match="expected at most 1 that do not decode"):
        choose_and_reduce(path, SETTINGS.model_copy(update={"most_unreadable_images": 9}), seed=1)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_a_decompression_bomb_is_refused(image_format: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)  # this picture has 1,024: more, and not twice as many
    content = picture(image_format=image_format)
    with pytest.raises(InputError, match="a picture that decodes"):
        choose_and_reduce(write_archive(tmp_path / "leaves.tar", ["train/A___x/1.JPG"], content), SETTINGS, seed=1)


def test_a_refused_size_stops_however_many_may_be_unreadable(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "leaves.tar", ["train/A___x/1.JPG", "train/A___x/2.JPG"], picture(size=(30, 30)))
    with pytest.raises(InputError, match="size of image"):
        choose_and_reduce(path, SETTINGS.model_copy(update={"most_unreadable_images": 9}), seed=1)


def test_the_first_classes_of_a_crop_and_some_images_of_each_class_are_kept(tmp_path: Path) -> None:
    names = [f"train/{crop}___{kind}/{k}.JPG" for crop in ("B", "A") for kind in ("z", "x", "y") for k in (5, 3, 9, 1)]
    found = choose_and_reduce(write_archive(tmp_path / "leaves.tar", names), SETTINGS, seed=1)
    assert found.classes == ["A___x", "A___y", "B___x", "B___y"]
    assert found.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert found.images.shape == (12, 8, 8, 3)
    assert found.images.dtype == np.float32


def each_its_own(names: Iterable[str]) -> dict[str, int]:
    return {name: leaf for leaf, name in enumerate(names)}


def test_images_are_drawn_by_seed_and_class_and_sorted() -> None:
    names = {kind: [f"train/A___{kind}/{k:02}.JPG" for k in range(40)] for kind in "xyz"}
    chosen = choose(each_its_own([*names["x"], *names["y"]]), SETTINGS, seed=1)
    assert all(files == sorted(files) and len(set(files)) == 3 for files in chosen.values())
    assert [Path(name).name for name in chosen["A___x"]] != [Path(name).name for name in chosen["A___y"]]
    assert choose(each_its_own([*names["y"], *names["x"][::-1]]), SETTINGS, seed=1) == chosen
    assert choose(each_its_own([*names["z"], *names["x"]]), SETTINGS, seed=1)["A___x"] == chosen["A___x"]
    of_x = each_its_own(names["x"])
    drawn = {name for seed in range(100) for name in choose(of_x, SETTINGS, seed=seed)["A___x"]}
    assert drawn == set(names["x"])  # none is left out whatever the seed
    few = [name.replace("x", "\udcff") for name in names["x"][:2]]  # as tarfile reads a byte that is no UTF-8
    assert choose(each_its_own(few), SETTINGS, seed=1) == {"A___\udcff": few}


def test_where_every_leaf_has_one_file_the_draw_is_that_of_files() -> None:
    names = [f"train/A___x/{k:02}.JPG" for k in range(40)]
    rows = np.random.default_rng([1, *b"A___x"]).permutation(40)[:3]
    assert choose(each_its_own(names), SETTINGS, seed=1)["A___x"] == [names[row] for row in np.sort(rows)]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20), st.integers(1, 20), st.integers(0, 2**31))
def test_no_leaf_gives_a_second_file_while_another_gives_none(shown: list[int], most: int, seed: int) -> None:
    names = {f"train/A___x/{k:02}.JPG": leaf for k, leaf in enumerate(shown)}
    settings = SETTINGS.model_copy(update={"most_images_per_class": most})
    chosen = choose(names, settings, seed=seed)["A___x"]
    assert len(chosen) == min(most, len(names))
    taken, available = Counter(names[name] for name in chosen), Counter(shown)
    fewest = min(taken[leaf] for leaf in available if taken[leaf] < available[leaf]) if most < len(names) else 99
    assert max(taken.values()) <= fewest + 1


def test_a_leaf_of_many_files_is_as_likely_as_one_of_a_single_file_and_each_file_as_any_other() -> None:
    names = {f"train/A___x/{k:02}.JPG": max(0, k - 8) for k in range(12)}  # the first leaf has nine files
    settings = SETTINGS.model_copy(update={"most_images_per_class": 1})
    drawn = Counter(choose(names, settings, seed=seed)["A___x"][0] for seed in range(800))
    of_leaf = Counter({leaf: sum(drawn[name] for name in names if names[name] == leaf) for leaf in range(4)})
    assert all(150 < count < 250 for count in of_leaf.values()), of_leaf
    assert set(drawn) == set(names)


def test_pictures_of_one_leaf_are_told_by_their_names_by_the_list_and_by_their_pixels(tmp_path: Path) -> None:
    names = ["1", "1_90deg", "2", "3", "4", "5"]
    contents = {f"train/A___x/{name}.PNG": noise(place) for place, name in enumerate(names)}
    contents["train/A___x/5.PNG"] = contents["train/A___x/2.PNG"]
    leaf_archive.write(list(contents.items()), tmp_path / "leaves.tar")
    (tmp_path / "groups.csv").write_text("file,group\ntrain/A___x/3.PNG,a\ntrain/A___x/4.PNG,a\n")
    found = choose_and_reduce(tmp_path / "leaves.tar", ALL, seed=1)
    assert found.groups.tolist() == [0, 0, 1, 2, 2, 1]


def test_leaves_that_cannot_be_read_leave_the_others_in_their_groups(tmp_path: Path) -> None:
    contents = {f"train/A___x/{name}.PNG": noise(place) for place, name in enumerate("0123")}
    contents |= {"train/A___x/0.PNG": b"no picture", "train/A___x/3_flipLR.PNG": noise(9)}
    leaf_archive.write(list(contents.items()), tmp_path / "leaves.tar")
    found = choose_and_reduce(tmp_path / "leaves.tar", ALL.model_copy(update={"most_unreadable_images": 1}), seed=1)
    assert found.groups.tolist() == [0, 1, 2, 2]


def test_the_order_in_the_archive_changes_nothing(tmp_path: Path) -> None:
    contents = {f"train/A___{kind}/{k}.JPG": picture(size=(8 * (k + 1),) * 2) for kind in "xy" for k in range(3)}
    for name, order in (("first", 1), ("second", -1)):
        leaf_archive.write(list(contents.items())[::order], tmp_path / f"{name}.tar")
    first, second = (choose_and_reduce(tmp_path / f"{name}.tar", SETTINGS, seed=1) for name in ("first", "second"))
    assert np.array_equal(first.images, second.images)


@pytest.mark.parametrize("kind", ["folder", "tar", "tar.gz", "zip"])
def test_a_folder_and_an_archive_pack_to_the_same_members(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "set" / "New Plant Diseases"
    for name in (
        "train/A___x/1.JPG",
        "train/A___x/2.jpeg",
        "valid/A___x/3.JPG",
        "train/A___x/notes.txt",
        "train/1.JPG",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(picture())
    source = tmp_path / "set"
    if kind.startswith("tar"):
        source = tmp_path / f"leaves.{kind}"
        with tarfile.open(source, "w:gz" if kind.endswith("gz") else "w") as archive:
            archive.add(folder, "leaves")
    elif kind == "zip":
        import shutil

        source = Path(shutil.make_archive(str(tmp_path / "leaves"), "zip", tmp_path / "set"))
    leaf_archive.pack(source, tmp_path / "packed.tar")
    with tarfile.open(tmp_path / "packed.tar") as archive:
        assert sorted(archive.getnames()) == ["train/A___x/1.JPG", "train/A___x/2.jpeg"]
        assert {member.mtime for member in archive} == {0}


def test_the_folder_train_itself_may_be_the_source(tmp_path: Path) -> None:
    (tmp_path / "train" / "A___x").mkdir(parents=True)
    (tmp_path / "train" / "A___x" / "1.JPG").write_bytes(picture())
    leaf_archive.pack(tmp_path / "train", tmp_path / "packed.tar")
    with tarfile.open(tmp_path / "packed.tar") as archive:
        assert archive.getnames() == ["train/A___x/1.JPG"]


def test_neighbouring_photographs_are_kept_together_and_still_count_as_leaves_of_their_own(tmp_path: Path) -> None:
    names = [f"train/A___x/RS_HL {number}.JPG" for number in (98, 99, 100, 101, 149, 150)]
    archive = tmp_path / "leaves.tar"
    leaf_archive.write([(name, noise(seed)) for seed, name in enumerate(names)], archive)
    found = choose_and_reduce(archive, ALL.model_copy(update={"camera_numbers_together": 50}), seed=1)
    assert found.together.tolist() == [0, 0, 0, 1, 2, 2]  # sorted by name: 100, 101, 149, 150, 98, 99
    assert found.groups.tolist() == [0, 1, 2, 3, 4, 5]
    assert choose_and_reduce(archive, ALL, seed=1).together.tolist() == [0, 1, 2, 3, 4, 5]
