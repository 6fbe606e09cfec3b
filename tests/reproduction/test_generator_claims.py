from typing import Any

import pandas as pd
import pytest

from imagelab.leaves.evaluation.samples import SPACES
from imagelab.reproduction import generator_claims, published
from imagelab.reproduction.measured_generators import GAN, VAES, Measured

BLURRED, DIMENSIONS, EPOCHS, SHARPER, NO_LEAF = range(5)
SNAPSHOTS = (1, 20, 50, 75, 100)


def interval(name: str, value: float, width: float) -> dict[str, float]:
    return {name: value, f"{name}_low": value * (1 - width), f"{name}_high": value * (1 + width)}


def metrics(
    *, sharpness: float = 0.2, distance: float = 100.0, width: float = 0.02, kl: float = 25.0, **spaces: float
) -> dict[str, Any]:
    by_space = {space: interval("frechet_distance", spaces.get(space, distance), width) for space in SPACES}
    code = {"kl_nats": kl, "active_units": 12, "latent_dimension": 32}
    return {"images": 700, **by_space, **interval("sharpness", sharpness, width), **code}


def progress(
    *,
    distances: tuple[float, ...] = (900, 200, 100, 99, 98),
    precisions: tuple[float, ...] = (0.2,) * 5,
    width: float = 0.01,
) -> pd.DataFrame:
    rows = []
    for epoch, distance, precision in zip(SNAPSHOTS, distances, precisions, strict=True):
        row: dict[str, float] = {"epoch": epoch, "images": 512}
        for space in SPACES:
            measured = interval("frechet_distance", distance, width) | interval("precision", precision, width)
            measured |= interval("precision_of_training", 0.9, width)
            row |= {f"{space}_{name}": value for name, value in measured.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def as_the_report_says(
    measured: dict[str, dict[str, Any]] | None = None, by_epoch: dict[str, pd.DataFrame] | None = None
) -> Measured:
    """The VAEs are blurred, all alike, and soon at their best; the GAN is sharper; no picture is like a real one."""
    names = (*VAES, GAN)
    of_gan = {GAN: metrics(sharpness=0.8)}
    return Measured(
        {name: metrics(kl=25.0 + 5 * index) for index, name in enumerate(names)} | of_gan | (measured or {}),
        {name: progress() for name in names} | (by_epoch or {}),
    )


def verdicts(*runs: Measured, real: bool = True) -> list[str]:
    return generator_claims.compare(runs, real=real)["verdict"].tolist()


def test_every_claim_holds_where_the_numbers_are_as_the_report_saw_them() -> None:
    assert verdicts(as_the_report_says()) == ["yes"] * 5


@pytest.mark.parametrize(
    ("claim", "run"),
    [
        (BLURRED, as_the_report_says({"vae_medium": metrics(sharpness=0.7, kl=30)})),
        (DIMENSIONS, as_the_report_says({"vae_large": metrics(distance=50, kl=40)})),
        (EPOCHS, as_the_report_says(by_epoch={"vae_small": progress(distances=(900, 200, 100, 60, 50))})),
        (SHARPER, as_the_report_says({"gan": metrics(sharpness=0.15)})),
        (NO_LEAF, as_the_report_says(by_epoch={"gan": progress(precisions=(0.1, 0.3, 0.6, 0.7, 0.8))})),
    ],
)
def test_a_claim_falls_with_the_numbers_against_it_and_no_other_does(claim: int, run: Measured) -> None:
    assert [index for index, verdict in enumerate(verdicts(run)) if verdict == "no"] == [claim]
    assert verdicts(run).count("yes") == 4


@pytest.mark.parametrize(
    ("claim", "run"),
    [
        (BLURRED, as_the_report_says({"vae_medium": metrics(sharpness=0.49, width=0.03, kl=30)})),
        (DIMENSIONS, as_the_report_says({"vae_large": metrics(distance=90, width=0.1, kl=40)})),
        (EPOCHS, as_the_report_says(by_epoch={"vae_small": progress(distances=(900, 200, 100, 95, 90), width=0.1)})),
        (SHARPER, as_the_report_says({"gan": metrics(sharpness=0.21, width=0.1)})),
    ],
)
def test_nobody_can_tell_where_the_interval_holds_the_smallest_effect(claim: int, run: Measured) -> None:
    assert [index for index, verdict in enumerate(verdicts(run)) if verdict == "cannot tell"] == [claim]


def test_the_claims_are_the_sentences_of_the_published_facts() -> None:
    found = generator_claims.compare([as_the_report_says()], real=True)["claim"].tolist()
    assert found == [text for path, text in published.claims().items() if path.startswith("claims.leaves.")]


def test_a_gan_at_87_hundredths_of_the_real_sharpness_is_not_blurred() -> None:
    run = as_the_report_says({name: metrics(sharpness=0.87, kl=25 + 5 * index) for index, name in enumerate(VAES)})
    assert verdicts(run)[BLURRED] == "no"


def test_codes_that_say_no_more_are_no_test_of_more_dimensions() -> None:
    """25 nats at 32, 64 and 128 dimensions: nothing was compared, whatever the distances are."""
    run = as_the_report_says({name: metrics(kl=25.0) for name in VAES})
    assert verdicts(run) == ["yes", "cannot tell", "yes", "yes", "yes"]


def test_codes_are_compared_within_each_run() -> None:
    """As far apart in both runs, but the second has more nats everywhere."""
    first, second = (
        as_the_report_says({name: metrics(kl=nats * 1.2**index) for index, name in enumerate(VAES)})
        for nats in (10.0, 11.5)
    )
    assert verdicts(first, second)[DIMENSIONS] == "yes"
    alike = as_the_report_says({name: metrics(kl=11.5) for name in VAES})
    assert verdicts(first, alike)[DIMENSIONS] == "cannot tell"


def test_a_distance_that_may_be_0_bounds_no_ratio_from_above() -> None:
    unsure = metrics(distance=0.5)
    for space in SPACES:
        unsure[space]["frechet_distance_low"] = 0.0
    assert verdicts(as_the_report_says({"vae_small": unsure}))[DIMENSIONS] == "yes"
    assert verdicts(as_the_report_says({"vae_large": unsure | {"kl_nats": 40.0}}))[DIMENSIONS] == "no"


def test_spaces_of_features_that_disagree_decide_nothing() -> None:
    run = as_the_report_says({"vae_large": metrics(classifier=50.0, random=100.0, kl=40)})
    assert verdicts(run)[DIMENSIONS] == "cannot tell"


def test_more_epochs_are_judged_by_50_and_100_of_the_same_training_only() -> None:
    short = progress().query("epoch <= 50")
    found = generator_claims.compare([as_the_report_says(by_epoch=dict.fromkeys(VAES, short))], real=True).iloc[EPOCHS]
    assert found["verdict"] == "not measured"
    assert found["numbers"] == "no VAE was measured after 50 and 100 epochs"
    one_is_enough = as_the_report_says(by_epoch={"vae_small": short, "vae_medium": short})
    assert verdicts(one_is_enough)[EPOCHS] == "yes"


def test_a_gan_that_swings_from_snapshot_to_snapshot_is_not_judged_by_its_last_one() -> None:
    """The report's GAN had precisions of 0.61, 0.72 and 0.27 after 30, 40 and 50 epochs."""
    run = as_the_report_says(by_epoch={"gan": progress(precisions=(0.0, 0.5, 0.61, 0.72, 0.27))})
    assert verdicts(run)[NO_LEAF] == "cannot tell"


def test_one_or_two_snapshots_decide_nothing_about_looks() -> None:
    few = progress().query("epoch in (1, 50, 100)")
    assert verdicts(as_the_report_says(by_epoch={"gan": few}))[NO_LEAF] == "not measured"


def test_of_stand_in_data_every_claim_is_not_measured_though_the_numbers_are_shown() -> None:
    table = generator_claims.compare([as_the_report_says()], real=False)
    assert table["verdict"].tolist() == ["not measured"] * 5
    assert table["numbers"].str.contains("sharpness").any()


def test_seeds_that_disagree_decide_nothing_and_seeds_that_agree_decide() -> None:
    sharp = as_the_report_says({"vae_small": metrics(sharpness=0.7, kl=30)})
    assert verdicts(as_the_report_says(), sharp)[BLURRED] == "cannot tell"
    assert verdicts(sharp, sharp)[BLURRED] == "no"
    assert verdicts(as_the_report_says(), as_the_report_says()) == ["yes"] * 5


def test_seeds_whose_distances_have_another_scale_are_compared_each_within_itself() -> None:
    """Each seed has its own classifier, in whose features distances are measured."""

    def scaled(by: float) -> Measured:
        names = {name: metrics(distance=100 * by, kl=25 + 5 * index) for index, name in enumerate(VAES)}
        return as_the_report_says(names | {"gan": metrics(sharpness=0.8, distance=100 * by)})

    assert verdicts(scaled(1), scaled(3)) == ["yes"] * 5


def test_numbers_come_with_intervals_sample_sizes_seeds_and_the_smallest_effect() -> None:
    table = generator_claims.compare([as_the_report_says()], real=True)
    assert "vae_small [0.196, 0.204]" in table["numbers"][BLURRED]
    assert "700 images of each kind, one seed" in table["numbers"][BLURRED]
    assert table["smallest_effect"][BLURRED] == "sharpness below 0.5 times that of held-out leaves"
    assert "vae_small 25 nats, 12 of 32 units active" in table["numbers"][DIMENSIONS]
    fewer = as_the_report_says({"vae_small": metrics() | {"images": 650}})
    joined = generator_claims.compare([as_the_report_says(), fewer], real=True)
    assert "650 to 700 images of each kind, 2 seeds" in joined["numbers"][BLURRED]
    assert (
        "512 images each, 2 seeds"
        in generator_claims.compare([as_the_report_says()] * 2, real=True)["numbers"][NO_LEAF]
    )
