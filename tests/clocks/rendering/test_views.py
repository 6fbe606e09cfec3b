import math

import numpy as np
import pytest

from imagelab.clocks.rendering import views
from imagelab.settings import params
from tests.conftest import REPOSITORY


def test_the_ring_covers_the_fraction_asked_for() -> None:
    pivot = np.array([50.0, 50.0])
    to_picture = views.camera(100, 0, 0, 0, 0.8, pivot)
    edges = views.project(to_picture, np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(edges, [[10, 50], [90, 50], [50, 10], [50, 90]])


def test_a_tilted_clock_is_smaller_where_the_wall_recedes() -> None:
    pivot = np.array([50.0, 50.0])
    to_picture = views.camera(100, 0, 40, 90, 0.8, pivot)
    left, right, upper, lower = views.project(to_picture, np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]]))
    assert 50 - left[0] > 1.3 * (right[0] - 50)  # perspective, not a squeeze
    assert (right[0] - left[0]) / (lower[1] - upper[1]) == pytest.approx(math.cos(math.radians(40)), rel=0.1)


def test_a_plane_behind_another_is_seen_where_the_lines_of_sight_reach_it() -> None:
    to_picture = views.camera(150, 70, 35, 20, 0.9, np.array([71.0, 80.0]))
    x, y, height = views.camera_position(to_picture)
    point, depth = np.array([0.4, -0.7]), 0.3
    # From the point behind, the line to the camera crosses the front plane at this share of its way.
    crossing = point + depth / (height + depth) * (np.array([x, y]) - point)
    np.testing.assert_allclose(
        views.project(views.behind(to_picture, depth), point), views.project(to_picture, crossing), rtol=1e-9
    )


def test_the_camera_is_where_the_foreshortening_says() -> None:
    to_picture = views.camera(150, 0, 30, 90, 0.9, np.array([75.0, 75.0]))  # the wall recedes to the right
    x, y, height = views.camera_position(to_picture)
    distance = 1 / (0.9 * views.HALF_FIELD)
    np.testing.assert_allclose([x, y, height], [-distance / 2, 0, distance * math.sqrt(3) / 2], atol=1e-9)


def test_the_wall_recedes_towards_the_pictures_upper_edge() -> None:
    settings = params.load(REPOSITORY / "params" / "paper.yaml").render
    drawn = [views.draw_view(settings, np.random.default_rng(seed)) for seed in range(200)]
    lean = np.array([(view.tilt_direction_degrees + 180) % 360 - 180 for view in drawn])
    assert np.abs(lean).max() <= views.LARGEST_LEAN_DEGREES and lean.std() > 5
