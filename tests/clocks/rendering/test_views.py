import math

import numpy as np
import pytest

from imagelab.clocks.rendering import views


def test_the_ring_covers_the_fraction_asked_for() -> None:
    pivot = np.array([50.0, 50.0])
    to_picture = views.camera(100, 0, 0, 0, 0.8, pivot)
    edges = views.project(to_picture, np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(edges, [[10, 50], [90, 50], [50, 10], [50, 90]])


def test_a_tilted_clock_is_smaller_where_the_wall_recedes() -> None:
    pivot = np.array([50.0, 50.0])
    to_picture = views.camera(100, 0, 40, 90, 0.8, pivot)
    left, right, upper, lower = views.project(to_picture, np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]]))
    assert 50 - left[0] > 1.1 * (right[0] - 50)  # perspective, not a squeeze
    assert (right[0] - left[0]) / (lower[1] - upper[1]) == pytest.approx(math.cos(math.radians(40)), rel=0.05)
