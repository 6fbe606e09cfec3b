"""The report's figure 1."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from imagelab.evaluation.figures import DPI


def grid_accuracy(by_epochs: pd.DataFrame, by_batch_size: pd.DataFrame, *, data: str) -> Figure:
    """Show the report's figure 1: test accuracy over epochs and over batch size, one line per optimizer.

    Args:
        by_epochs: as ``ranking.accuracy_by`` returns it for ``epochs``.
        by_batch_size: the same for ``batch_size``.
        data: name of the data set, for the title.
    """
    figure = Figure(figsize=(9, 4), dpi=DPI, layout="constrained")
    optimizers = sorted(set(by_epochs["optimizer"]))
    for axis, table, setting in zip(
        figure.subplots(1, 2, sharey=True), (by_epochs, by_batch_size), ("epochs", "batch_size"), strict=True
    ):
        values = sorted(set(table[setting]))
        for number, optimizer in enumerate(optimizers):
            own = table[table["optimizer"] == optimizer]
            mean = own["mean_test_accuracy"]
            reach = np.abs(own[["lowest_test_accuracy", "highest_test_accuracy"]].to_numpy().T - mean.to_numpy())
            places = [values.index(value) + 0.05 * (number - (len(optimizers) - 1) / 2) for value in own[setting]]
            axis.errorbar(places, mean, yerr=reach, marker="o", markersize=4, elinewidth=0.8, label=optimizer)
        axis.set_xticks(range(len(values)), [str(value) for value in values])
        axis.grid(axis="y", alpha=0.3)
        axis.set(xlabel=setting.replace("_", " "), title=f"over {setting.replace('_', ' ')}")
    figure.axes[0].set_ylabel("test accuracy: mean, lowest and highest")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right center", title="optimizer")
    figure.suptitle(data)
    return figure
