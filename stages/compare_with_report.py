"""The report's numbers about single networks and about its leaves, beside ours."""

from pathlib import Path
from typing import Any

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.datasets import data_names
from imagelab.reproduction import comparison, published
from imagelab.settings import params
from imagelab.storage import reading, writing
from stages import run


def main() -> None:
    """Write one row per number; the report's is left out if ours is about other pictures."""
    fetch = params.load().fetch
    clocks, _ = read_raw_clocks(Path("data/raw/clocks"))
    ours = {model: _read_ours(str(model), fetch.leaves) for model in published.measures()["model"].unique()}
    table = comparison.measures_beside_ours(ours, fetch, clock_images=clocks.shape[:3])
    writing.write_table(table, Path("plots/published.csv"), data=None)


def _read_ours(model: str, leaves: str) -> dict[str, Any]:
    """Return what was measured of a model: metrics by part, and ``data``, the name of the data."""
    if model == "leaves":
        names = reading.read_json(Path("data/leaves/classes.json"), keys=["classes"])["classes"]
        labels = reading.read_array(Path("data/leaves/labels.npy"), dimensions=1)
        return {"data": data_names.describe("leaves", leaves), "all": {"classes": len(names), "images": len(labels)}}
    if model.startswith("keras_example_"):
        path = Path("metrics/keras_example") / f"{model.removeprefix('keras_example_')}.json"
        return reading.read_json(path, keys=["data", "test"])
    network = model.removeprefix("clock_")
    history = reading.read_csv(Path("plots/clock") / network / "history.csv").to_dict("records")
    return {
        **reading.read_json(Path("metrics/clock") / f"{network}.json", keys=["data", "all", "test"]),
        "network": reading.read_json(Path("metrics/models.json"), keys=[model])[model],
        "first epoch": history[0],
        "last epoch": history[-1],
    }


if __name__ == "__main__":
    run(main)
