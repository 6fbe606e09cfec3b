"""What the report prints of single networks and of its leaves, beside ours."""

from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.datasets import data_names
from imagelab.reproduction import published
from imagelab.settings import params
from imagelab.storage import reading, writing
from stages import run

CLOCK, KERAS_EXAMPLE = "clock_", "keras_example_"


def main() -> None:
    """Write a row a number; the report's is left out where ours is about a stand-in, or about other clocks."""
    fetch = params.load().fetch
    clocks, _ = read_raw_clocks(Path("data/raw/clocks"))
    source = {CLOCK: fetch.clocks, KERAS_EXAMPLE: fetch.mnist, "leaves": fetch.leaves}
    comparable = {
        CLOCK: clocks.shape[:3] == published.clock_images(),  # renderings too, which the table marks
        KERAS_EXAMPLE: not data_names.is_stand_in(fetch.mnist),
        "leaves": not data_names.is_stand_in(fetch.leaves),
    }
    table = published.measures()
    found = {model: _ours(str(model), fetch.leaves) for model in table["model"].unique()}
    rows = []
    for model, part, measure, value in table.itertuples(index=False, name=None):
        kind = next(name for name in source if model.startswith(name))
        row = {"number": f"{model}, {part}: {measure}", "ours": found[model][part][measure]}
        if part == "network":  # counted at the report's sizes, whatever the data
            rows.append({**row, "published": value, "same_pictures": "", "data": ""})
        else:
            shown = value if comparable[kind] else None
            same = data_names.same_pictures(source[kind])
            rows.append({**row, "published": shown, "same_pictures": same, "data": found[model]["data"]})
    writing.write_table(pd.DataFrame(rows), Path("plots/published.csv"), data=None)


def _ours(model: str, leaves: str) -> dict[str, Any]:
    """Return what we know of a model: metrics by part, and ``data``, the name of what they are about."""
    if model == "leaves":
        names = reading.read_json(Path("data/leaves/classes.json"), keys=["classes"])["classes"]
        labels = reading.read_array(Path("data/leaves/labels.npy"), dimensions=1)
        return {"data": data_names.describe("leaves", leaves), "all": {"classes": len(names), "images": len(labels)}}
    if model.startswith(KERAS_EXAMPLE):
        path = Path("metrics/keras_example") / f"{model.removeprefix(KERAS_EXAMPLE)}.json"
        return reading.read_json(path, keys=["data", "test"])
    network = model.removeprefix(CLOCK)
    history = reading.read_csv(Path("plots/clock") / network / "history.csv").to_dict("records")
    return {
        **reading.read_json(Path("metrics/clock") / f"{network}.json", keys=["data", "all", "test"]),
        "network": reading.read_json(Path("metrics/models.json"), keys=[model])[model],
        "first epoch": history[0],
        "last epoch": history[-1],
    }


if __name__ == "__main__":
    run(main)
