from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from imagelab.leaves.evaluation.feature_metrics import compare_snapshot
from imagelab.leaves.evaluation.generator_metrics import (
    code_metrics,
    generator_metrics,
    high_frequency_energy,
    measure_progress,
    training_metrics,
)
from imagelab.leaves.evaluation.samples import SPACES, References, Samples, Snapshots
from imagelab.leaves.groups import LeafGroups
from imagelab.storage.splits import Split

RANDOM = np.random.default_rng(0)


def pictures(count: int, *, blur: int = 0) -> NDArray[np.float32]:
    """Fine noise, blurred some times."""
    images = RANDOM.random((count, 16, 16, 3), dtype=np.float32)
    for _ in range(blur):
        images = (images + np.roll(images, 1, axis=1) + np.roll(images, 1, axis=2)) / 3
    return images


def features(count: int, place: float = 0.0) -> dict[str, NDArray[np.float64]]:
    return {space: RANDOM.normal(place, 1, (count, 4)) for space in SPACES}


def real(count: int = 200) -> dict[str, References]:
    return {space: References(*(RANDOM.normal(place, 1, (count, 4)) for place in (0, 0, 9))) for space in SPACES}


def labelled(images: NDArray[np.float32]) -> Split:
    return Split(images, np.arange(len(images)) % 2)


def measure(
    generated: NDArray[np.float32], held_out: NDArray[np.float32] | None = None, classes: NDArray[Any] | None = None
) -> dict[str, Any]:
    unseen = pictures(200) if held_out is None else held_out
    samples = Samples(generated, classes, features(len(generated)))
    groups = LeafGroups(np.arange(len(unseen)), np.arange(len(real()["random"].training)))
    return generator_metrics(samples, real(), labelled(pictures(100)), labelled(unseen), groups, seed=1)


def test_each_space_has_its_measures_and_the_number_of_pictures_stands_beside_them() -> None:
    found = measure(pictures(400))
    assert found["images"] == 200
    for space in SPACES:
        assert found[space]["images"] == 200
        assert found[space]["precision"] > 0.7
    assert found["classifier"] != found["random"]


def test_sharpness_is_that_of_held_out_pictures() -> None:
    found = measure(pictures(400))
    assert found["sharpness"] == pytest.approx(1, abs=0.1)
    assert found["sharpness_low"] < found["sharpness"] < found["sharpness_high"]
    blurred, more = (measure(pictures(300, blur=times))["sharpness"] for times in (1, 2))
    assert more < blurred < 0.7
    assert measure(pictures(300, blur=1), pictures(200, blur=1))["sharpness"] == pytest.approx(1, abs=0.1)


def test_an_interval_allows_for_the_choice_of_real_pictures_too() -> None:
    held_out = pictures(200)
    found = measure(pictures(5000), held_out)
    energy = high_frequency_energy(held_out)
    assert found["sharpness_high"] - found["sharpness_low"] > 3 * energy.std() / np.sqrt(200) / energy.mean()


def test_pictures_that_are_all_alike_have_no_spread() -> None:
    found = measure(np.repeat(pictures(1), 300, axis=0))
    assert found["pixel_standard_deviation"] < 1e-6 < found["pixel_standard_deviation_real"]


def test_the_spread_within_classes_is_measured_where_pictures_were_drawn_for_a_class() -> None:
    images, classes = pictures(300), np.arange(300) % 2
    assert "smallest_class_spread" not in measure(images)
    assert measure(images, classes=classes)["smallest_class_spread"] == pytest.approx(1, abs=0.1)
    images[classes == 1] = images[1]
    assert measure(images, classes=classes)["smallest_class_spread"] < 1e-4


def test_the_last_epoch_of_a_training_is_among_the_metrics() -> None:
    history = pd.DataFrame({"epoch": [1, 2], "loss": [3.0, 2.5], "kl": [0.0, 0.5]})
    assert training_metrics(history) == {"last_loss": 2.5, "last_kl": 0.5}


def test_only_frequencies_above_half_of_the_highest_count() -> None:
    def stripes(period: int) -> NDArray[np.float64]:
        return np.broadcast_to(np.cos(2 * np.pi * np.arange(16) / period)[None, None, :, None], (1, 16, 16, 3))

    assert high_frequency_energy(stripes(2)) > 0.1
    assert high_frequency_energy(stripes(8)) == pytest.approx(0, abs=1e-12)


def test_progress_is_measured_epoch_by_epoch_in_each_space() -> None:
    drawn = [pictures(100, blur=2), pictures(100)]
    snapshots = np.stack([np.round(one * 255).astype(np.uint8) for one in drawn])
    seen = {space: np.stack([features(100, 4.0)[space], features(100)[space]]) for space in SPACES}
    known = real()
    groups = LeafGroups(np.arange(200), np.arange(len(known["random"].training)))
    table = measure_progress(Snapshots(np.array([1, 5]), snapshots, seen), known, pictures(200), groups, seed=1)
    assert table["epoch"].tolist() == [1, 5]
    assert table["sharpness"].iloc[0] < 0.7 < table["sharpness"].iloc[1]
    for space in SPACES:
        before, after = table[f"{space}_frechet_distance"]
        assert before > 30 > 2 > after
        expected = compare_snapshot(seen[space][1], known[space], groups, seed=1)
        assert table["images"].iloc[1] == expected.pop("images") == 100
        assert {name: table[f"{space}_{name}"].iloc[1] for name in expected} == expected


def test_a_code_that_says_nothing_has_no_nats_and_no_active_units() -> None:
    nothing = code_metrics(np.zeros((50, 16)))
    assert nothing == {"latent_dimension": 8, "kl_nats": 0.0, "active_units": 0}


def test_the_divergence_of_a_code_is_that_of_normal_distributions() -> None:
    """Each dimension: mean 3 or -3, variance e^-2."""
    mean = np.where(np.arange(40)[:, None] % 2, 3.0, -3.0) * np.array([1, 1, 0])
    statistics = np.concatenate([mean, np.broadcast_to([-2.0, -2.0, 0.0], (40, 3))], axis=1)
    found = code_metrics(statistics.astype(np.float32))
    assert found["kl_nats"] == pytest.approx(2 * 0.5 * (9 + np.exp(-2) - 1 + 2), rel=1e-6)
    assert found["active_units"] == 2


def test_a_unit_is_active_above_a_variance_of_a_hundredth() -> None:
    means = np.array([[0.11, 0.09], [-0.11, -0.09]])  # variances 0.0121 and 0.0081
    assert code_metrics(np.concatenate([means, np.zeros((2, 2))], axis=1))["active_units"] == 1
