"""Task 1 on the page: the Keras examples, the grid search, CIFAR-10, and our best classifiers."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from imagelab.report import charts
from imagelab.report.exhibits import Exhibit, Exhibitor, naming
from imagelab.report.tables import Column, Table, arrange, decimals, difference, short, whole, yes
from imagelab.reproduction import published
from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES, SETTINGS

_SHARE = decimals(4)
_OURS, _PUBLISHED, _DIFFERENCE = "test_accuracy", "published_test_accuracy", "difference"
_POINT = (
    Column("Optimizer", "optimizer"),
    Column("Learning rate", "learning_rate", short),
    Column("Batch size", "batch_size", whole),
    Column("Epochs", "epochs", whole),
    Column("Run", "run", whole),
)
_BESIDE = (
    Column("Published", _PUBLISHED, decimals(3)),
    Column("Ours", _OURS, _SHARE),
    Column("Difference", _DIFFERENCE, difference),
    Column("Validation", "validation_accuracy", _SHARE),
)
_TITLES = {"fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
_NAMES = {name: _TITLES.get(name, name) for name in BEST_CLASSIFIED}
_EXAMPLES = {"mlp": "MLP", "cnn": "CNN"}
_FAMILIES = {"mlp": "MLPs", "cnn": "CNN", "cnn_batch_norm": "CNN with batch normalisation"}
_SEARCHED = {name: _FAMILIES.get(name, name.replace("_", " ")) for name in FAMILIES}
_FEWEST_POINTS = 3
_BEST_MLPS = 10  # runs of each variant: the whole grid has hundreds
_RUNS = "A row is a run; validation is the accuracy on the validation split."
_GRIDS = {2: "cnn", 3: "cnn_batch_norm", 6: "cnn"}  # by the number of the table
_TABLES = {
    2: "our best runs of the CNN (the report's best are in table 6)",
    3: "all runs of the CNN with batch normalisation",
    6: "all runs of the CNN",
}
_SUMMARY = "cnn_grid.json"  # of the CNN's grid, by benchmarks.cnn_grid; beside committed evidence only


def exhibits(of: Exhibitor) -> dict[str, Exhibit]:
    """Return the figures and tables of task 1 by name."""
    return {
        "examples": of.numbers(
            "The Keras examples on MNIST",
            {name: f"metrics/keras_example/{name}.json" for name in _EXAMPLES},
            _examples,
        ),
        "examples_training": of.chart(
            "Accuracy of the Keras examples over epochs",
            {name: f"plots/keras_example/{name}/history.csv" for name in _EXAMPLES},
            _example_curves,
        ),
        "mlp": of.table(
            "MLPs on Fashion-MNIST (section 1.3.1)",
            "plots/search/mlp.csv",
            lambda table: _ranked(_in_words(_best_of_each(table)), (Column("Variant", "variant"), *_POINT, *_BESIDE)),
            note=f"The best {_BEST_MLPS} runs of each variant, and those that the report prints; "
            f"plots/search/mlp.csv has all. {_about_runs(of, 'mlp', 'plots/search/mlp.csv')}",
        ),
        "figure_1_epochs": of.chart(
            "Figure 1, left: mean test accuracy over epochs",
            {"epochs": "plots/search/figure_1_epochs.csv"},
            lambda tables: _figure_1(tables["epochs"], "epochs", "epochs"),
        ),
        "figure_1_batch_size": of.chart(
            "Figure 1, right: mean test accuracy over the batch size",
            {"batch": "plots/search/figure_1_batch_size.csv"},
            lambda tables: _figure_1(tables["batch"], "batch_size", "batch size"),
        ),
        "matters": of.chart(
            "Which hyperparameter matters: its share of the variance",
            {"spread": "plots/search/explained_spread.csv"},
            _matters,
            note="The share of the variance between the points of a grid that one hyperparameter explains by itself. "
            "A setting that makes no difference explains some of it by chance; the table says how much. Shares are not "
            f"to be compared between grids.{_within_three_optimizers(of)}",
        ),
        "matters_table": of.table(
            "Best and worst value of each hyperparameter",
            "plots/search/explained_spread.csv",
            lambda table: arrange(
                _in_words(table),
                (
                    Column("Grid", "family"),
                    Column("Hyperparameter", "hyperparameter"),
                    Column("Values", "values", whole),
                    Column("Runs", "runs", whole),
                    Column("Share of variance", "share_of_variance", decimals(3)),
                    Column("By chance", "share_by_chance", decimals(3)),
                    Column("Best value", "best_value"),
                    Column("Mean accuracy with it", "best_mean_accuracy", _SHARE),
                    Column("Worst value", "worst_value"),
                    Column("Mean accuracy with the worst", "worst_mean_accuracy", _SHARE),
                ),
            ),
        ),
        "beside": of.chart(
            "Published accuracy beside ours, each point a run of table 6",
            {"runs": "plots/search/table_6.csv"},
            _published_beside_ours,
            note="On the dashed line both are equal.",
            empty=f"Fewer than {_FEWEST_POINTS} runs of ours have settings that the report prints.",
        ),
        **{
            f"table_{number}": of.table(
                f"Table {number}: {title}",
                f"plots/search/table_{number}.csv",
                lambda table: _ranked(table, (*_POINT, *_BESIDE)),
                note=_about_runs(of, _GRIDS[number], f"plots/search/table_{number}.csv"),
            )
            for number, title in _TABLES.items()
        },
        "table_4": of.table(
            "Table 4: the best settings on CIFAR-10",
            "plots/transfer/table_4.csv",
            lambda table: _ranked(
                table,
                (
                    Column("Our rank on Fashion-MNIST", "rank_on_fashion_mnist", whole),
                    Column("The report's row", "row_of_the_reports_table", whole, optional=True),
                    *_POINT,
                    Column("Published", _PUBLISHED, _SHARE),
                    *_BESIDE[1:],
                ),
            ),
            note="The settings that were best in our grid, and the three of the report, as far as they were trained.",
        ),
        "run_to_run": of.table(
            "How far runs of the same settings differ",
            "plots/search/run_to_run.csv",
            lambda table: arrange(
                _in_words(table),
                (
                    Column("Grid", "family"),
                    *_POINT[:4],
                    Column("Runs", "runs", whole),
                    Column("Lowest", "lowest_test_accuracy", _SHARE),
                    Column("Highest", "highest_test_accuracy", _SHARE),
                    Column("Difference", "difference_between_runs", _SHARE),
                    Column("The report's difference", "published_difference_between_runs", _SHARE),
                ),
            ),
        ),
        **_best(of),
    }


def table_1(settings: Mapping[str, Any] | None) -> Table:
    """Return table 1: the values of the report's search, and those of the settings of a run, if there is one."""
    searched = published.search_values()
    grids = {} if settings is None else settings["search"]
    families = [family for family in _SEARCHED if family in grids]  # settings of an earlier commit may lack one
    rows = [
        {
            "name": name.replace("_", " "),
            "published": _listed(searched[name]),
            **{family: _listed(_values(grids[family]["grid"], name)) for family in families},
        }
        for name in SETTINGS
    ]
    columns = [
        Column("Hyperparameter", "name"),
        Column("The report", "published"),
        *(Column(f"Here, for the {_SEARCHED[family]}", family) for family in families),
    ]
    return arrange(pd.DataFrame(rows), columns)


def _values(grid: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Return the values that a setting has anywhere in a grid, each once."""
    return sorted({value for sub_grid in grid for value in sub_grid[name]})


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Write names of the settings, such as ``batch_size``, as words."""
    columns = ("family", "variant", "hyperparameter", "best_value", "worst_value")
    return table.assign(**{name: table[name].map(_word) for name in columns if name in table})


def _word(value: Any) -> Any:
    return _SEARCHED.get(value, value.replace("_", " ")) if isinstance(value, str) else value


def _within_three_optimizers(of: Exhibitor) -> str:
    """Say what explains the CNN's accuracies with the three optimizers that were tried with many settings."""
    if of.key == "run" or (found := of.results.numbers(_SUMMARY, keys=["measured"])) is None:
        return ""
    with naming([_SUMMARY]):
        three = found["measured"]["adam_adamax_nadam"]
        shares = ", ".join(
            f"{row['hyperparameter'].replace('_', ' ')} {100 * row['share_of_variance']:.3g} %"
            for row in three["explained_spread"]
        )
        return (
            " The CNN was trained with SGD, Adagrad, Adadelta and RMSprop at one learning rate and for 5 epochs only, "
            f"so its shares overlap. Over its {three['runs']} runs with Adam, Adamax and Nadam they are: {shares}."
        )


def _about_runs(of: Exhibitor, grid: str, file: str) -> str:
    """Say what a row is, by which split the rows of a grid are ranked, and on which processor they were trained."""
    sentences = [_RUNS]
    if (found := of.results.numbers(f"metrics/search/{grid}.json", keys=["selection"])) is not None:
        sentences.append(f"Ranked by the accuracy on the {found['selection']} split.")
    if (table := of.results.table(file)) is None:
        return " ".join(sentences)
    if "processor" in table and table["processor"].nunique() == 1:
        sentences.append(f"Trained on {table['processor'].iloc[0]}.")
    if _has_uncertain(table):
        sentences.append("Settings of runs that are marked as uncertain may be misread in the report.")
    return " ".join(sentences)


def _best_of_each(table: pd.DataFrame) -> pd.DataFrame:
    """Return the best MLPs of each variant, and those beside which the report prints a number."""
    place = table.groupby("variant")["rank"].rank()
    return table[(place <= _BEST_MLPS) | table[_PUBLISHED].notna()]


def _ranked(table: pd.DataFrame, columns: Sequence[Column]) -> Table:
    ours, printed = (pd.to_numeric(table[name], errors="coerce") for name in (_OURS, _PUBLISHED))
    table = table.assign(**{_DIFFERENCE: ours - printed})
    return arrange(table, (Column("Rank", "rank", whole, optional=True), *columns, *_telling(table)))


def _has_uncertain(table: pd.DataFrame) -> bool:
    return "published_uncertain" in table and bool(table["published_uncertain"].eq(True).any())


def _telling(table: pd.DataFrame) -> list[Column]:
    """Return the columns that are shown only if their values tell something."""
    found = []
    if _has_uncertain(table):
        found.append(Column("Uncertain", "published_uncertain", yes))
    if "processor" in table and table["processor"].nunique() > 1:
        found.append(Column("On", "processor"))
    if "failure" in table and table["failure"].notna().any():
        found.append(Column("Failure", "failure"))
    return found


def _examples(found: Mapping[str, Mapping[str, Any]]) -> Table:
    printed = published.measures().set_index("path")["published"]
    rows = [
        {
            "model": _EXAMPLES[name],
            "data": content.get("data"),  # not in metrics of earlier commits
            _PUBLISHED: printed[f"keras_mnist_examples.{name}.test_accuracy"],
            _OURS: content["test"]["accuracy"],
            "loss": content["test"]["loss"],
            "train": content["train"]["accuracy"],
        }
        for name, content in found.items()
    ]
    columns = (
        Column("Network", "model"),
        Column("Data", "data"),
        Column("Published", _PUBLISHED, _SHARE),
        Column("Ours", _OURS, _SHARE),
        Column("Test loss", "loss", _SHARE),
        Column("Training accuracy", "train", _SHARE),
    )
    return arrange(pd.DataFrame(rows), columns)


def _example_curves(tables: Mapping[str, pd.DataFrame]) -> alt.Chart:
    parts = [
        pd.DataFrame({"epoch": table["epoch"], "accuracy": table[column], "line": f"{_EXAMPLES[name]}, {part}"})
        for name, table in tables.items()
        for column, part in (("accuracy", "training"), ("validation_accuracy", "validation"))
    ]
    joined = pd.concat(parts, ignore_index=True)
    return charts.lines(joined, "epoch", "accuracy", "line", x_title="epoch", y_title="accuracy")


def _figure_1(table: pd.DataFrame, x: str, title: str) -> alt.Chart | None:
    if table.empty:
        return None
    return charts.lines(table, x, "mean_test_accuracy", "optimizer", x_title=title, y_title="mean test accuracy")


def _matters(tables: Mapping[str, pd.DataFrame]) -> alt.Chart | None:
    table = _in_words(tables["spread"])
    if table.empty:
        return None
    x_title = "share of the variance"
    return charts.bars(table, "share_of_variance", "hyperparameter", "family", x_title=x_title, most=1)


def _published_beside_ours(tables: Mapping[str, pd.DataFrame]) -> alt.LayerChart | None:
    table = tables["runs"]
    both = [_PUBLISHED, _OURS]
    table = table[[*both, *SETTINGS]].dropna(subset=both)
    if len(table) < _FEWEST_POINTS:
        return None
    return charts.beside(table, _PUBLISHED, _OURS, "optimizer", x_title="published", y_title="ours")


def _best(of: Exhibitor) -> dict[str, Exhibit]:
    """Return what there is about our best classifiers, which the report does not have."""
    folder = "plots/best_classifier"
    fashion_mnist, cifar10 = (runs[published.ACCURACY].max() for runs in (published.runs("cnn"), published.transfer()))
    found = {
        "best": of.numbers(
            "Our best classifiers",
            {name: f"metrics/best_classifier/{name}.json" for name in BEST_CLASSIFIED},
            _best_table,
            note="Intervals are at 95 %. "
            f"The report's best: {fashion_mnist:g} on Fashion-MNIST, {cifar10:g} on CIFAR-10.",
        ),
        "best_training": of.chart(
            "Our best classifiers: accuracy on the training pictures over epochs",
            {_NAMES[name]: f"{folder}/{name}/history.csv" for name in BEST_CLASSIFIED},
            lambda tables: charts.tables_as_lines(
                tables, "epoch", "accuracy", x_title="epoch", y_title="training accuracy"
            ),
        ),
        "best_reliability": of.chart(
            "Our best classifiers: stated probability, and the share that is right",
            {_NAMES[name]: f"{folder}/{name}/reliability.csv" for name in BEST_CLASSIFIED},
            _reliability,
            note="Above the dashed line more is right than the classifier states.",
        ),
    }
    for name in BEST_CLASSIFIED:
        found[f"best_worst_{name}"] = of.picture(
            f"{_NAMES[name]}: the pictures with the highest losses",
            f"{folder}/{name}/worst.png",
            alternative=f"Test pictures of {_NAMES[name]} with the true class and the class that was predicted instead",
            width=620,
        )
        found[f"best_classes_{name}"] = of.table(
            f"{_NAMES[name]}: accuracy by class",
            f"{folder}/{name}/per_class.csv",
            lambda table: arrange(
                table,
                (
                    Column("Class", "class"),
                    Column("Test pictures", "images", whole),
                    Column("Accuracy [95 % interval]", "test_accuracy", decimals(3), interval=True),
                ),
            ),
        )
    return found


def _best_table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = [{**content, "model": _NAMES[name]} for name, content in found.items()]
    columns = (
        Column("Classifier", "model"),
        Column("Data", "data"),
        Column("Test pictures", "images", whole),
        Column("Test accuracy [95 % interval]", "test_accuracy", _SHARE, interval=True),
        Column("Without averaging over views", "test_accuracy_one_view", _SHARE, interval=True),
        Column("Mean stated probability", "mean_stated_probability", decimals(3)),
    )
    return arrange(pd.DataFrame(rows), columns)


def _reliability(tables: Mapping[str, pd.DataFrame]) -> alt.LayerChart | None:
    columns = ["mean_stated_probability", "share_right"]
    parts = [table[columns].assign(classifier=name) for name, table in tables.items()]
    return charts.reliability(pd.concat(parts, ignore_index=True), "classifier")
