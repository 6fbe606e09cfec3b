import dataclasses
import functools
import math
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imagelab.clocks.rendering import renderer
from imagelab.clocks.rendering.design import REPORT_STYLE, direction
from imagelab.clocks.rendering.views import View, behind, camera_of, draw_view, project
from imagelab.settings.clocks import Render

SIZE = 96  # of the single pictures
SMALL = 16  # of those of all 720 times
hours, minutes = st.integers(0, 11), st.integers(0, 59)
angles = st.floats(0, 360)


def settings(**changes: object) -> Render:
    values: dict[str, object] = {
        "images_per_time": 1,
        "image_size": SMALL,
        "roll_degrees": (0.0, 360.0),
        "tilt_degrees": (0.0, 40.0),
        "diameter_fraction": (0.65, 1.1),
        "glare_probability": 0.5,
        "glare_fraction": (0.08, 0.13),
        "noise_standard_deviation": 3.0,
    }
    return Render(**(values | changes))  # type: ignore[arg-type]


def photograph(hour: int, minute: int, **changes: float) -> NDArray[np.uint8]:
    """Without noise, in an even light, and straight from the front unless changed."""
    view = View(
        roll_degrees=0,
        tilt_degrees=0,
        tilt_direction_degrees=0,
        diameter_fraction=0.95,
        pivot_x=SIZE / 2,
        pivot_y=SIZE / 2,
        brightness=1,
        brightness_fall=0,
        brightness_direction_degrees=0,
        glare_x=math.nan,
        glare_y=math.nan,
        glare_diameter=math.nan,
    )
    quiet = settings(image_size=SIZE, noise_standard_deviation=0.0)
    view = dataclasses.replace(view, **changes)
    return renderer.render_clock(hour, minute, view, quiet, np.random.default_rng(0))


@functools.cache
def without_hands(roll_degrees: float) -> NDArray[np.uint8]:
    """The brightest of three pictures in which no place but the hub is covered three times."""
    pictures = [photograph(hour, 5 * hour, roll_degrees=roll_degrees) for hour in (0, 4, 8)]
    return np.asarray(np.max(pictures, axis=0))


def covered_directions(
    picture: NDArray[np.uint8], radii: tuple[float, float], roll_degrees: float = 0
) -> NDArray[np.float64]:
    """Degrees clockwise from the upper edge at which a hand crosses circles with radii between the two given."""
    degrees, reach = np.meshgrid(np.arange(0, 360, 0.5), np.linspace(*radii, 7) * 0.95 * SIZE / 2)
    x = SIZE / 2 + reach * np.sin(np.radians(degrees))
    y = SIZE / 2 - reach * np.cos(np.radians(degrees))
    darker = without_hands(roll_degrees).astype(int) - picture
    return np.asarray(degrees[darker[y.astype(int), x.astype(int)] > 70])


def away(directions: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Signed differences, in [-180, 180)."""
    return np.asarray((directions - degrees + 180) % 360 - 180)


BEYOND_HOUR_HAND = (0.56, 0.66)
ON_BOTH_HANDS = (0.3, 0.4)


class Rendered(NamedTuple):
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    views: pd.DataFrame


def render(seed: int = 3, workers: int = 1, stream: int = 0, **changes: object) -> Rendered:
    return Rendered(*renderer.render_clocks(settings(**changes), seed=seed, stream=stream, workers=workers))


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    return render()


def test_each_time_occurs_equally_often_and_in_order() -> None:
    images, labels, views = render(images_per_time=2)
    assert images.shape == (1440, SMALL, SMALL) and images.dtype == np.uint8
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, [(time // 60, time % 60) for time in range(720) for _ in range(2)])
    assert len(views) == 1440 and list(views) == [field.name for field in dataclasses.fields(View)]


def test_the_number_of_workers_changes_nothing(rendered: Rendered) -> None:
    other = render(workers=2)
    np.testing.assert_array_equal(rendered.images, other.images)
    np.testing.assert_array_equal(rendered.labels, other.labels)
    pd.testing.assert_frame_equal(rendered.views, other.views, check_exact=True)


def test_another_stream_of_the_same_seed_shares_no_view_no_light_and_no_picture(rendered: Rendered) -> None:
    other = render(stream=1)
    for name in rendered.views.columns.drop(["glare_x", "glare_y"]):  # which end at the picture's edge
        ours, theirs = (set(views[name].dropna()) for views in (rendered.views, other.views))
        assert len(ours) > 1 and ours.isdisjoint(theirs), name
    assert not (rendered.images == other.images).all(axis=(1, 2)).any()


def test_the_first_stream_is_that_of_seed_time_and_repetition(rendered: Rendered) -> None:
    expected = draw_view(settings(), np.random.default_rng([3, 100, 0]))
    assert rendered.views.iloc[100].to_dict() == pytest.approx(dataclasses.asdict(expected), rel=0, nan_ok=True)


def test_more_pictures_of_each_time_keep_those_that_there_are(rendered: Rendered) -> None:
    more = render(images_per_time=2)
    np.testing.assert_array_equal(rendered.images, more.images[::2])
    pd.testing.assert_frame_equal(rendered.views, more.views[::2].reset_index(drop=True), check_exact=True)
    assert (more.images[::2] != more.images[1::2]).any(axis=(1, 2)).all()


def test_another_seed_gives_other_pictures(rendered: Rendered) -> None:
    assert (rendered.images != render(seed=4).images).any(axis=(1, 2)).all()


def test_views_fill_the_settings_intervals() -> None:
    views = render(roll_degrees=(-10.0, 10.0), tilt_degrees=(5.0, 15.0), diameter_fraction=(0.7, 0.8)).views
    assert views["roll_degrees"].between(-10, 10).all() and views["roll_degrees"].std() > 4
    assert views["tilt_degrees"].between(5, 15).all() and views["tilt_degrees"].std() > 2
    assert views["diameter_fraction"].between(0.7, 0.8).all()
    assert np.abs(views[["pivot_x", "pivot_y"]].to_numpy() - SMALL / 2).max() <= 0.04 * SMALL
    assert 0.4 < views["glare_x"].notna().mean() < 0.6
    assert views["glare_diameter"].dropna().between(0.08 * SMALL, 0.13 * SMALL).all()


@hypothesis_settings(deadline=None, max_examples=60)
@given(roll=angles, tilt=st.floats(0, 60), direction=angles, fraction=st.floats(0.5, 1.3))
def test_the_wall_fills_the_picture_at_every_view(roll: float, tilt: float, direction: float, fraction: float) -> None:
    view = {"roll_degrees": roll, "tilt_degrees": tilt, "tilt_direction_degrees": direction}
    shift = 0.04 * SIZE
    picture = photograph(1, 5, **view, diameter_fraction=fraction, pivot_x=SIZE / 2 + shift, pivot_y=SIZE / 2 - shift)
    assert picture.min() > 0  # the black of nothing


@pytest.mark.parametrize("roll", [0, 45])  # the far corner of the picture shows the wall's corner, or its side
@pytest.mark.parametrize("direction", [45, 135, 225, 315])
def test_the_wall_fills_the_picture_at_the_steepest_view(direction: float, roll: float) -> None:
    x, y = (
        SIZE * (0.5 - 0.04 * math.copysign(1, math.sin(math.radians(angle)))) for angle in (direction, direction - 90)
    )
    picture = photograph(
        1,
        5,
        roll_degrees=roll,
        tilt_degrees=60,
        tilt_direction_degrees=direction,
        diameter_fraction=0.5,
        pivot_x=x,
        pivot_y=y,
    )
    assert picture.min() > 0
    for rows in (slice(None, 12), slice(-12, None)):
        for columns in (slice(None, 12), slice(-12, None)):
            assert picture[rows, columns].std() > 2  # wood, not one flat level


def test_the_hands_overlap_at_twelve() -> None:
    picture = photograph(0, 0)
    for radii in (ON_BOTH_HANDS, BEYOND_HOUR_HAND):
        directions = covered_directions(picture, radii)
        assert len(directions) > 0
        assert np.abs(away(directions, 0)).max() < 9


@hypothesis_settings(deadline=None, max_examples=40)
@given(hour=hours, minute=minutes)
def test_the_minute_hand_points_at_the_minute(hour: int, minute: int) -> None:
    directions = covered_directions(photograph(hour, minute), BEYOND_HOUR_HAND)
    assert len(directions) > 0
    assert abs(away(directions, 6 * minute).mean()) < 2
    assert np.abs(away(directions, 6 * minute)).max() < 9


@hypothesis_settings(deadline=None, max_examples=40)
@given(hour=hours, minute=minutes)
def test_the_hour_hand_moves_with_the_minute(hour: int, minute: int) -> None:
    expected = 30 * hour + minute / 2
    assume(abs(away(np.array(expected), 6 * minute)) > 25)
    directions = covered_directions(photograph(hour, minute), ON_BOTH_HANDS)
    directions = directions[np.abs(away(directions, 6 * minute)) > 12]
    assert len(directions) > 0
    assert abs(away(directions, expected).mean()) < 2


def test_every_minute_changes_the_picture() -> None:
    pictures = [photograph(time // 60, time % 60).tobytes() for time in range(0, 720)]
    assert len(set(pictures)) == 720


def test_a_camera_rolled_clockwise_turns_the_clock_the_other_way() -> None:
    directions = covered_directions(photograph(9, 30, roll_degrees=40), BEYOND_HOUR_HAND, roll_degrees=40)
    assert abs(away(directions, 180 - 40).mean()) < 2


def test_glare_saturates_a_spot_that_hides_the_hands() -> None:
    above = SIZE / 2 - 0.3 * SIZE / 2
    picture = photograph(0, 0, glare_x=SIZE / 2, glare_y=above, glare_diameter=12)
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    spot = np.hypot(rows - above, columns - SIZE / 2) < 6
    assert (picture[spot] == 255).all()
    assert (photograph(0, 0)[spot] < 100).any()


def test_glare_fades_the_hands_around_its_core_and_leaves_the_far_side_as_it_is() -> None:
    plain = photograph(0, 30).astype(int)
    picture = photograph(0, 30, glare_x=SIZE / 2 + 10, glare_y=SIZE / 2 + 15, glare_diameter=6).astype(int)
    faded = range(SIZE // 2 + 8, round(SIZE * (0.5 + 0.3)))  # the minute hand points down
    assert (plain[faded, SIZE // 2] < 110).all()
    assert (picture[faded, SIZE // 2] > plain[faded, SIZE // 2] + 30).all()
    assert (picture[faded, SIZE // 2] < 250).all()  # faded, not hidden
    assert np.abs(picture - plain)[: SIZE // 6].max() <= 3


def test_the_ring_hides_the_core_of_the_glare_but_not_its_halo() -> None:
    place = SIZE / 2 + 0.93 * 0.95 * SIZE / 2  # on the ring
    plain = photograph(0, 30).astype(int)
    picture = photograph(0, 30, glare_x=place, glare_y=SIZE / 2, glare_diameter=8).astype(int)
    at = SIZE // 2, int(place)
    assert plain[at] + 15 < picture[at] < 200


def test_glare_comes_with_its_probability_and_changes_nothing_else() -> None:
    bright, plain = render(glare_probability=1.0), render(glare_probability=0.0)
    glare = ["glare_x", "glare_y", "glare_diameter"]
    assert bright.views[glare].notna().all(axis=None) and plain.views[glare].isna().all(axis=None)
    pd.testing.assert_frame_equal(bright.views.drop(columns=glare), plain.views.drop(columns=glare))
    row, column = (np.minimum(bright.views[name].astype(int), SMALL - 1) for name in ("glare_y", "glare_x"))
    assert (bright.images[np.arange(720), row, column] == 255).mean() > 0.95  # cropped clocks may show the ring there
    assert (plain.images == 255).mean() < 0.01  # the glints
    differs = np.abs(bright.images.astype(int) - plain.images) > 5
    assert 0.05 < differs.mean() < 0.5


def test_noise_has_the_deviation_asked_for(rendered: Rendered) -> None:
    quiet, noisy = render(noise_standard_deviation=0.0).images, rendered.images
    middle = (quiet > 30) & (quiet < 220)
    assert (noisy.astype(float) - quiet)[middle].std() == pytest.approx(3, rel=0.03)


LARGE = 300  # width of the pictures in which the clock's parts are measured
FROM_THE_FRONT = View(0, 0, 0, 0.8, LARGE / 2, LARGE / 2, 1, 0, 0, math.nan, math.nan, math.nan)


class WithoutGlints(np.random.Generator):
    def random(self, *arguments: object, **options: object) -> NDArray[np.float64]:  # type: ignore[override]
        return np.empty(0)


def front(hour: int, minute: int) -> NDArray[np.int64]:
    quiet = settings(image_size=LARGE, noise_standard_deviation=0.0)
    picture = renderer.render_clock(hour, minute, FROM_THE_FRONT, quiet, WithoutGlints(np.random.PCG64(0)))
    return picture.astype(np.int64)


def on_ray(picture: NDArray[np.int64], turn: float, first: float, last: float) -> NDArray[np.int64]:
    """Levels between two distances from the centre, in radii of the ring as it appears."""
    face = behind(camera_of(FROM_THE_FRONT, LARGE), REPORT_STYLE.hand_height)
    points = project(face, np.linspace(first, last, 20)[:, None] * direction(turn))
    columns, rows = points.astype(int).T
    return np.asarray(picture[rows, columns])


def test_the_ring_is_an_eighth_of_the_radius_wide_and_darker_than_the_wall() -> None:
    picture = front(6, 30)
    for turn in (0.04, 0.29, 0.54, 0.79):  # between numerals
        assert on_ray(picture, turn, 0.83, 0.86).min() > 190  # the face is white
        assert on_ray(picture, turn, 0.89, 0.98).max() < 120
    axis = (np.arange(LARGE) + 0.5) / LARGE * 2 - 1
    radius = np.hypot(axis[:, None], axis[None, :]) / 0.8
    wall, ring = picture[radius > 1.15], picture[(radius > 0.9) & (radius < 0.95)]
    assert 80 < wall.mean() < 150
    assert ring.mean() < wall.mean() - 20
    assert wall.std() > 8  # grain and gaps


@pytest.mark.parametrize(("hour", "minute", "turn"), [(3, 30, 0.5), (1, 15, 0.25)])
def test_the_minute_hand_is_a_grey_bar_of_four_fifths_of_the_face(hour: int, minute: int, turn: float) -> None:
    face = REPORT_STYLE.face_radius
    picture = front(hour, minute)
    bar = on_ray(picture, turn, 0.15 * face, 0.77 * face)
    assert bar.min() >= 70 and bar.max() <= 110
    assert on_ray(picture, turn, 0.84 * face, 0.84 * face).min() > 150  # between the numeral and the stroke


def test_the_hour_hand_is_three_fifths_of_the_face() -> None:
    face = REPORT_STYLE.face_radius
    picture = front(4, 0)
    bar = on_ray(picture, 4 / 12, 0.15 * face, 0.57 * face)
    assert bar.min() >= 70 and bar.max() <= 110
    assert on_ray(picture, 4 / 12, 0.63 * face, 0.63 * face).min() > 190


def test_both_hands_have_tails_of_a_tenth_of_the_face() -> None:
    face = REPORT_STYLE.face_radius
    picture = front(4, 0)
    for turn in (0.5, 10 / 12):  # opposite to the hands
        assert on_ray(picture, turn, 0.05 * face, 0.08 * face).max() < 110
        assert on_ray(picture, turn, 0.13 * face, 0.5 * face).min() > 190


def test_both_hands_have_one_width_from_end_to_end() -> None:
    picture = front(3, 0)
    dark = (picture < 150).astype(int)
    middle, radius = LARGE // 2, 0.8 * LARGE / 2
    upward = [dark[middle - round(place * radius), middle - 20 : middle + 20].sum() for place in (0.2, 0.35, 0.5)]
    right = [dark[middle - 20 : middle + 20, middle + round(place * radius)].sum() for place in (0.2, 0.3, 0.4)]
    assert max(upward + right) - min(upward + right) <= 1
    assert np.mean(upward) == pytest.approx(2 * REPORT_STYLE.hand_half_width * radius, abs=1)


def test_an_oblique_view_shifts_the_raised_hands_against_the_face() -> None:
    view = dataclasses.replace(FROM_THE_FRONT, tilt_degrees=40.0)  # the wall recedes upwards
    to_picture = camera_of(view, LARGE)
    centre_of_face = project(behind(to_picture, REPORT_STYLE.hand_height), np.zeros(2))
    pivot = project(to_picture, np.zeros(2))
    assert centre_of_face[1] - pivot[1] > 2 and centre_of_face[0] == pytest.approx(pivot[0])
