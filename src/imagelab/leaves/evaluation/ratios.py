"""How many times as far from real leaves one set of generated pictures is as another, of one run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagelab.leaves.evaluation.feature_metrics import distance_ratio, equal_samples
from imagelab.leaves.evaluation.samples import References, Samples, Snapshots
from imagelab.leaves.groups import LeafGroups
from imagelab.storage import reading

PATH = Path("plots/generator/ratios.csv")
COLUMNS = (
    "compared",
    "generator",
    "epoch",
    "over_generator",
    "over_epoch",
    "space",
    "images",
    "ratio",
    "ratio_low",
    "ratio_high",
)


def over_the_first(
    samples: Mapping[str, Samples], real: Mapping[str, References], groups: LeafGroups, *, seed: int
) -> pd.DataFrame:
    """Return the Fréchet distance of each generator's final pictures over that of the first generator's.

    Args:
        samples: what each generator drew, the one to divide by first.
        real: features of real pictures, by space.
        groups: which real pictures belong together.
        seed: of draws and of resampling.

    Returns:
        One row per further generator and space with ``COLUMNS``: ``compared`` names both in a few words, ``epoch`` and
        ``over_epoch`` are missing, because both are the last.
    """
    (first, divisor), *others = samples.items()
    pairs = [
        (
            {"compared": f"{name} over {first}", "generator": name, "over_generator": first},
            space,
            own.features[space],
            divisor.features[space],
        )
        for name, own in others
        for space in real
    ]
    return _table(pairs, real, groups, paired=False, seed=seed)


def over_an_earlier_epoch(
    snapshots: Mapping[str, Snapshots],
    real: Mapping[str, References],
    groups: LeafGroups,
    *,
    earlier: int,
    later: int,
    seed: int,
) -> pd.DataFrame:
    """Return the Fréchet distance after one epoch over that after an earlier one, of each generator that has both.

    Both epochs drew from the same latent vectors.

    Args:
        snapshots: of each generator.
        real: features of real pictures, by space.
        groups: which real pictures belong together.
        earlier: the epoch to divide by.
        later: the other epoch.
        seed: of draws and of resampling.

    Returns:
        One row per generator and space.
    """
    pairs = []
    for name, own in snapshots.items():
        epochs = own.epochs.tolist()
        if {earlier, later} <= set(epochs):
            compared = f"{name}, epoch {later} over {earlier}"
            which = {"compared": compared, "generator": name, "epoch": later}
            which |= {"over_generator": name, "over_epoch": earlier}
            first, second = epochs.index(later), epochs.index(earlier)
            pairs += [(which, space, own.features[space][first], own.features[space][second]) for space in real]
    return _table(pairs, real, groups, paired=True, seed=seed)


def read(path: Path) -> pd.DataFrame:
    """Read the tables that these functions return, joined and written.

    Raises:
        InputError: if the file is missing, damaged, or lacks a column.
    """
    return reading.read_csv(path, columns=COLUMNS)


def _table(
    pairs: list[tuple[dict[str, Any], str, np.ndarray, np.ndarray]],
    real: Mapping[str, References],
    groups: LeafGroups,
    *,
    paired: bool,
    seed: int,
) -> pd.DataFrame:
    rows = []
    for which, space, first, second in pairs:
        one, other = (equal_samples(features, real[space], groups, seed=seed) for features in (first, second))
        together = one.groups.held_out
        ratio = distance_ratio(one.generated, other.generated, one.held_out, together, paired=paired, seed=seed)
        rows.append({**which, "space": space, "images": len(one.generated), **ratio})
    return pd.DataFrame(rows, columns=list(COLUMNS))
