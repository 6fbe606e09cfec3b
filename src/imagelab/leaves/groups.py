"""Which prepared leaves belong together: photographs that may show the same leaf are not independent of each other."""

from pathlib import Path
from typing import NamedTuple

from imagelab.evaluation.intervals import Groups
from imagelab.storage import reading
from imagelab.storage.splits import read_rows


class LeafGroups(NamedTuple):
    """Groups that the split keeps together; equal numbers belong together."""

    held_out: Groups  # (held-out,)
    training: Groups  # (training,)


def read_groups(folder: Path) -> LeafGroups:
    """Read the groups of the prepared leaves, in the order of ``leaves.data.read_leaves``.

    Raises:
        InputError: if an array is missing or damaged, or does not fit the others.
    """
    count = len(reading.read_array(folder / "labels.npy", dimensions=1))
    together = reading.read_array(folder / "together.npy", dimensions=1, length=count, integers=True)
    return LeafGroups(*(together[read_rows(folder / f"{part}_rows.npy", count=count)] for part in LeafGroups._fields))
