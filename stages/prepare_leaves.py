"""Reduce the leaves to small arrays, as the report does."""

import sys
from pathlib import Path

import numpy as np

from imagelab.datasets import leaf_groups, splitting
from imagelab.datasets.leaf_layout import LEAF_ARCHIVE
from imagelab.leaves.preparing import choose_and_reduce
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Choose classes and images, decode and reduce them, and hold out the images of some leaves."""
    settings = params.load()
    own = settings.prepare_leaves
    leaves = choose_and_reduce(Path("data/raw/leaves") / LEAF_ARCHIVE, own, seed=settings.seed)
    names = np.array(leaves.classes)[leaves.labels]
    parts = splitting.split_groups(leaves.together, own.held_out_fraction, seed=settings.seed, classes=names)
    rows = {"training": parts.train, "held_out": parts.held_out}
    counts = leaf_groups.counts(leaves.classes, leaves.labels, leaves.groups, rows)
    if leaves.skipped:
        received = f"{len(leaves.skipped)} pictures do not decode and are left out"
        print(f"warning: {received}, see data/leaves/classes.json", file=sys.stderr)
    with writing.new_folder(Path("data/leaves")) as out:
        writing.write_array(leaves.images, out / "images.npy")
        writing.write_array(leaves.labels, out / "labels.npy")
        writing.write_array(leaves.together, out / "together.npy")
        description = {"classes": leaves.classes, "counts": counts, "skipped": leaves.skipped}
        writing.write_json(description, out / "classes.json")
        for name, part in rows.items():
            writing.write_array(part, out / f"{name}_rows.npy")


if __name__ == "__main__":
    run(main)
