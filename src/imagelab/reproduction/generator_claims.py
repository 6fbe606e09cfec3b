"""The report's claims about its generators, which it judged by eye, decided by intervals as in ``answers``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from imagelab.leaves.evaluation.ratios import PATH as RATIOS
from imagelab.leaves.evaluation.samples import SPACES
from imagelab.reproduction.answers import NOT_MEASURED, Interval, above, agree, all_hold, below, negated, ratio_of
from imagelab.reproduction.measured_generators import CODE_METRICS, GAN, Measured
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import VAES

BLURRED = 0.5  # pictures are blurred if their sharpness is below this share of real leaves'
SHARPER = 1.1  # a generator's pictures are sharper than another's if they have at least this many times its sharpness
HELPFUL = 0.9  # a setting helps if it reduces the Fréchet distance to this share or less
EPOCHS, MORE_EPOCHS = 50, 100  # the epochs that the report compared
FEWEST_SNAPSHOTS = 3  # in the second half of a training, because a GAN's pictures vary from epoch to epoch

# Pictures look like leaves if all of these are as large as this share of training leaves', in both spaces of features:
# how many lie among real leaves, and how many real leaves have one near them. Precision alone would not do: pictures of
# one average leaf have it. They must also be as sharp as leaves, between half and twice.
LIKE_LEAVES = {"precision": 0.5, "coverage": 0.1}
SHARP_AS_LEAVES = Interval(BLURRED, 2.0)


class Claim(NamedTuple):
    """A sentence of the report, the smallest effect that counts, what was measured, and the answer."""

    claim: str
    smallest_effect: str
    numbers: str
    verdict: str  # of ``answers``; the column keeps its name, which the page and earlier evidence use


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

    Raises:
        InputError: if the ratios of a run lack one that a claim is about.

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
    found = {name: {space: _ratio_of_distances(runs, name, first, space) for space in SPACES} for name in larger}
    return Claim(
        "More latent dimensions do not help",
        f"Fréchet distance above {HELPFUL} times that of {first}",
        f"Fréchet distance over {first}'s: {_by_space(found)}; codes: {'; '.join(_code(runs, name) for name in VAES)}; "
        f"{_images(runs)}",
        _none_helps(found),
    )


def _code(runs: Sequence[Measured], name: str) -> str:
    """Describe how much of a code is used."""
    mean = pd.DataFrame([run.metrics[name] for run in runs])[list(CODE_METRICS)].mean()
    used = f"{mean['active_units']:.3g} of {mean['latent_dimension']:g} units active"
    nats = f"{mean['kl_nats']:.0f}" if mean["kl_nats"] >= 100 else f"{mean['kl_nats']:.3g}"
    return f"{name} {nats} nats, {used}"


def _epochs(runs: Sequence[Measured]) -> Claim:
    claim = "More epochs do not help"
    effect = f"Fréchet distance after {MORE_EPOCHS} epochs above {HELPFUL} of that after {EPOCHS}"
    compared = [name for name in VAES if all(len(_of_epochs(run, name)) for run in runs)]
    if not compared:
        return Claim(claim, effect, f"no VAE was measured after {EPOCHS} and {MORE_EPOCHS} epochs", NOT_MEASURED)
    found = {name: {space: _ratio_of_epochs(runs, name, space) for space in SPACES} for name in compared}
    images = _range(count for run in runs for name in compared for count in _of_epochs(run, name)["images"])
    numbers = f"Fréchet distance after {MORE_EPOCHS} over {EPOCHS} epochs: {_by_space(found)}; {images} images"
    return Claim(claim, effect, f"{numbers}, {_seeds(runs)}", _none_helps(found))


def _none_helps(ratios: Mapping[str, Mapping[str, Interval]]) -> str:
    """Judge ratios of distances by generator and space: both spaces must say the same of a generator."""
    return all_hold(agree(above(ratio, HELPFUL) for ratio in by_space.values()) for by_space in ratios.values())


def _sharper(runs: Sequence[Measured]) -> Claim:
    claim = "The GAN's images are sharper than the VAE's"
    effect = f"sharpness above {SHARPER} times that of each VAE, in all snapshots of the second half"
    if (few := _too_few_snapshots(runs)) is not None:
        return Claim(claim, effect, few, NOT_MEASURED)
    ratios = {name: _cover(_ratio_of_sharpness(run, name) for run in runs) for name in VAES}
    return Claim(
        claim,
        effect,
        f"the GAN's sharpness over {_listed(ratios)}, lowest and highest end of all snapshots; {_of_snapshots(runs)}",
        all_hold(above(ratio, SHARPER) for ratio in ratios.values()),
    )


def _ratio_of_sharpness(run: Measured, vae: str) -> Interval:
    """Return the GAN's sharpness over a VAE's, from the lowest to the highest that any late snapshots may have."""
    of_gan, of_vae = (
        _cover(_interval(row, "sharpness") for row in _second_half(run.progress[name])) for name in (GAN, vae)
    )
    return ratio_of(of_gan, of_vae)


def _no_leaf(runs: Sequence[Measured]) -> Claim:
    """Judge the late snapshots: "yes" if no generator's look like leaves, "no" if all those of one generator do."""
    claim = "Nothing looks like a leaf"
    shares = " or ".join(f"{measure} below {least} of training leaves'" for measure, least in LIKE_LEAVES.items())
    low, high = SHARP_AS_LEAVES
    effect = f"{shares} in a space, or sharpness outside {low} to {high}, in all snapshots of the second half"
    if (few := _too_few_snapshots(runs)) is not None:
        return Claim(claim, effect, few, NOT_MEASURED)
    late = {name: [row for run in runs for row in _second_half(run.progress[name])] for name in (*VAES, GAN)}
    numbers = []
    for measure in LIKE_LEAVES:
        of_measure = {
            name: {space: _cover(_share_of_training(row, space, measure) for row in rows) for space in SPACES}
            for name, rows in late.items()
        }
        numbers.append(f"{measure} over that of training leaves: {_by_space(of_measure)}")
    sharpness = {name: _cover(_interval(row, "sharpness") for row in rows) for name, rows in late.items()}
    return Claim(
        claim,
        effect,
        f"lowest and highest end of all snapshots; {'; '.join(numbers)}; sharpness: {_listed(sharpness)}; "
        f"{_of_snapshots(runs)}",
        all_hold(negated(agree(_looks_like_leaves(row) for row in rows)) for rows in late.values()),
    )


def _looks_like_leaves(snapshot: Mapping[str, Any]) -> str:
    """Tell whether one snapshot has all that leaves have; "no" if it surely lacks one of them."""
    sharpness, (least_sharp, most_sharp) = _interval(snapshot, "sharpness"), SHARP_AS_LEAVES
    shares = [
        above(_share_of_training(snapshot, space, measure), least)
        for space in SPACES
        for measure, least in LIKE_LEAVES.items()
    ]
    return all_hold([*shares, above(sharpness, least_sharp), below(sharpness, most_sharp)])


def _share_of_training(snapshot: Mapping[str, Any], space: str, measure: str) -> Interval:
    own, of_training = (_interval(snapshot, f"{space}_{name}") for name in (measure, f"{measure}_of_training"))
    return ratio_of(own, of_training)


def _second_half(progress: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the snapshots of the second half of a training."""
    late: pd.DataFrame = progress[progress["epoch"] >= progress["epoch"].iloc[-1] / 2]
    return late.to_dict("records")


def _too_few_snapshots(runs: Sequence[Measured]) -> str | None:
    """Say so if a generator has too few late snapshots to judge it by; None if all have enough."""
    fewest = min(len(_second_half(progress)) for run in runs for progress in run.progress.values())
    return None if fewest >= FEWEST_SNAPSHOTS else f"fewer than {FEWEST_SNAPSHOTS} snapshots of the second half"


def _of_snapshots(runs: Sequence[Measured]) -> str:
    late = [row for run in runs for row in _second_half(run.progress[GAN])]
    images = _range(row["images"] for run in runs for own in run.progress.values() for row in _second_half(own))
    return f"{len(late)} snapshots of the GAN, {images} images each, {_seeds(runs)}"


def _of_metrics(runs: Sequence[Measured], generator: str, measure: str) -> Interval:
    return _cover(_interval(run.metrics[generator], measure) for run in runs)


def _ratio_of_distances(runs: Sequence[Measured], generator: str, over: str, space: str) -> Interval:
    """Return the distance of one generator over that of another, each within its run: seeds differ in their scale."""
    return _cover(_ratio_in(_compared(run, generator, over, None, None), space) for run in runs)


def _ratio_of_epochs(runs: Sequence[Measured], generator: str, space: str) -> Interval:
    """Return the distance after ``MORE_EPOCHS`` over that after ``EPOCHS``, each within its run."""
    return _cover(_ratio_in(_of_epochs(run, generator), space) for run in runs)


def _of_epochs(run: Measured, generator: str) -> pd.DataFrame:
    return _compared(run, generator, generator, MORE_EPOCHS, EPOCHS)


def _compared(run: Measured, generator: str, over: str, epoch: int | None, over_epoch: int | None) -> pd.DataFrame:
    """Return the rows of ``ratios`` about two generators, after some epochs or, for None, after their last."""
    found = run.ratios
    for column, value in (
        ("generator", generator),
        ("over_generator", over),
        ("epoch", epoch),
        ("over_epoch", over_epoch),
    ):
        found = found[found[column].isna() if value is None else found[column] == value]
    return found


def _ratio_in(ratios: pd.DataFrame, space: str) -> Interval:
    rows = ratios[ratios["space"] == space].to_dict("records")
    if len(rows) != 1:
        expected = f"one row of two generators in {space} features"
        raise InputError("table", where=RATIOS, expected=expected, received=len(rows))
    return _interval(rows[0], "ratio")


def _interval(measured: Mapping[Any, Any], measure: str) -> Interval:
    return Interval(float(measured[f"{measure}_low"]), float(measured[f"{measure}_high"]))


def _cover(intervals: Iterable[Interval]) -> Interval:
    lows, highs = zip(*intervals, strict=True)
    return Interval(min(lows), max(highs))


def _by_space(found: Mapping[str, Mapping[str, Interval]]) -> str:
    """List intervals by generator and space, those of a space together."""
    return "; ".join(
        f"{space} features: {_listed({name: of_spaces[space] for name, of_spaces in found.items()})}"
        for space in SPACES
    )


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
