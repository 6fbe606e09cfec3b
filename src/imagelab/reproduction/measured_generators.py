"""Readers of what a run of the pipeline measured of its generators."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from imagelab.leaves.evaluation import ratios
from imagelab.leaves.evaluation.samples import SPACES
from imagelab.settings.leaves import VAES
from imagelab.storage import reading

GAN = "gan"
SHARPNESS = ("sharpness_low", "sharpness_high")
PROGRESS = (  # columns that the claims are about
    "epoch",
    "images",
    *SHARPNESS,
    *(
        f"{space}_{measure}{of}_{end}"
        for space in SPACES
        for measure in ("precision", "coverage")
        for of in ("", "_of_training")
        for end in ("low", "high")
    ),
)
CODE_METRICS = ("latent_dimension", "kl_nats", "active_units")


class Measured(NamedTuple):
    """The measurements of one run."""

    metrics: Mapping[str, Mapping[str, Any]]  # of ``generator_metrics``, by generator
    progress: Mapping[str, pd.DataFrame]  # of ``measure_progress``, by generator
    ratios: pd.DataFrame  # of distances, see ``ratios.COLUMNS``


def read_measured(folder: Path) -> Measured | None:
    """Read what a run measured of its generators.

    Args:
        folder: holds the run's ``metrics/`` and ``plots/``.

    Returns:
        None if it did not measure all generators.

    Raises:
        InputError: if a file is damaged.
    """
    metrics = {name: folder / "metrics" / "generator" / f"{name}.json" for name in (*VAES, GAN)}
    progress = {name: folder / "plots" / "generator" / name / "progress.csv" for name in (*VAES, GAN)}
    if not all(path.exists() for path in (*metrics.values(), *progress.values(), folder / ratios.PATH)):
        return None
    return Measured(
        {
            name: reading.read_json(path, keys=["images", *SHARPNESS, *(CODE_METRICS if name in VAES else ())])
            for name, path in metrics.items()
        },
        {name: reading.read_csv(path, columns=PROGRESS) for name, path in progress.items()},
        ratios.read(folder / ratios.PATH),
    )
