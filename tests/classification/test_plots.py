import pandas as pd

from imagelab.classification.plots import grid_accuracy

DATA = "pictures of somebody"


def by(setting: str) -> pd.DataFrame:
    accuracies = {f"{which}_test_accuracy": [0.5] for which in ("mean", "lowest", "highest")}
    return pd.DataFrame({"optimizer": ["adam"], setting: [5], **accuracies})


def test_a_figure_of_results_names_its_data_in_the_title() -> None:
    assert grid_accuracy(by("epochs"), by("batch_size"), data=DATA).get_suptitle() == DATA
