import math

import numpy as np
import pandas as pd

from imagelab.clocks.evaluation import plots
from imagelab.evaluation.reliability import reliability

DATA = "clocks of somebody"
HISTORY = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0], "test_loss": [2.5, 1.5]})
SHARES = pd.DataFrame({"from": [0.0], "train": [1.0], "test": [1.0]})
CONDITIONS = pd.DataFrame({"condition": ["glare"], "value": ["none"], "mean_error_minutes": [3.0]})


def test_every_figure_names_its_data_in_the_title() -> None:
    distributions = dict.fromkeys(("errors", "absolute_hours", "absolute_minutes"), SHARES)
    figures = [
        plots.clock_labels(SHARES, SHARES, data=DATA),
        plots.clock_training(HISTORY, network="multi_head", units={}, data=DATA),
        plots.clock_errors(distributions, CONDITIONS, network="multi_head", data=DATA),
    ]
    assert [figure.get_suptitle() for figure in figures] == [
        DATA,
        f"{DATA}: multi head",
        f"{DATA}: multi head, errors after the last epoch",
    ]


def test_a_sheet_of_readings_shows_the_chosen_pictures_with_true_and_read_time() -> None:
    images = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 4, 4, 1), np.uint8)
    figure = plots.readings(images, np.array([0, 61, 719]), np.array([0.0, 62.0, 718.6]), np.array([2, 1]), columns=2)
    assert [axis.get_title() for axis in figure.axes] == ["11:59, read 11:59", "1:01, read 1:02"]
    assert [axis.images[0].get_array()[0, 0] for axis in figure.axes] == [2, 1]


def test_a_metric_that_has_a_unit_names_it_in_its_title() -> None:
    figure = plots.clock_training(HISTORY, network="regression", units={"loss": "hours"}, data=DATA)
    assert figure.axes[0].get_title() == "loss (hours)"
    figure = plots.clock_training(HISTORY, network="regression", units={"accuracy": "hours"}, data=DATA)
    assert figure.axes[0].get_title() == "loss"


def test_a_reliability_diagram_has_a_point_for_each_bin_of_each_set() -> None:
    tables = [
        reliability(np.linspace(0, 1, 50), np.arange(50) % 3 > 0, answers="readings").assign(set=name, data="clocks")
        for name in ("test", "unlike")
    ]
    figure = plots.reliability(pd.concat(tables), width=0.1)
    upper = figure.axes[:2]
    assert [axis.get_title() for axis in upper] == ["clocks\n(test)", "clocks\n(unlike)"]
    for axis, bars in zip(upper, figure.axes[2:], strict=True):
        (points,) = (line for line in axis.lines if line.get_linestyle() == "None" and line.get_marker() == "o")
        assert len(points.get_xdata()) == len(bars.patches) == 10
        assert math.isclose(sum(bar.get_height() for bar in bars.patches), 50)
