import pandas as pd

from imagelab.clocks.evaluation import plots

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


def test_a_metric_that_has_a_unit_names_it_in_its_title() -> None:
    figure = plots.clock_training(HISTORY, network="regression", units={"loss": "hours"}, data=DATA)
    assert figure.axes[0].get_title() == "loss (hours)"
    figure = plots.clock_training(HISTORY, network="regression", units={"accuracy": "hours"}, data=DATA)
    assert figure.axes[0].get_title() == "loss"
