import pandas as pd

from imagelab.classification.plotting import grid_accuracy
from imagelab.clocks.evaluation import plotting

DATA = "clocks of somebody"
HISTORY = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0], "test_loss": [2.5, 1.5]})
SHARES = pd.DataFrame({"from": [0.0], "train": [1.0], "test": [1.0]})
CONDITIONS = pd.DataFrame({"condition": ["glare"], "value": ["none"], "mean_error_minutes": [3.0]})


def by(setting: str) -> pd.DataFrame:
    accuracies = {f"{which}_test_accuracy": [0.5] for which in ("mean", "lowest", "highest")}
    return pd.DataFrame({"optimizer": ["adam"], setting: [5], **accuracies})


def test_every_figure_of_results_names_its_data_in_the_title() -> None:
    distributions = dict.fromkeys(("errors", "absolute_hours", "absolute_minutes"), SHARES)
    figures = [
        plotting.clock_labels(SHARES, SHARES, data=DATA),
        plotting.clock_training(HISTORY, network="multi_head", data=DATA),
        plotting.clock_errors(distributions, CONDITIONS, network="multi_head", data=DATA),
        grid_accuracy(by("epochs"), by("batch_size"), data=DATA),
    ]
    assert [figure.get_suptitle() for figure in figures] == [
        DATA,
        f"{DATA}: multi head",
        f"{DATA}: multi head, errors after the last epoch",
        DATA,
    ]
