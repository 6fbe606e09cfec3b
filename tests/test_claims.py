import pandas as pd
import pytest

from imagelab import claims


def metrics(**changes: float) -> dict[str, float]:
    found = {"precision_of_real": 0.9}
    for name, value in {"sharpness": 0.2, "frechet_distance": 10.0, "precision": 0.3, **changes}.items():
        found |= {name: value, f"{name}_low": value - 0.05, f"{name}_high": value + 0.05}
    return found


def progress(halfway: float, at_end: float) -> pd.DataFrame:
    return pd.DataFrame({"epoch": [1, 20, 25, 50], "frechet_distance": [90, 30, halfway, at_end]})


def as_the_report_says(
    **changes: dict[str, float],
) -> tuple[dict[str, dict[str, float]], dict[str, pd.DataFrame]]:
    """The VAEs are blurred, all alike, and soon at their best; the GAN is sharper; no picture is like a real one."""
    found = {name: metrics(**changes.get(name, {})) for name in claims.VAES}
    found["gan"] = metrics(**{"sharpness": 0.8, **changes.get("gan", {})})
    return found, {name: progress(10, 9.5) for name in (*claims.VAES, "gan")}


def holds(table: pd.DataFrame) -> list[bool]:
    return (table["holds"] == "yes").tolist()


def test_every_claim_holds_where_the_numbers_are_as_the_report_saw_them() -> None:
    assert holds(claims.compare(*as_the_report_says())) == [True] * 5


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        (0, {"vae_medium": {"sharpness": 0.99}, "gan": {"sharpness": 1.5}}),
        (1, {"vae_large": {"frechet_distance": 5.0}}),
        (3, {"gan": {"sharpness": 0.25}}),
        (4, {"gan": {"precision": 0.88}}),
    ],
)
def test_a_claim_falls_with_the_numbers_against_it(claim: int, changes: dict[str, dict[str, float]]) -> None:
    assert [index for index, held in enumerate(holds(claims.compare(*as_the_report_says(**changes)))) if not held] == [
        claim
    ]


def test_more_epochs_help_where_the_distance_falls_after_half_of_them() -> None:
    found, by_epoch = as_the_report_says()
    assert not holds(claims.compare(found, by_epoch | {"vae_small": progress(10, 8)}))[2]


def test_epochs_that_were_not_compared_are_no_evidence() -> None:
    found, by_epoch = as_the_report_says()
    table = claims.compare(found, by_epoch | {"vae_medium": progress(10, 8).tail(1)})
    assert table["holds"].tolist() == ["yes", "yes", "not measured", "yes", "yes"]


def test_the_best_of_the_larger_vaes_counts() -> None:
    found, by_epoch = as_the_report_says(vae_medium={"frechet_distance": 5.0})
    assert not holds(claims.compare(found, by_epoch))[1]


def test_numbers_come_with_their_intervals() -> None:
    table = claims.compare(*as_the_report_says()).set_index("claim")["numbers"]
    assert "vae_small 0.2 [0.15, 0.25]" in table["The VAE's images are blurred"]
    of_epochs = table["More epochs do not help (the report: 100 instead of 50)"]
    assert "vae_small 10 after 25, 9.5 after 50 epochs" in of_epochs
