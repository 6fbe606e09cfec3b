"""What the CNNs' grid says as a whole beside the report's table 6: differences, orders, choices. No verdicts.

    python -m benchmarks.cnn_grid data/search/cnn.csv --out FILE.json

The table is that of ``dvc repro search_grid@cnn`` with the settings of params/paper_cpu.yaml. It must have all of the
report's runs. ``--out`` keeps the numbers, for docs/results.md.
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.record import commit_to_keep, options, publish
from imagelab.classification import ranking
from imagelab.evaluation import intervals
from imagelab.reproduction import published
from imagelab.reproduction.search_tables import beside
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import SETTINGS
from imagelab.storage import reading

_OPTIMIZERS = ("adam", "adamax", "nadam")  # those that the report tried with more than one learning rate
_SEED = 1  # of the bootstrap
_OURS, _THEIRS = "test_accuracy", published.ACCURACY


def main() -> None:
    """Read the table that the command line names; print and keep what it says."""
    parser = options(__doc__, rounds=None)
    parser.add_argument("table", type=Path, help="data/search/cnn.csv")
    arguments = parser.parse_args()
    measured_at = commit_to_keep(arguments)
    try:
        report = measure(reading.read_csv(arguments.table), where=arguments.table)
    except InputError as error:
        sys.exit(f"error: {error}")
    of_run = {"settings": {"seed": _SEED}, "precision": "float64", "threads": 1}
    publish(report, as_text, arguments=arguments, measured_at=measured_at, **of_run)


def measure(results: pd.DataFrame, *, where: object) -> dict[str, Any]:
    """Compare the runs of the report's settings with the report's.

    Args:
        results: one row a run, as ``search_grid`` writes it.
        where: its file, for the message.

    Returns:
        Plain values. ``difference`` is ours minus the report's test accuracy, of first runs.

    Raises:
        InputError: if one of the report's runs is missing.
    """
    runs = beside(results, published.runs("cnn")).dropna(subset=[_THEIRS, _OURS])
    if len(runs) < len(published.runs("cnn")):
        expected = f"all {len(published.runs('cnn'))} runs of the report's table 6"
        raise InputError("table", where=where, expected=expected, received=f"{len(runs)} of them")
    first = runs[runs["run"] == 1].assign(difference=lambda table: table[_OURS] - table[_THEIRS])
    fast = first[first["optimizer"].isin(_OPTIMIZERS)]
    theirs = first.nlargest(1, _THEIRS).iloc[0]
    trainings = fast.groupby([name for name in SETTINGS if name != "epochs"]).ngroup().to_numpy()
    lengths = [group for _, group in first.groupby([name for name in SETTINGS if name != "epochs"]) if len(group) > 1]
    return {
        "runs": len(runs),
        "first_runs": len(first),
        "adam_adamax_nadam": {
            **_differences(fast),
            "better": int((fast["difference"] > 0).sum()),
            **intervals.bootstrap(
                "rank_correlation",
                lambda rows: fast[_OURS].iloc[rows].corr(fast[_THEIRS].iloc[rows], method="spearman"),
                (trainings,),  # points that differ in epochs only are one training
                seed=_SEED,
            ),
            "rank_of_the_reports_best": int((fast[_OURS] > theirs[_OURS]).sum()) + 1,
            "explained_spread": ranking.explained_spread(fast, selection="test").to_dict("records"),
        },
        "by_optimizer": {name: _differences(group) for name, group in first.groupby("optimizer")},
        "best_after_most_epochs": {
            "settings": len(lengths),
            **{
                name: int(sum(group[column].idxmax() == group["epochs"].idxmax() for group in lengths))
                for name, column in (("ours", _OURS), ("the_report", _THEIRS))
            },
        },
        "repeated": ranking.run_to_run(results).to_dict("records"),
        **ranking.gain_of_choosing_on_test(results, seed=_SEED),
        "explained_spread": ranking.explained_spread(results, selection="test").to_dict("records"),
    }


def _differences(runs: pd.DataFrame) -> dict[str, float]:
    difference = runs["difference"]
    lowest, highest = float(difference.min()), float(difference.max())
    return {"runs": len(runs), "mean_difference": float(difference.mean()), "lowest": lowest, "highest": highest}


def as_text(report: dict[str, Any]) -> str:
    """Write each number in a line."""
    return "\n".join(f"{name}: {value}" for name, value in report.items())


if __name__ == "__main__":
    main()
