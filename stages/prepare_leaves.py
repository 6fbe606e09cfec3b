"""Reduce the leaves to small arrays, as the report does."""

import sys
from pathlib import Path

import numpy as np

from imagelab.datasets import leaf_groups, splitting
from imagelab.datasets.leaf_layout import LEAF_ARCHIVE
from imagelab.leaves.preparing import read_leaves
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Choose classes and images, decode and reduce them, set the images of some leaves aside."""
    settings = params.load()
    own = settings.prepare_leaves
    found = read_leaves(Path("data/raw/leaves") / LEAF_ARCHIVE, own, seed=settings.seed)
    names = np.array(found.classes)[found.labels]
    parts = splitting.part_groups(found.groups, own.held_out_fraction, seed=settings.seed, classes=names)
    if found.skipped:
        print(
            f"warning: {len(found.skipped)} pictures do not decode and are left out, see data/leaves/classes.json",
            file=sys.stderr,
        )
    with writing.new_folder(Path("data/leaves")) as out:
        writing.write_array(found.images, out / "images.npy")
        writing.write_array(found.labels, out / "labels.npy")
        rows = {"training": parts.first, "held_out": parts.second}
        counts = leaf_groups.counts(found.classes, found.labels, found.groups, rows)
        writing.write_json({"classes": found.classes, "counts": counts, "skipped": found.skipped}, out / "classes.json")
        writing.write_array(parts.first, out / "training_rows.npy")
        writing.write_array(parts.second, out / "held_out_rows.npy")


if __name__ == "__main__":
    run(main)
