"""The report's claims about its generators, which it judged by eye, decided by intervals as in ``verdicts``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from imagelab.leaves.evaluation.samples import SPACES
from imagelab.reproduction.measured_generators import CODE_METRICS, GAN, VAES, Measured
from imagelab.reproduction.verdicts import NOT_MEASURED, UNDECIDED, Interval, above, agree, all_hold, below, ratio_of

BLURRED = 0.5  # pictures are blurred if their sharpness is below this share of real leaves'
HELPFUL = 0.9  # a setting helps if it reduces the Fréchet distance to this share or less
LIKE_LEAVES = 0.5  # pictures look like leaves if their precision is at least this share of real leaves'
MORE_NATS = 1.1  # a code is used more than another if its KL divergence is at least this many times the other's
EPOCHS, MORE_EPOCHS = 50, 100  # the epochs that the report compared
FEWEST_SNAPSHOTS = 3  # in the second half of a training, because a GAN's pictures vary from epoch to epoch


class Claim(NamedTuple):
    """A sentence of the report, the smallest effect that counts, what was measured, and the verdict."""

    claim: str
    smallest_effect: str
    numbers: str
    verdict: str


def compare(runs: Sequence[Measured], *, real: bool) -> pd.DataFrame:
    """Test the report's claims.

    Args:
        runs: one, or several that differ in their seed only; an interval then covers those of all runs.
        real: whether the leaves are real ones. The report is about real leaves: with drawn ones every claim is "not
            measured", whatever the numbers.

    Returns:
        One row per claim: ``claim``, ``smallest_effect``, ``numbers`` (with sample sizes and 95 % intervals; of several
        seeds or snapshots, from the lowest to the highest end of all intervals) and ``verdict``: "yes", "no", "cannot
        tell" or "not measured".

    Source: the report, sections 3.1 to 3.4.
    """
    found = [_blurred(runs), _dimensions(runs), _epochs(runs), _sharper(runs), _no_leaf(runs)]
    table = pd.DataFrame(found, columns=Claim._fields)
    return table if real else table.assign(verdict=NOT_MEASURED)


def _blurred(runs: Sequence[Measured]) -> Claim:
    sharpness = {name: _of_metrics(runs, name, "sharpness") for name in VAES}
    return Claim(
        "The VAE's images are blurred",
        f"sharpness below {BLURRED} times that of held-out leaves",
        f"sharpness: {_listed(sharpness)}; {_images(runs)}",
        all_hold(below(effect, BLURRED) for effect in sharpness.values()),
    )


def _dimensions(runs: Sequence[Measured]) -> Claim:
    first, *larger = VAES
    ratios = {
        space: {name: _ratio(runs, (name, first), "frechet_distance", space) for name in larger} for space in SPACES
    }
    codes = "; ".join(
        f"{name} {mean['kl_nats']:.3g} nats, {mean['active_units']:g} of {mean['latent_dimension']:g} units active"
        for name in VAES
        for mean in (pd.DataFrame([run.metrics[name] for run in runs])[list(CODE_METRICS)].mean(),)
    )
    numbers = "; ".join(f"{space} features: {_listed(found)}" for space, found in ratios.items())
    return Claim(
        "More latent dimensions do not help",
        f"Fréchet distance above {HELPFUL} times that of {first}, with codes of more than {MORE_NATS} times its nats",
        f"Fréchet distance over {first}'s: {numbers}; codes: {codes}; {_images(runs)}",
        agree(
            all_hold(
                above(ratio, HELPFUL) if _codes_say_more(runs, name, first) else UNDECIDED
                for name, ratio in found.items()
            )
            for found in ratios.values()
        ),
    )


def _codes_say_more(runs: Sequence[Measured], larger: str, smaller: str) -> bool:
    """Tell whether the larger code is used more than the smaller one in every run; if not, nothing was tested."""
    return all(run.metrics[larger]["kl_nats"] > MORE_NATS * run.metrics[smaller]["kl_nats"] for run in runs)


def _epochs(runs: Sequence[Measured]) -> Claim:
    claim = "More epochs do not help"
    effect = f"Fréchet distance after {MORE_EPOCHS} epochs above {HELPFUL} of that after {EPOCHS}"
    compared = [name for name in VAES if all({EPOCHS, MORE_EPOCHS} <= set(run.progress[name]["epoch"]) for run in runs)]
    if not compared:
        return Claim(claim, effect, f"no VAE was measured after {EPOCHS} and {MORE_EPOCHS} epochs", NOT_MEASURED)
    ratios = {
        space: {name: _ratio_of_epochs(runs, name, f"{space}_frechet_distance") for name in compared}
        for space in SPACES
    }
    numbers = "; ".join(f"{space} features: {_listed(found)}" for space, found in ratios.items())
    verdict = agree(all_hold(above(ratio, HELPFUL) for ratio in found.values()) for found in ratios.values())
    images = _range(run.progress[name]["images"].iloc[-1] for run in runs for name in compared)
    numbers = f"Fréchet distance after {MORE_EPOCHS} over {EPOCHS} epochs: {numbers}; {images} images, {_seeds(runs)}"
    return Claim(claim, effect, numbers, verdict)


def _sharper(runs: Sequence[Measured]) -> Claim:
    ratios = {name: _ratio(runs, (GAN, name), "sharpness") for name in VAES}
    return Claim(
        "The GAN's images are sharper than the VAE's",
        "sharpness above that of each VAE",
        f"the GAN's sharpness over {_listed(ratios)}; {_images(runs)}",
        all_hold(above(ratio, 1.0) for ratio in ratios.values()),
    )


def _no_leaf(runs: Sequence[Measured]) -> Claim:
    """Judge the late snapshots: "yes" if no generator's look like leaves, "no" if all those of one generator do."""
    claim = "Nothing looks like a leaf"
    effect = f"precision below {LIKE_LEAVES} of training leaves', in all snapshots of the second half"
    late = {name: [_second_half(run.progress[name]) for run in runs] for name in (*VAES, GAN)}
    if min(len(table) for tables in late.values() for table in tables) < FEWEST_SNAPSHOTS:
        return Claim(claim, effect, f"fewer than {FEWEST_SNAPSHOTS} snapshots of the second half", NOT_MEASURED)
    verdicts, numbers = [], []
    for space in SPACES:
        shares = {name: _precision_over_real(pd.concat(tables), space) for name, tables in late.items()}
        unlike = [below(share, LIKE_LEAVES) for share in shares.values()]
        verdicts.append(all_hold(unlike))
        numbers.append(f"{space} features: {_listed(shares)}")
    count = sum(len(table) for table in late[GAN])
    images = _range(table["images"].iloc[0] for tables in late.values() for table in tables)
    return Claim(
        claim,
        effect,
        f"precision over that of training leaves, lowest and highest end of all snapshots ({count} of the GAN): "
        f"{'; '.join(numbers)}; {images} images each, {_seeds(runs)}",
        agree(verdicts),
    )


def _second_half(progress: pd.DataFrame) -> pd.DataFrame:
    late: pd.DataFrame = progress[progress["epoch"] >= progress["epoch"].iloc[-1] / 2]
    return late


def _precision_over_real(progress: pd.DataFrame, space: str) -> Interval:
    ratios = [
        ratio_of(
            *(Interval(row[f"{name}_low"], row[f"{name}_high"]) for name in ("precision", "precision_of_training"))
        )
        for row in progress.filter(like=f"{space}_precision")
        .rename(columns=lambda name: name[len(space) + 1 :])
        .to_dict("records")
    ]
    return _cover(ratios)


def _of_metrics(runs: Sequence[Measured], generator: str, measure: str) -> Interval:
    return _cover(_interval(run.metrics[generator], measure) for run in runs)


def _ratio(runs: Sequence[Measured], of: tuple[str, str], measure: str, space: str | None = None) -> Interval:
    """Return a measure of one generator over that of another, each within its run: seeds differ in their scale."""

    def found(run: Measured, name: str) -> Interval:
        return _interval(run.metrics[name] if space is None else run.metrics[name][space], measure)

    return _cover(ratio_of(*(found(run, name) for name in of)) for run in runs)


def _ratio_of_epochs(runs: Sequence[Measured], generator: str, measure: str) -> Interval:
    """Return a measure after ``MORE_EPOCHS`` over that after ``EPOCHS``, each within its run."""

    def found(run: Measured, epoch: int) -> Interval:
        progress = run.progress[generator]
        return _interval(progress[progress["epoch"] == epoch].to_dict("records")[0], measure)

    return _cover(ratio_of(found(run, MORE_EPOCHS), found(run, EPOCHS)) for run in runs)


def _interval(measured: Mapping[Any, Any], measure: str) -> Interval:
    return Interval(float(measured[f"{measure}_low"]), float(measured[f"{measure}_high"]))


def _cover(intervals: Iterable[Interval]) -> Interval:
    lows, highs = zip(*intervals, strict=True)
    return Interval(min(lows), max(highs))


def _listed(effects: Mapping[str, Interval]) -> str:
    return ", ".join(f"{name} {effect}" for name, effect in effects.items())


def _images(runs: Sequence[Measured]) -> str:
    images = _range(run.metrics[name]["images"] for run in runs for name in (*VAES, GAN))
    return f"{images} images of each kind, {_seeds(runs)}"


def _range(counts: Iterable[float]) -> str:
    found = sorted({int(count) for count in counts})
    return f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _seeds(runs: Sequence[Measured]) -> str:
    return "one seed" if len(runs) == 1 else f"{len(runs)} seeds"
