import numpy as np
import pytest
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import REPORT_STYLE
from imagelab.clocks.rendering.ring import draw_ring
from imagelab.clocks.rendering.surfaces import seen_points
from imagelab.clocks.rendering.views import camera, camera_position

SIZE = 200
PIVOT = np.array([100.0, 100.0])


def draw(tilt: float, *, height: float, lamp: tuple[float, float] = (0, -1)) -> tuple[NDArray[np.float32], ...]:
    """The picture of a ring on a white wall that recedes upwards, which pixels show it, and their flat radius."""
    to_picture = camera(SIZE, 0, tilt, 0, 0.8, PIVOT)
    x, y = seen_points(to_picture, SIZE)
    radius = np.sqrt(np.square(x) + np.square(y))
    picture = np.full((SIZE, SIZE), 255, np.float32)
    style = REPORT_STYLE._replace(ring_height=height)
    shown = np.zeros((SIZE, SIZE), bool)
    shown.ravel()[draw_ring(picture, x, y, radius, camera_position(to_picture), np.array(lamp, np.float32), style)] = (
        True
    )
    assert (shown == (picture < 255)).all()
    return picture, shown, radius


@pytest.mark.parametrize("tilt", [0, 40])
def test_a_flat_ring_covers_what_lies_between_its_radii(tilt: float) -> None:
    _, shown, radius = draw(tilt, height=0)
    assert (shown == ((radius >= REPORT_STYLE.face_radius) & (radius <= 1))).mean() > 0.999


def test_a_raised_ring_hides_the_near_edge_of_the_face_and_the_wall_beyond_its_far_side() -> None:
    _, shown, radius = draw(40, height=0.15)
    middle = slice(SIZE // 3, 2 * SIZE // 3)
    upper, lower = (slice(0, SIZE // 2), middle), (slice(SIZE // 2, SIZE), middle)
    face, wall = radius < REPORT_STYLE.face_radius, radius > 1
    assert (shown & face)[lower].sum() > 100 and (shown & face)[upper].sum() == 0
    assert (shown & wall)[upper].sum() > 100 and (shown & wall)[lower].sum() == 0


def test_the_flank_towards_the_face_is_dark_where_it_is_away_from_the_lamp() -> None:
    picture, _, radius = draw(0, height=REPORT_STYLE.ring_height, lamp=(-1, 0))
    inner = (radius > REPORT_STYLE.face_radius + 0.005) & (radius < REPORT_STYLE.face_radius + 0.03)
    left, right = picture[:, : SIZE // 4][inner[:, : SIZE // 4]], picture[:, -SIZE // 4 :][inner[:, -SIZE // 4 :]]
    assert right.mean() < left.mean() - 15
    assert picture[(radius > 0.92) & (radius < 0.96)].max() < 130  # grey, and its highlight is soft
