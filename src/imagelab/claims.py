"""What the report says of its generators by eye, beside numbers."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pandas as pd

Metrics = Mapping[str, float]

VAES = ("vae_small", "vae_medium", "vae_large")
GAN = "gan"

_WORTH_MENTIONING = 0.1  # a smaller part of the distance is no help
_LIKE_LEAVES = 0.5  # share of real leaves' precision from which on pictures are said to look like leaves


def compare(metrics: Mapping[str, Metrics], progress: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the report's claims against numbers.

    Args:
        metrics: of ``generator_evaluation.generator_metrics``, by generator.
        progress: of ``generator_evaluation.measure_progress``, by generator.

    Returns:
        A row a claim: ``claim``, ``numbers`` (with 95 % intervals where there are some), and ``holds``: "yes", "no", or
        "not measured".

    Source: the report, sections 3.1 to 3.4.
    """
    sharpest_vae = max(VAES, key=lambda name: metrics[name]["sharpness"])
    first, *larger = VAES
    late = {name: _second_half(progress[name]) for name in VAES}
    enough = _LIKE_LEAVES * metrics[GAN]["precision_of_real"]
    rows: list[tuple[str, str, bool | None]] = [
        (
            "The VAE's images are blurred",
            "sharpness (real: 1): " + _each(metrics, VAES, "sharpness"),
            all(metrics[name]["sharpness_high"] < 1 for name in VAES),
        ),
        (
            "More latent dimensions do not help",
            "Fréchet distance: " + _each(metrics, VAES, "frechet_distance"),
            _no_help(metrics[first]["frechet_distance"], min(metrics[name]["frechet_distance"] for name in larger)),
        ),
        (
            "More epochs do not help (the report: 100 instead of 50)",
            "Fréchet distance: " + "; ".join(f"{name} {_as_text(found)}" for name, found in late.items()),
            _no_help_later(late.values()),
        ),
        (
            "The GAN's images are sharper than the VAE's",
            "sharpness (real: 1): " + _each(metrics, (GAN, sharpest_vae), "sharpness"),
            metrics[GAN]["sharpness_low"] > metrics[sharpest_vae]["sharpness_high"],
        ),
        (
            "Nothing looks like a leaf",
            "share of images that lie among real ones (precision): "
            + _each(metrics, (*VAES, GAN), "precision")
            + f"; other real leaves {metrics[GAN]['precision_of_real']:.3g}",
            all(metrics[name]["precision_high"] < enough for name in (*VAES, GAN)),
        ),
    ]
    verdicts = {None: "not measured", True: "yes", False: "no"}
    named = [(claim, numbers, verdicts[holds]) for claim, numbers, holds in rows]
    return pd.DataFrame(named, columns=["claim", "numbers", "holds"])


def _each(metrics: Mapping[str, Metrics], names: tuple[str, ...], measure: str) -> str:
    """Write a measure of several generators with its intervals."""
    return "; ".join(
        f"{name} {found[measure]:.3g} [{found[f'{measure}_low']:.3g}, {found[f'{measure}_high']:.3g}]"
        for name in names
        for found in (metrics[name],)
    )


def _no_help(before: float, after: float) -> bool:
    return after > (1 - _WORTH_MENTIONING) * before


class _SecondHalf(NamedTuple):
    """The first snapshot with half of the epochs behind it, and the last one."""

    epoch: int
    distance: float
    last_epoch: int
    last_distance: float


def _second_half(progress: pd.DataFrame) -> _SecondHalf:
    late = progress.loc[progress["epoch"] >= progress["epoch"].iloc[-1] / 2, ["epoch", "frechet_distance"]]
    (epoch, distance), (last_epoch, last_distance) = (late.iloc[row] for row in (0, -1))
    return _SecondHalf(int(epoch), float(distance), int(last_epoch), float(last_distance))


def _as_text(found: _SecondHalf) -> str:
    return f"{found.distance:.3g} after {found.epoch}, {found.last_distance:.3g} after {found.last_epoch} epochs"


def _no_help_later(found: Collection[_SecondHalf]) -> bool | None:
    if any(one.epoch == one.last_epoch for one in found):
        return None
    return all(_no_help(one.distance, one.last_distance) for one in found)
