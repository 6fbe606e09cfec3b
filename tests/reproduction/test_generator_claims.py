from typing import Any

import pandas as pd
import pytest

from imagelab.leaves.evaluation.samples import SPACES
from imagelab.reproduction import generator_claims, published
from imagelab.reproduction.measured_generators import GAN, Measured
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import VAES

BLURRED, DIMENSIONS, EPOCHS, SHARPER, NO_LEAF = range(5)
SNAPSHOTS = (1, 20, 50, 75, 100)


def interval(name: str, value: float, width: float) -> dict[str, float]:
    return {name: value, f"{name}_low": value * (1 - width), f"{name}_high": value * (1 + width)}


def metrics(*, sharpness: float = 0.2, width: float = 0.02, kl: float = 25.0) -> dict[str, Any]:
    code = {"kl_nats": kl, "active_units": 12, "latent_dimension": 32}
    return {"images": 700, **interval("sharpness", sharpness, width), **code}


def progress(
    *,
    precisions: tuple[float, ...] = (0.2,) * 5,
    coverage: float = 0.5,
    sharpness: tuple[float, ...] = (0.2,) * 5,
    width: float = 0.01,
) -> pd.DataFrame:
    rows = []
    for epoch, precision, sharp in zip(SNAPSHOTS, precisions, sharpness, strict=True):
        row: dict[str, float] = {"epoch": epoch, "images": 512, **interval("sharpness", sharp, width)}
        measured = interval("precision", precision, width) | interval("precision_of_training", 0.9, width)
        measured |= interval("coverage", coverage, width) | interval("coverage_of_training", 0.9, width)
        for space in SPACES:
            row |= {f"{space}_{name}": value for name, value in measured.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def of_gan(*, precisions: tuple[float, ...] = (0.2,) * 5, **values: Any) -> pd.DataFrame:
    return progress(precisions=precisions, sharpness=(0.8,) * 5, **values)


def ratios(
    *, epochs: tuple[str, ...] = VAES, width: float = 0.05, images: int = 700, **values: float | dict[str, float]
) -> pd.DataFrame:
    """All distances alike, but for those named: ``vae_large`` (over the small one), ``vae_small_epochs`` and so on."""
    rows: list[dict[str, Any]] = []
    pairs = [(name, None, VAES[0], None) for name in VAES[1:]] + [(name, 100, name, 50) for name in epochs]
    for name, epoch, over, earlier in pairs:
        for space in SPACES:
            value = values.get(name if epoch is None else f"{name}_epochs", 1.0)
            found = interval("ratio", value[space] if isinstance(value, dict) else value, width)
            which = {"compared": name, "generator": name, "epoch": epoch, "over_generator": over, "over_epoch": earlier}
            rows.append({**which, "space": space, "images": images, **found})
    return pd.DataFrame(rows).astype({"epoch": float, "over_epoch": float})


def as_the_report_says(
    measured: dict[str, dict[str, Any]] | None = None,
    by_epoch: dict[str, pd.DataFrame] | None = None,
    compared: pd.DataFrame | None = None,
) -> Measured:
    """The VAEs are blurred, all alike, and soon at their best; the GAN is sharper; no picture is like a real one."""
    names = (*VAES, GAN)
    return Measured(
        {name: metrics() for name in names} | (measured or {}),
        {name: progress() for name in VAES} | {GAN: of_gan()} | (by_epoch or {}),
        ratios() if compared is None else compared,
    )


def verdicts(*runs: Measured, real: bool = True) -> list[str]:
    return generator_claims.compare(runs, real=real)["verdict"].tolist()


def test_every_claim_holds_where_the_numbers_are_as_the_report_saw_them() -> None:
    assert verdicts(as_the_report_says()) == ["yes"] * 5


LEAVES = {"precisions": (0.1, 0.3, 0.6, 0.7, 0.8)}


@pytest.mark.parametrize(
    ("claim", "run"),
    [
        (BLURRED, as_the_report_says({"vae_medium": metrics(sharpness=0.7)})),
        (DIMENSIONS, as_the_report_says(compared=ratios(vae_large=0.5))),
        (EPOCHS, as_the_report_says(compared=ratios(vae_small_epochs=0.5))),
        (SHARPER, as_the_report_says(by_epoch={"gan": progress(sharpness=(0.1,) * 5)})),
        (NO_LEAF, as_the_report_says(by_epoch={"gan": of_gan(**LEAVES)})),
    ],
)
def test_a_claim_falls_with_the_numbers_against_it_and_no_other_does(claim: int, run: Measured) -> None:
    assert [index for index, verdict in enumerate(verdicts(run)) if verdict == "no"] == [claim]
    assert verdicts(run).count("yes") == 4


@pytest.mark.parametrize(
    ("claim", "run"),
    [
        (BLURRED, as_the_report_says({"vae_medium": metrics(sharpness=0.49, width=0.03)})),
        (DIMENSIONS, as_the_report_says(compared=ratios(vae_large=0.92))),
        (EPOCHS, as_the_report_says(compared=ratios(vae_small_epochs=0.92))),
        (SHARPER, as_the_report_says(by_epoch={"gan": progress(sharpness=(0.22,) * 5)})),
        (NO_LEAF, as_the_report_says(by_epoch={"gan": of_gan(precisions=(0.45,) * 5)})),
    ],
)
def test_nobody_can_tell_where_the_interval_holds_the_smallest_effect(claim: int, run: Measured) -> None:
    assert [index for index, verdict in enumerate(verdicts(run)) if verdict == "cannot tell"] == [claim]


def test_the_claims_are_the_sentences_of_the_published_facts() -> None:
    found = generator_claims.compare([as_the_report_says()], real=True)["claim"].tolist()
    assert found == [text for path, text in published.claims().items() if path.startswith("claims.leaves.")]


def test_a_gan_at_87_hundredths_of_the_real_sharpness_is_not_blurred() -> None:
    run = as_the_report_says({name: metrics(sharpness=0.87) for name in VAES})
    assert verdicts(run)[BLURRED] == "no"


def test_what_the_codes_hold_is_shown_beside_the_distances_and_decides_nothing() -> None:
    """25 nats at 32, 64 and 128 dimensions: the further ones are not used, and do not help."""
    more = as_the_report_says({"vae_large": metrics(kl=40.0)})
    assert verdicts(more)[DIMENSIONS] == verdicts(as_the_report_says())[DIMENSIONS] == "yes"
    numbers = generator_claims.compare([more], real=True)["numbers"][DIMENSIONS]
    assert "vae_small 25 nats, 12 of 32 units active; vae_medium 25 nats" in numbers
    assert "vae_large 40 nats" in numbers


def test_spaces_of_features_that_disagree_about_a_generator_decide_nothing_of_it() -> None:
    one = as_the_report_says(compared=ratios(vae_large={"classifier": 0.5, "random": 1.0}))
    assert verdicts(one)[DIMENSIONS] == "cannot tell"
    each = ratios(vae_medium={"classifier": 0.5, "random": 1.0}, vae_large={"classifier": 1.0, "random": 0.5})
    assert verdicts(as_the_report_says(compared=each))[DIMENSIONS] == "cannot tell"  # although both spaces have a "no"
    agreed = ratios(vae_medium={"classifier": 0.5, "random": 1.0}, vae_large=0.5)
    assert verdicts(as_the_report_says(compared=agreed))[DIMENSIONS] == "no"


def test_more_epochs_are_judged_by_50_and_100_of_the_same_training_only() -> None:
    found = generator_claims.compare([as_the_report_says(compared=ratios(epochs=()))], real=True).iloc[EPOCHS]
    assert found["verdict"] == "not measured"
    assert found["numbers"] == "no VAE was measured after 50 and 100 epochs"
    one_is_enough = as_the_report_says(compared=ratios(epochs=("vae_large",)))
    assert verdicts(one_is_enough)[EPOCHS] == "yes"


def test_a_gan_that_swings_from_snapshot_to_snapshot_is_not_judged_by_its_last_one() -> None:
    """The report's GAN had precisions of 0.61, 0.72 and 0.27 after 30, 40 and 50 epochs."""
    run = as_the_report_says(by_epoch={"gan": of_gan(precisions=(0.0, 0.5, 0.61, 0.72, 0.27))})
    assert verdicts(run)[NO_LEAF] == "cannot tell"


def test_a_snapshot_of_noise_does_not_make_a_gan_sharper() -> None:
    run = as_the_report_says(by_epoch={"gan": progress(sharpness=(0.1, 0.1, 0.1, 0.9, 0.1))})
    assert verdicts(run)[SHARPER] == "cannot tell"


@pytest.mark.parametrize("lacking", [{"coverage": 0.01}, {"sharpness": (0.1,) * 5}, {"sharpness": (3.0,) * 5}])
def test_precise_pictures_that_are_all_alike_or_blurred_or_noisy_are_no_leaves(lacking: dict[str, Any]) -> None:
    """A GAN of one epoch that drew one average leaf had a precision of 1."""
    precise = progress(**{"precisions": (0.9,) * 5, "sharpness": (0.8,) * 5} | lacking)
    assert verdicts(as_the_report_says(by_epoch={"gan": precise}))[NO_LEAF] == "yes"


def test_one_or_two_snapshots_decide_nothing_about_looks() -> None:
    few = of_gan().query("epoch in (1, 50, 100)")
    found = verdicts(as_the_report_says(by_epoch={"gan": few}))
    assert found[SHARPER] == found[NO_LEAF] == "not measured"


def test_of_stand_in_data_every_claim_is_not_measured_though_the_numbers_are_shown() -> None:
    table = generator_claims.compare([as_the_report_says()], real=False)
    assert table["verdict"].tolist() == ["not measured"] * 5
    assert table["numbers"].str.contains("sharpness").any()


def test_seeds_that_disagree_decide_nothing_and_seeds_that_agree_decide() -> None:
    sharp = as_the_report_says({"vae_small": metrics(sharpness=0.7)})
    assert verdicts(as_the_report_says(), sharp)[BLURRED] == "cannot tell"
    assert verdicts(sharp, sharp)[BLURRED] == "no"
    assert verdicts(as_the_report_says(), as_the_report_says()) == ["yes"] * 5


def test_ratios_of_several_seeds_must_all_lie_on_one_side() -> None:
    helps = as_the_report_says(compared=ratios(vae_large=0.5, vae_small_epochs=0.5))
    joined = verdicts(as_the_report_says(), helps)
    assert joined[DIMENSIONS] == joined[EPOCHS] == "cannot tell"
    assert verdicts(helps, helps)[DIMENSIONS] == "no"


def test_numbers_come_with_intervals_sample_sizes_seeds_and_the_smallest_effect() -> None:
    table = generator_claims.compare([as_the_report_says()], real=True)
    assert "vae_small [0.196, 0.204]" in table["numbers"][BLURRED]
    assert "700 images of each kind, one seed" in table["numbers"][BLURRED]
    assert table["smallest_effect"][BLURRED] == "sharpness below 0.5 times that of held-out leaves"
    fewer = as_the_report_says({"vae_small": metrics() | {"images": 650}})
    joined = generator_claims.compare([as_the_report_says(), fewer], real=True)
    assert "650 to 700 images of each kind, 2 seeds" in joined["numbers"][BLURRED]
    assert (
        "512 images each, 2 seeds"
        in generator_claims.compare([as_the_report_says()] * 2, real=True)["numbers"][NO_LEAF]
    )


def test_ratios_that_lack_a_pair_of_generators_are_refused() -> None:
    fewer = ratios().query("generator != 'vae_large' or epoch == 100")
    with pytest.raises(InputError, match=r"ratios\.csv: table: expected one row of two generators in classifier"):
        verdicts(as_the_report_says(compared=fewer))
