import functools

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from imagelab.clocks.rendering import pool, random_pictures
from imagelab.clocks.rendering.design import direction
from imagelab.clocks.rendering.random_designs import HAND_SHARES, Hand, draw_design
from imagelab.clocks.rendering.random_dials import hand_shapes
from imagelab.clocks.rendering.random_pictures import (
    RandomView,
    draw_random_view,
    hand_turns,
    homography,
    jacobian,
    render_random_clock,
    render_random_clocks,
)
from imagelab.clocks.rendering.views import project
from imagelab.settings.clocks import RandomClocks

Rendered = tuple[NDArray[np.uint8], NDArray[np.int64], pd.DataFrame]


def settings(**changes: object) -> RandomClocks:
    values: dict[str, object] = {
        "diameter_fraction": (0.4, 1.0),
        "centre_reach": 0.2,
        "tilt_degrees": (0.0, 45.0),
        "unreadable_fraction": 0.1,
    }
    return RandomClocks(**(values | changes))  # type: ignore[arg-type]


@functools.cache
def some() -> Rendered:
    return render_random_clocks(settings(), count=300, image_size=24, seed=5, stream=2, workers=1)


def same(first: Rendered, second: Rendered) -> bool:
    table = first[2].equals(second[2])
    return table and bool((first[0] == second[0]).all()) and bool((first[1] == second[1]).all())


def test_shapes_and_types() -> None:
    images, minutes, table = some()
    assert images.shape == (300, 24, 24, 3)
    assert images.dtype == np.uint8
    assert minutes.shape == (300,)
    assert minutes.dtype == np.int64
    assert len(table) == 300
    assert not table.isna().any().any()
    assert {"bool", "float64", "int64"} <= {str(kind) for kind in table.dtypes}


def test_picture_k_does_not_depend_on_the_number_of_pictures() -> None:
    images, minutes, table = some()
    few = render_random_clocks(settings(), count=70, image_size=24, seed=5, stream=2, workers=1)
    assert same(few, (images[:70], minutes[:70], table[:70]))


def test_workers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "FEWEST_FOR_WORKERS", 1)
    images, minutes, table = some()
    parallel = render_random_clocks(settings(), count=130, image_size=24, seed=5, stream=2, workers=2)
    assert same(parallel, (images[:130], minutes[:130], table[:130]))


@pytest.mark.parametrize("other", [{"seed": 6, "stream": 2}, {"seed": 5, "stream": 0}, {"seed": 5, "stream": 3}])
def test_seeds_and_streams_share_nothing(other: dict[str, int]) -> None:
    images, minutes, _ = render_random_clocks(settings(), count=30, image_size=24, workers=1, **other)
    assert (minutes != some()[1][:30]).sum() > 20
    assert (images != some()[0][:30]).any(axis=(1, 2, 3)).all()


def test_times_cover_the_dial_evenly() -> None:
    _, minutes, table = some()
    readable = minutes[table["readable"]]
    assert minutes.min() >= 0
    assert minutes.max() < 720
    assert np.histogram(readable, bins=6, range=(0, 720))[0] / len(readable) == pytest.approx(1 / 6, abs=0.08)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_share_of_unreadable_pictures(fraction: float) -> None:
    changed = settings(unreadable_fraction=fraction)
    _, minutes, table = render_random_clocks(changed, count=150, image_size=16, seed=0, stream=0, workers=1)
    readable = table["readable"].to_numpy()
    assert 1 - readable.mean() == pytest.approx(fraction, abs=0.1 if fraction in (0.3,) else 0)
    assert (minutes[~readable] == 0).all()
    assert (table["hands"][readable] != "none").all()
    if fraction == 1:
        assert 0.6 < (table["hands"] == "none").mean() < 0.95  # the others show one hand


def test_more_unreadable_pictures_leave_the_readable_ones_as_they_are() -> None:
    images, minutes, table = some()
    more = settings(unreadable_fraction=0.5)
    other = render_random_clocks(more, count=60, image_size=24, seed=5, stream=2, workers=1)
    readable = other[2]["readable"].to_numpy()
    assert 15 < readable.sum() < 45
    assert (images[:60][readable] == other[0][readable]).all()
    assert (minutes[:60][readable] == other[1][readable]).all()
    assert table["readable"][:60][readable].all()


def test_design_and_view_properties_are_the_known_kinds() -> None:
    table = some()[2]
    assert set(table["numerals"]) == {"arabic", "roman", "four", "none"}
    assert set(table["marks"]) == {"strokes", "dots", "none"}
    assert set(table["frame"]) == {"none", "ring", "square", "octagon"}
    assert set(table["hands"]) <= {"marker", "none", *HAND_SHARES}
    assert table["diameter_fraction"].between(0.4, 1.0).all()
    assert table["tilt_degrees"].between(0, 45).all()
    assert table["pivot_x"].between(0.3 * 24, 0.7 * 24).all()
    assert table["pivot_y"].between(0.3 * 24, 0.7 * 24).all()
    assert (table["tilt_degrees"] < 25).mean() > 0.6


def test_most_of_the_face_is_in_the_picture() -> None:
    rng = np.random.default_rng(0)
    anywhere = settings(centre_reach=0.5, diameter_fraction=(0.25, 1.1))
    views = [draw_random_view(anywhere, 64, True, rng) for _ in range(300)]
    for view in views:
        radius = view.diameter_fraction / 2
        for place in (view.pivot_x / 64, view.pivot_y / 64):
            assert min(place, 1 - place) >= min(0.8 * radius, 0.48) - 1e-9
    assert max(view.pivot_x for view in views) > 0.8 * 64


def test_clocks_without_numerals_are_turned_by_quarters_only() -> None:
    rng = np.random.default_rng(0)
    plain = np.array([draw_random_view(settings(), 64, False, rng).roll_degrees for _ in range(200)])
    assert np.abs((plain + 45) % 90 - 45).max() <= 8
    assert (np.abs((plain + 180) % 360 - 180) <= 8).mean() == pytest.approx(0.8, abs=0.08)
    numbered = np.array([draw_random_view(settings(), 64, True, rng).roll_degrees for _ in range(600)])
    upright = np.abs((numbered + 180) % 360 - 180) <= 10
    quarter = ~upright & (np.abs((numbered + 45) % 90 - 45) <= 2)
    assert upright.mean() == pytest.approx(0.52, abs=0.07)
    assert quarter.mean() == pytest.approx(0.2, abs=0.06)


VIEW = RandomView(
    roll_degrees=35.0,
    tilt_degrees=40.0,
    tilt_direction_degrees=70.0,
    diameter_fraction=0.8,
    distance=4.0,
    pivot_x=60.0,
    pivot_y=70.0,
)


def test_map_is_the_derivative_of_the_projection_at_the_pivot() -> None:
    to_picture = homography(VIEW, 128)
    np.testing.assert_allclose(project(to_picture, np.zeros(2)), [60, 70])
    step = 1e-6
    columns = [(project(to_picture, step * unit) - [60, 70]) / step for unit in np.eye(2)]
    np.testing.assert_allclose(jacobian(to_picture), np.transpose(columns), rtol=1e-4)


def test_map_of_a_frontal_view_is_a_turn_times_the_radius() -> None:
    view = VIEW._replace(tilt_degrees=0.0, roll_degrees=0.0)
    np.testing.assert_allclose(jacobian(homography(view, 128)), 0.8 * 64 * np.eye(2), atol=1e-9)
    turned = jacobian(
        homography(view._replace(roll_degrees=90.0), 128)
    )  # the camera clockwise, the clock the other way
    np.testing.assert_allclose(turned @ direction(0), 0.8 * 64 * direction(0.75), atol=1e-9)


def test_farther_cameras_see_less_perspective() -> None:
    def asymmetry(distance: float) -> float:
        to_picture = homography(VIEW._replace(distance=distance), 128)
        up, down = (np.hypot(*(project(to_picture, direction(turn)) - [60, 70])) for turn in (0.1, 0.6))
        return float(abs(np.log(up / down)))

    assert asymmetry(3.5) > 2 * asymmetry(10)


def degrees_between(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    cross = first[0] * second[1] - first[1] * second[0]
    return float(np.degrees(np.arctan2(cross, first @ second)))


@pytest.mark.parametrize("kind", HAND_SHARES)
@pytest.mark.parametrize(("fraction", "tilt"), [(0.95, 0.0), (0.5, 0.0), (0.7, 40.0)])
def test_drawn_hands_point_where_the_map_says(kind: str, fraction: float, tilt: float) -> None:
    """The middle of a hand's brightness lies in its direction, to half a degree."""
    white = (255, 255, 255)
    hand = Hand(kind, 0.6, 0.03, 0.0, False, white, white, None)
    view = VIEW._replace(diameter_fraction=fraction, tilt_degrees=tilt)
    to_picture = homography(view, 128)
    errors = []
    for turn in np.arange(24) / 24 + 0.0123:
        picture = np.zeros((128, 128, 3), np.float32)
        random_pictures._add_hands(picture, hand_shapes(hand, turn), to_picture, fraction * 64, None)
        rows, columns = np.indices((128, 128)) + 0.5
        weights = picture[..., 0]
        middle = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum() - [60, 70]
        errors.append(degrees_between(jacobian(to_picture) @ direction(turn), middle))
    assert np.abs(errors).max() < 0.5
    assert abs(np.mean(errors)) < 0.1


def test_hands_of_a_picture_are_where_its_row_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture with a hand differs from the one without it along the line that the table's map gives."""
    for share in ("HAND_SHADOW_SHARE", "JPEG_SHARE", "BLUR_SHARE", "COARSE_SHARE", "SHARP_SHARE"):
        monkeypatch.setattr(random_pictures, share, 0.0)
    size = 96
    for number in range(12):
        rng = np.random.default_rng(number)
        design = draw_design(rng)
        extras = design.extras._replace(seconds=None, alarm=None, hub_radius=0.0)
        design = design._replace(extras=extras)
        view = draw_random_view(settings(centre_reach=0.02), size, True, rng)
        minutes = int(rng.integers(720))
        matrix = jacobian(homography(view, size))
        for place in (0, 1):
            turns: list[float | None] = [None, None]
            bare, shown = (
                render_random_clock(design, view, (turns[0], turns[1]), size, np.random.default_rng([number, 1]))
                for turns[place] in (None, hand_turns(minutes)[place])
            )
            changed = np.argwhere(np.abs(bare.astype(int) - shown).sum(axis=2) > 60)[:, ::-1] + 0.5
            assert len(changed) > 5
            on_dial = (changed - [view.pivot_x, view.pivot_y]) @ np.linalg.inv(matrix).T
            along = direction(hand_turns(minutes)[place])
            assert (on_dial @ along).mean() > 0.05
            # Perspective moves points along the line, not off it.
            assert abs((on_dial @ [-along[1], along[0]]).mean()) < 0.02


def test_hands_turn_once_in_twelve_hours_and_once_in_one() -> None:
    assert hand_turns(0) == (0, 0)
    assert hand_turns(3 * 60 + 30) == pytest.approx((3.5 / 12, 0.5))


def test_single_hands_are_never_two_that_cover_each_other() -> None:
    rng = np.random.default_rng(0)
    alone = np.array([random_pictures._turn_alone(rng) for _ in range(300)])
    meeting = np.arange(12) / 11  # of the dial's turns
    assert np.abs(alone[:, None] - meeting).min() > 9 / 360
    assert np.ptp(alone) > 0.9


def test_background_and_light_do_not_depend_on_the_hands() -> None:
    design = draw_design(np.random.default_rng(0))
    view = VIEW._replace(diameter_fraction=0.4, tilt_degrees=0.0)
    first, second = (
        render_random_clock(design, view, hand_turns(minutes), 128, np.random.default_rng(8)) for minutes in (100, 500)
    )
    assert (first[:10] == second[:10]).all()
    assert (first != second).any()


def test_pictures_show_the_times_and_poses_of_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[RandomView, tuple[float | None, float | None]]] = []

    def record(
        design: object, view: RandomView, turns: tuple[float | None, float | None], size: int, rng: object
    ) -> NDArray[np.uint8]:
        seen.append((view, turns))
        return np.zeros((size, size, 3), np.uint8)

    monkeypatch.setattr(random_pictures, "render_random_clock", record)
    _, minutes, table = render_random_clocks(settings(), count=100, image_size=24, seed=5, stream=2, workers=1)
    for (view, turns), time, (_, row) in zip(seen, minutes, table.iterrows(), strict=True):
        matrix = jacobian(homography(view, 24))
        assert [row.map_xx, row.map_xy, row.map_yx, row.map_yy] == matrix.ravel().tolist()
        assert (row.pivot_x, row.pivot_y) == (view.pivot_x, view.pivot_y)
        if row.readable:
            assert turns == hand_turns(int(time))
        else:
            assert None in turns


def test_no_two_pictures_are_the_same() -> None:
    assert len({image.tobytes() for image in some()[0]}) == 300
