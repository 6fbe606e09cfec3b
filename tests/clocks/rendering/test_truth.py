import numpy as np
import pandas as pd
import pytest

from imagelab.clocks.rendering import renderer, truth
from imagelab.clocks.rendering.views import View, draw_view
from imagelab.settings import params
from imagelab.settings.clocks import Render
from tests.conftest import REPOSITORY

FULL_ANGLE = params.load(REPOSITORY / "params" / "paper.yaml").render
TIMES = np.arange(0, 720, 7)


def views(settings: Render) -> pd.DataFrame:
    return pd.DataFrame([draw_view(settings, np.random.default_rng(time)) for time in TIMES])


def test_in_an_upright_picture_hands_and_dial_point_where_they_do_on_the_clock() -> None:
    upright = {"roll_degrees": (0, 0), "tilt_degrees": (0, 0)}
    table = views(FULL_ANGLE.model_copy(update=upright)).assign(pivot_x=75.0, pivot_y=75.0)
    found = truth.find_directions(table, TIMES, image_size=150, directions=120)
    assert np.array_equal(found.minute_hand, TIMES % 60 * 2)
    assert np.abs((found.hour_hand - TIMES / 6 + 60) % 120 - 60).max() <= 0.5
    assert (np.abs((found.dial - np.arange(120) / 2 + 30) % 60 - 30) <= 0.5).all()


def test_the_dial_shows_the_minute_where_the_minute_hand_is_from_every_side() -> None:
    found = truth.find_directions(views(FULL_ANGLE), TIMES, image_size=150, directions=720)
    shown = found.dial[np.arange(len(TIMES)), found.minute_hand]
    assert np.array_equal(shown, TIMES % 60)


def test_the_minute_hand_is_dark_in_its_direction() -> None:
    quiet = FULL_ANGLE.model_copy(update={"glare_probability": 0.0, "noise_standard_deviation": 0.0})
    table = views(quiet)
    found = truth.find_directions(table, TIMES, image_size=150, directions=720)
    dark = 0
    for row, (values, time) in enumerate(zip(table.itertuples(index=False), TIMES, strict=True)):
        view = View(*values)
        picture = renderer.render_clock(time // 60, time % 60, view, quiet, np.random.default_rng(0))
        turn = 2 * np.pi * found.minute_hand[row] / 720
        radius = 0.45 * view.diameter_fraction * 75  # between the hub and the tip of the hour hand
        x, y = view.pivot_x + radius * np.sin(turn), view.pivot_y - radius * np.cos(turn)
        dark += picture[int(y), int(x)] < 120
    assert dark > 0.8 * len(TIMES)


@pytest.mark.parametrize(("diameter", "expected"), [(20.0, True), (float("nan"), False)])
def test_glare_on_the_pivot_covers_both_hands(diameter: float, expected: bool) -> None:
    table = views(FULL_ANGLE)
    table = table.assign(
        glare_x=table["pivot_x"] if expected else np.nan, glare_y=table["pivot_y"], glare_diameter=diameter
    )
    assert (truth.glare_covers_hand(table, TIMES, image_size=150) == expected).all()
