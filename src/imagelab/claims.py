"""What the report says of its generators by eye, beside numbers."""

from collections.abc import Mapping

import pandas as pd

Metrics = Mapping[str, float]

VAES = ("vae_32", "vae_64", "vae_128")
GAN = "gan"

_WORTH_MENTIONING = 0.1  # a smaller part of the distance is no help


def compare(metrics: Mapping[str, Metrics], progress: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the report's claims against numbers.

    Args:
        metrics: of ``generator_evaluation.generator_metrics``, by generator.
        progress: of ``generator_evaluation.progress``, by generator.

    Returns:
        ``claim``, ``numbers`` (with 95 % intervals where there are some) and ``holds`` ("yes" or "no"), a row a claim.

    Source: the report, sections 3.1 to 3.4.
    """
    sharpest_vae = max(VAES, key=lambda name: metrics[name]["sharpness"])
    first, last = VAES[0], VAES[-1]
    halfway = {name: _halfway(progress[name]) for name in VAES}
    at_end = {name: float(progress[name]["frechet_distance"].iloc[-1]) for name in VAES}
    rows = [
        (
            "The VAE's images are blurred",
            "sharpness (real: 1): " + _each(metrics, VAES, "sharpness"),
            all(metrics[name]["sharpness_high"] < 1 for name in VAES),
        ),
        (
            "More latent dimensions do not help",
            "Fréchet distance: " + _each(metrics, VAES, "frechet_distance"),
            _no_help(metrics[first]["frechet_distance"], metrics[last]["frechet_distance"]),
        ),
        (
            "More epochs do not help",
            "Fréchet distance after half of the epochs and after all: "
            + "; ".join(f"{name} {halfway[name]:.3g}, {at_end[name]:.3g}" for name in VAES),
            all(_no_help(halfway[name], at_end[name]) for name in VAES),
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
            + f"; unseen real leaves {metrics[GAN]['precision_of_held_out']:.3g}",
            all(metrics[name]["precision_high"] < metrics[name]["precision_of_held_out"] for name in (*VAES, GAN)),
        ),
    ]
    return pd.DataFrame([(claim, numbers, "yes" if holds else "no") for claim, numbers, holds in rows]).set_axis(
        ["claim", "numbers", "holds"], axis=1
    )


def _each(metrics: Mapping[str, Metrics], names: tuple[str, ...], measure: str) -> str:
    """Write a measure of several generators with its intervals."""
    return "; ".join(
        f"{name} {found[measure]:.3g} [{found[f'{measure}_low']:.3g}, {found[f'{measure}_high']:.3g}]"
        for name in names
        for found in (metrics[name],)
    )


def _no_help(before: float, after: float) -> bool:
    return after > (1 - _WORTH_MENTIONING) * before


def _halfway(progress: pd.DataFrame) -> float:
    """Return the distance at the first snapshot that has half of the epochs behind it."""
    late = progress[progress["epoch"] >= progress["epoch"].iloc[-1] / 2]
    return float(late["frechet_distance"].iloc[0])
