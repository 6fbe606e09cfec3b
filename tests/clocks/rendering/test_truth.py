import numpy as np
import pandas as pd
import pytest

from imagelab.clocks.rendering import design, renderer, truth
from imagelab.clocks.rendering.design import REPORT_STYLE
from imagelab.clocks.rendering.views import View, camera_of, draw_view, project
from imagelab.settings import params
from imagelab.settings.clocks import Render
from tests.conftest import REPOSITORY

FULL_ANGLE = params.load(REPOSITORY / "params" / "paper.yaml").render
TIMES = np.arange(0, 720, 7)


def views(settings: Render) -> pd.DataFrame:
    return pd.DataFrame([draw_view(settings, np.random.default_rng(time)) for time in TIMES])


def test_the_minute_hand_is_dark_in_its_direction() -> None:
    quiet = FULL_ANGLE.model_copy(update={"glare_probability": 0.0, "noise_standard_deviation": 0.0})
    table = views(quiet)
    poses = truth.find_maps(table, image_size=150)
    tips, dark = 0, 0
    for pose, values, time in zip(poses, table.itertuples(index=False), TIMES.tolist(), strict=True):
        view = View(*values)
        picture = renderer.render_clock(time // 60, time % 60, view, quiet, np.random.default_rng(0))
        along = design.direction(time % 60 / 60)
        just_inside = project(camera_of(view, 150), (REPORT_STYLE.minute_hand - 0.05) * along)
        toward = pose[:, :2] @ along
        distance = np.linalg.norm(just_inside - pose[:, 2])
        x, y = pose[:, 2] + distance * toward / np.linalg.norm(toward)
        if 0 <= x < 150 and 0 <= y < 150:
            tips += 1
            dark += picture[int(y), int(x)] < 130
    assert tips > 0.9 * len(TIMES)
    assert dark > 0.97 * tips


@pytest.mark.parametrize(("diameter", "expected"), [(20.0, True), (float("nan"), False)])
def test_glare_on_the_pivot_covers_both_hands(diameter: float, expected: bool) -> None:
    table = views(FULL_ANGLE)
    table = table.assign(
        glare_x=table["pivot_x"] if expected else np.nan, glare_y=table["pivot_y"], glare_diameter=diameter
    )
    assert (truth.glare_covers_hand(table, TIMES, image_size=150) == expected).all()


def test_a_pose_is_the_pivot_and_the_slope_of_the_projection_there() -> None:
    table = views(FULL_ANGLE)
    poses = truth.find_maps(table, image_size=150)
    assert poses.shape == (len(TIMES), 2, 3) and poses.dtype == np.float32
    np.testing.assert_allclose(poses[:, :, 2], table[["pivot_x", "pivot_y"]], rtol=1e-6)
    step = 1e-4 * REPORT_STYLE.face_radius  # of the face's radius, in the renderer's unit, the ring's radius
    for pose, values in zip(poses, table.itertuples(index=False), strict=True):
        ends = np.array([[step, 0], [-step, 0], [0, step], [0, -step]])
        right, left, down, up = project(camera_of(View(*values), 150), ends)
        slopes = np.stack([right - left, down - up], axis=1) / 2e-4
        np.testing.assert_allclose(pose[:, :2], slopes, rtol=1e-5, atol=1e-4)


def test_a_pose_is_upright_and_as_large_as_the_face_in_an_upright_picture_from_the_front() -> None:
    upright = FULL_ANGLE.model_copy(update={"roll_degrees": (0, 0), "tilt_degrees": (0, 0)})
    table = views(upright)
    poses = truth.find_maps(table, image_size=150)
    radii = REPORT_STYLE.face_radius * table["diameter_fraction"].to_numpy() * 75
    np.testing.assert_allclose(poses[:, :, :2], radii[:, None, None] * np.eye(2), rtol=1e-6, atol=1e-6)


def test_lines_through_the_pivot_keep_the_direction_that_the_pose_gives_them() -> None:
    table = views(FULL_ANGLE)
    for pose, values in zip(truth.find_maps(table, image_size=150), table.itertuples(index=False), strict=True):
        outward = np.array([0.6, -0.8])
        shown = project(camera_of(View(*values), 150), outward) - pose[:, 2]
        expected = pose[:, :2] @ outward
        assert shown @ expected == pytest.approx(np.hypot(*shown) * np.hypot(*expected), rel=1e-6)
