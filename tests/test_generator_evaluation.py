import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from imagelab.errors import InputError
from imagelab.generator_evaluation import (
    Pictures,
    among,
    frechet_distance,
    generator_metrics,
    high_frequency_energy,
    measure_progress,
    signs_of_collapse,
    smallest_class_spread,
)

RANDOM = np.random.default_rng(0)


def pictures(count: int, *, place: float = 0.0, spread: float = 1.0, blur: int = 0) -> Pictures:
    """Fine noise as pictures; features around a place."""
    images = RANDOM.random((count, 16, 16, 3), dtype=np.float32)
    for _ in range(blur):
        images = (images + np.roll(images, 1, axis=1) + np.roll(images, 1, axis=2)) / 3
    return Pictures(images, RANDOM.normal(place, spread, (count, 4)))


def measure(generated: Pictures, training: Pictures | None = None) -> dict[str, float]:
    noise = RANDOM.normal(9, 1, (400, 4))
    return generator_metrics(generated, training or pictures(600), pictures(200), noise, seed=1)


def test_the_frechet_distance_of_two_normals_is_that_of_the_formula() -> None:
    first = RANDOM.normal(0, 1, (200_000, 2))
    second = RANDOM.normal([3, 0], [1, 2], (200_000, 2))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, second) == pytest.approx(3**2 + (2 - 1) ** 2, rel=0.02)


def test_the_frechet_distance_is_that_of_the_matrix_root() -> None:
    from scipy.linalg import sqrtm

    first, second = (RANDOM.normal(size=(50, 5)) @ RANDOM.normal(size=(5, 5)) for _ in range(2))
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    expected = np.square(first.mean(axis=0) - second.mean(axis=0)).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(first, second) == pytest.approx(expected)


def test_a_perfect_generator_reaches_the_floor_and_noise_the_ceiling() -> None:
    metrics = measure(pictures(400))
    assert metrics["frechet_distance"] < 0.1
    assert metrics["frechet_distance_floor"] < 0.1
    assert metrics["frechet_distance_ceiling"] > 100
    assert metrics["frechet_distance_images"] == 300  # a half of 600
    assert metrics["precision"] > 0.8
    assert metrics["recall"] > 0.8
    assert metrics["sharpness"] == pytest.approx(1, abs=0.1)
    assert metrics["copying"] == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("name", ["frechet_distance", "precision", "recall", "sharpness", "copying"])
def test_each_measure_has_its_sample_size_and_an_interval_around_it(name: str) -> None:
    metrics = measure(pictures(400, place=1.0))
    assert metrics[f"{name}_images"] in (300, 400)
    assert metrics[f"{name}_low"] < metrics[f"{name}_high"]
    assert metrics[f"{name}_low"] <= metrics[name] <= metrics[f"{name}_high"]


def test_intervals_shrink_with_the_sample() -> None:
    few, many = (measure(pictures(count, place=1.0), pictures(4 * count)) for count in (100, 800))
    for name in ("frechet_distance", "sharpness"):
        assert many[f"{name}_high"] - many[f"{name}_low"] < few[f"{name}_high"] - few[f"{name}_low"]


def test_a_generator_of_one_picture_is_precise_and_recalls_nothing() -> None:
    one = pictures(1, spread=0.1)
    metrics = measure(Pictures(np.repeat(one.images, 300, axis=0), np.repeat(one.features, 300, axis=0)))
    assert metrics["precision"] == 1
    assert metrics["recall"] == 0
    assert metrics["pixel_standard_deviation"] < 1e-6 < metrics["pixel_standard_deviation_real"]


def test_a_generator_of_everything_recalls_all_and_is_not_precise() -> None:
    metrics = measure(pictures(300, spread=8.0))
    assert metrics["recall"] > 0.9
    assert metrics["precision"] < 0.5


def test_copies_of_training_pictures_are_found_out() -> None:
    training = pictures(600)
    assert measure(Pictures(*(part[:300] for part in training)), training)["copying"] == 0


def test_blurred_pictures_are_not_sharp() -> None:
    blurred, more = (measure(pictures(300, blur=times))["sharpness"] for times in (1, 2))
    assert more < blurred < 0.7


def test_only_frequencies_above_half_of_the_highest_count() -> None:
    def stripes(period: int) -> NDArray[np.float64]:
        return np.broadcast_to(np.cos(2 * np.pi * np.arange(16) / period)[None, None, :, None], (1, 16, 16, 3))

    assert high_frequency_energy(stripes(2)) > 0.1
    assert high_frequency_energy(stripes(8)) == pytest.approx(0, abs=1e-12)


def test_what_lies_as_near_as_the_third_neighbour_is_among_them() -> None:
    line = np.array([[0.0], [1.0], [2.0], [3.0]])  # the third neighbour of 0 is 3 away, that of 1 is 2 away
    assert among(np.array([[-3.0], [-3.1], [5.0], [6.1]]), line).tolist() == [True, False, True, False]


def test_progress_is_measured_epoch_by_epoch() -> None:
    training, drawn = pictures(600), [pictures(100, place=4.0, blur=2), pictures(100)]
    snapshots = np.stack([np.round(one.images * 255).astype(np.uint8) for one in drawn])
    features = np.stack([one.features for one in drawn])
    table = measure_progress(snapshots, features, np.array([1, 5]), training, seed=1)
    assert table["epoch"].tolist() == [1, 5]
    assert table["frechet_distance"].iloc[0] > 30 > 2 > table["frechet_distance"].iloc[1]
    assert table["sharpness"].iloc[0] < 0.7 < table["sharpness"].iloc[1]


def accuracies(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"accuracy_on_real": values, "accuracy_on_generated": values})


def test_a_healthy_generator_shows_no_sign_of_collapse() -> None:
    metrics = measure(pictures(300))
    assert signs_of_collapse(metrics, pd.DataFrame({"loss": [1.0]})) == []
    assert signs_of_collapse(metrics, accuracies(0.7, 1, 1)) == []
    assert signs_of_collapse(metrics, accuracies(1, 1, 1, 0.9)) == []


def test_a_discriminator_that_is_always_right_is_a_sign_of_collapse() -> None:
    (sign,) = signs_of_collapse(measure(pictures(300)), accuracies(0.7, 1, 0.999, 1))
    assert "the discriminator was right in over 99.5% in the last 3 epochs" in sign


def test_pictures_that_are_all_alike_are_a_sign_of_collapse() -> None:
    metrics = measure(pictures(300)) | {"pixel_standard_deviation": 0.001}
    (sign,) = signs_of_collapse(metrics, pd.DataFrame({"loss": [1.0]}))
    assert "nearly alike" in sign


def test_one_picture_a_class_is_a_sign_of_collapse() -> None:
    labels = np.arange(300) % 3
    real = pictures(300).images
    means = np.stack([real[labels == label].mean(axis=0) + label / 4 for label in range(3)])
    assert smallest_class_spread(real[::-1], labels, real, labels) == pytest.approx(1, abs=0.05)
    collapsed = np.where((labels == 1)[:, None, None, None], means[labels], real)
    spread = smallest_class_spread(collapsed, labels, real, labels)
    assert spread == pytest.approx(0, abs=1e-4)
    metrics = measure(pictures(300)) | {"smallest_class_spread": spread}
    (sign,) = signs_of_collapse(metrics, pd.DataFrame({"loss": [1.0]}))
    assert "of a class are nearly alike" in sign
    assert smallest_class_spread(real[:3], labels[:3], real, labels) == 1.0  # a picture each says nothing


def test_an_interval_allows_for_the_choice_of_real_pictures_too() -> None:
    training = pictures(600)
    metrics = measure(pictures(5000, place=1.0), training)
    width = metrics["sharpness_high"] - metrics["sharpness_low"]
    energy = high_frequency_energy(training.images)
    assert width > 3 * energy.std() / np.sqrt(len(energy)) / energy.mean()  # of 3.9, were all of it theirs


def test_an_interval_of_a_share_stays_between_0_and_1() -> None:
    metrics = measure(pictures(400, place=2.5))
    for name in ("precision", "recall"):
        assert 0 <= metrics[f"{name}_low"] <= metrics[name] <= metrics[f"{name}_high"] <= 1


def test_numbers_that_are_none_and_too_few_pictures_are_refused() -> None:
    broken = pictures(300)
    broken.images[7, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="expected finite numbers"):
        measure(broken)
    with pytest.raises(InputError, match="expected more than 3"):
        measure(pictures(300), pictures(7))


def test_the_other_half_of_the_real_pictures_is_the_yardstick() -> None:
    """Sorted by class, as the leaves are: the halves must be mixed."""
    classes = [pictures(200, place=place) for place in (0.0, 50.0, 100.0)]
    training = Pictures(*(np.concatenate(parts) for parts in zip(*classes, strict=True)))
    metrics = measure(pictures(300), training)
    assert metrics["precision_of_real"] > 0.8
    assert metrics["recall_of_real"] > 0.8
    assert metrics["recall"] < 0.5
