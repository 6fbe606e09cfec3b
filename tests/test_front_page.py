"""The numbers of the front page are those of the files beside which they stand."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imagelab.reproduction import published
from imagelab.storage import reading
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
RESULTS = REPOSITORY / "results"
PAPER = RESULTS / "paper"
NONE = "–"  # the report has no such number


def numbers(path: Path) -> Any:
    return reading.read_json(path)


def entry(name: str, places: int) -> tuple[str, str]:
    """The report's number and ours, as the verdicts have them."""
    found = numbers(PAPER / "metrics" / "reproduction.json")["entries"][name]
    return f"{found['published']:.{places}f}", f"{found['ours']:.4f}"


def best(family: str) -> tuple[str, str]:
    """The best of the report's runs and the best of ours."""
    table = reading.read_csv(PAPER / "plots" / "search" / f"table_{6 if family == 'cnn' else 3}.csv")
    return f"{published.runs(family)[published.ACCURACY].max():.3f}", f"{table['test_accuracy'].max():.4f}"


def best_classifier(name: str, *, trainings: int) -> tuple[str, str]:
    """The mean over trainings."""
    accuracies = [
        numbers(path)["test_accuracy"] for path in (RESULTS / "best_classifiers" / name).rglob(f"{name}.json")
    ]
    assert len(accuracies) == trainings
    return NONE, f"{sum(accuracies) / trainings:.4f}"


def clock(name: str, folder: str = "paper", places: int = 1) -> tuple[str, str]:
    """Mean errors in minutes: over all pictures, and over those held out."""
    found = numbers(RESULTS / folder / "metrics" / "clock" / f"{name}.json")
    ours = [found[part]["common_sense_error_minutes"] for part in ("all", "test")]
    printed = published.measures().set_index("path")["published"]
    of_report = printed.get(f"clocks.{name}.all_images.common_sense_error_minutes")
    return NONE if of_report is None else f"{of_report:g}", f"{ours[0]:.{places}f} ({ours[1]:.{places}f})"


@pytest.mark.parametrize("path", ["README.md", "docs/results.md"])
def test_what_holds_of_the_report_is_counted_as_the_verdicts_are(path: str) -> None:
    counts = numbers(PAPER / "metrics" / "reproduction.json")["counts"]
    sentence = (
        "Of {all}: reproduced {reproduced}, better {better}, worse {worse}, differs {differs}, cannot tell "
        "{cannot_tell}, other pictures {not_on_these_pictures}, not run {not_run_at_this_size}."
    ).format(all=sum(counts.values()), **counts)
    assert sentence in " ".join((REPOSITORY / path).read_text(encoding="utf-8").split())


def test_the_rows_on_cifar10_are_those_of_table_4() -> None:
    section = (REPOSITORY / "docs" / "results.md").read_text(encoding="utf-8").split("## CIFAR-10")[1].split("\n## ")[0]
    cells = [re.split(r"\s*\|\s*", line)[1:-1] for line in section.splitlines() if " epochs |" in line]
    table = reading.read_csv(PAPER / "plots" / "transfer" / "table_4.csv")
    assert {(row[0], *row[2:]) for row in cells} == {
        (
            f"{row['optimizer'].capitalize()}, {row['learning_rate']:g}, batch {row['batch_size']}, "
            f"{row['epochs']} epochs",
            "" if pd.isna(row["published_test_accuracy"]) else f"{row['published_test_accuracy']:.4f}",
            f"{row['test_accuracy']:.4f}",
        )
        for row in table.to_dict("records")
    }


ROWS: Mapping[str, Callable[[], tuple[str, str]]] = {  # by the beginning of the row
    "Fashion-MNIST, the settings of the report's best CNN": lambda: entry("cnn/adamax_0.0005_128_10", 3),
    "Fashion-MNIST, best CNN (": lambda: best("cnn"),
    "Fashion-MNIST, best CNN with batch normalisation": lambda: best("cnn_batch_norm"),
    "Fashion-MNIST, the settings of the report's best MLP": lambda: entry("mlp/dropout_after_first", 3),
    "CIFAR-10, the report's best settings there": lambda: entry("cifar10/adamax_0.001_512_20", 4),
    "Fashion-MNIST, our best classifier": lambda: best_classifier("fashion_mnist", trainings=3),
    "CIFAR-10, our best classifier": lambda: best_classifier("cifar10", trainings=1),
    "MNIST, Keras's example MLP": lambda: entry("keras_example_mlp/test_accuracy", 4),
    "MNIST, Keras's example CNN": lambda: entry("keras_example_cnn/test_accuracy", 4),
    "720 classes": lambda: clock("classification"),
    "regression": lambda: clock("regression"),
    "multi-head": lambda: clock("multi_head"),
    "cyclic": lambda: clock("cyclic"),
    "double classification": lambda: clock("double_classification"),
    "reader": lambda: clock("reader", "clock_reader", 2),
}


def rows() -> list[tuple[str, str, str]]:
    section = README.split("## The report's numbers and ours")[1].split("\n## ")[0]
    cells = [re.split(r"\s*\|\s*", line)[1:-1] for line in section.splitlines() if line.startswith("|")]
    is_number = [bool(row[0] and row[2]) and "---" not in row[0] for row in cells]  # heads and titles have none
    return [(row[0], row[1], row[2]) for row, shown in zip(cells, is_number, strict=True) if shown]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_of_the_table_has_the_numbers_of_its_files(row: tuple[str, str, str]) -> None:
    name, *shown = row
    (measured,) = (measure for beginning, measure in ROWS.items() if name.startswith(beginning))
    assert tuple(shown) == measured()


def test_every_measurement_has_a_row() -> None:
    assert len(rows()) == len(ROWS)


def test_the_reader_s_shares_are_those_of_their_files() -> None:
    designs = numbers(RESULTS / "clock_reader" / "metrics" / "clock" / "random_designs.json")["random_designs"]
    dials = numbers(RESULTS / "clock_reader" / "dials" / "metrics.json")["clocks"]
    assert f"{100 * designs['share_within_1_minute']:.1f} % of such pictures within a minute" in README.replace(
        "\n", " "
    )
    right = round(dials["share_within_1_minute"] * dials["pictures"])
    assert f"{right} of {dials['pictures']} real dials with drawn hands" in README.replace("\n", " ")
