"""Reduce the leaves to small arrays, as the report does."""

import sys
from pathlib import Path

from imagelab import artifacts, leaves, params, splitting
from imagelab.raw_formats import LEAF_ARCHIVE
from stages import run


def main() -> None:
    """Choose classes and images, decode and reduce them, set some images aside."""
    settings = params.load()
    images, labels, classes, skipped = leaves.read_leaves(
        Path("data/raw/leaves") / LEAF_ARCHIVE, settings.prepare_leaves, seed=settings.seed
    )
    parts = splitting.part(len(labels), settings.prepare_leaves.held_out_fraction, seed=settings.seed, classes=labels)
    if skipped:
        print(
            f"warning: {len(skipped)} pictures do not decode and are left out, see data/leaves/classes.json",
            file=sys.stderr,
        )
    with artifacts.new_folder(Path("data/leaves")) as out:
        artifacts.write_array(images, out / "images.npy")
        artifacts.write_array(labels, out / "labels.npy")
        artifacts.write_json({"classes": classes, "skipped": skipped}, out / "classes.json")
        artifacts.write_array(parts.first, out / "training_rows.npy")
        artifacts.write_array(parts.second, out / "held_out_rows.npy")


if __name__ == "__main__":
    run(main)
