import numpy as np
import pytest
from numpy.typing import NDArray

from imagelab.leaves.evaluation.feature_metrics import (
    compare,
    compare_snapshot,
    distance_ratio,
    equal_samples,
    frechet_distance,
    frechet_distance_with_interval,
    neighbourhoods,
)
from imagelab.leaves.evaluation.samples import References
from imagelab.leaves.groups import LeafGroups
from imagelab.runtime.errors import InputError

RANDOM = np.random.default_rng(0)
MEASURES = ["frechet_distance", "precision", "recall", "density", "coverage", "copying"]


def points(count: int, *, place: float = 0.0, spread: float = 1.0) -> NDArray[np.float64]:
    return RANDOM.normal(place, spread, (count, 4))


def real(held_out: int = 300, training: int = 900, noise: int = 400) -> References:
    return References(points(held_out), points(training), points(noise, place=9))


def alone(known: References) -> LeafGroups:
    """No two belong together."""
    return LeafGroups(np.arange(len(known.held_out)), np.arange(len(known.training)))


def measure(generated: NDArray[np.float64], known: References, groups: LeafGroups | None = None) -> dict[str, float]:
    return compare(generated, known, alone(known) if groups is None else groups, seed=1)


def test_the_frechet_distance_of_two_normals_is_that_of_the_formula() -> None:
    first = RANDOM.normal(0, 1, (200_000, 2))
    second = RANDOM.normal([3, 0], [1, 2], (200_000, 2))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, second) == pytest.approx(3**2 + (2 - 1) ** 2, rel=0.02)


@pytest.mark.parametrize("count", [50, 4])  # four points in five dimensions have a singular covariance
def test_the_frechet_distance_is_that_of_the_matrix_root(count: int) -> None:
    from scipy.linalg import sqrtm

    first, second = (RANDOM.normal(size=(count, 5)) @ RANDOM.normal(size=(5, 5)) for _ in range(2))
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = sqrtm((a + 1e-12 * np.eye(5)) @ (b + 1e-12 * np.eye(5))).real
    expected = np.square(first.mean(axis=0) - second.mean(axis=0)).sum() + np.trace(a + b - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-3)


def test_a_perfect_generator_measures_as_training_pictures_do_and_noise_does_not() -> None:
    found = measure(points(400), real())
    assert found["images"] == 300
    assert found["frechet_distance"] < 0.2 > found["frechet_distance_of_training"]
    assert found["frechet_distance_of_noise"] > 100
    for name in ("precision", "recall", "density", "coverage"):
        assert found[name] == pytest.approx(found[f"{name}_of_training"], abs=0.15)
        assert found[name] > 0.75
    assert found["copying"] == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_lies_in_its_interval(name: str) -> None:
    found = measure(points(400, place=1.0), real())
    assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    assert found[f"{name}_low"] < found[f"{name}_high"]


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_interval_of_the_distance_holds_the_true_one_and_its_own_estimate(shift: float) -> None:
    """91 pictures in 32 features, as in the default profile. Uncorrected, equal distributions are at 6.5."""
    held = 0
    for _ in range(20):
        first, second = RANDOM.normal(size=(91, 32)), RANDOM.normal(shift, 1, (91, 32))
        found = frechet_distance_with_interval("d", first, second, (len(first), np.arange(len(second))), seed=1)
        assert 0 <= found["d_low"] <= found["d"] <= found["d_high"]
        assert found["d"] < frechet_distance(first, second)
        held += found["d_low"] <= 32 * shift**2 <= found["d_high"]
    assert held >= 17


def test_intervals_shrink_with_the_sample() -> None:
    few, many = (measure(points(count, place=1.0), real(count, count, count)) for count in (60, 600))
    for name in MEASURES:
        assert many[f"{name}_high"] - many[f"{name}_low"] < few[f"{name}_high"] - few[f"{name}_low"]


def test_a_generator_of_one_picture_is_precise_and_covers_nothing() -> None:
    found = measure(np.repeat(points(1, spread=0.1), 300, axis=0), real())
    assert found["precision"] == 1
    assert found["recall"] == found["recall_low"] == 0 < found["recall_high"] < 0.02
    assert found["coverage"] < 0.1


def test_a_generator_of_everything_recalls_all_and_is_not_dense() -> None:
    found = measure(points(300, spread=8.0), real())
    assert found["recall"] > 0.9
    assert found["precision"] < 0.5
    assert found["density"] < 0.2


def test_an_outlier_among_the_real_pictures_raises_precision_more_than_density() -> None:
    """The case of Naeem et al., figure 3: the neighbourhood of an outlier is wide."""
    held_out = points(300)
    held_out[0] = 40
    generated = np.concatenate([points(150), points(150, place=25)])
    found = neighbourhoods(generated, held_out)
    assert found.precision[150:].all()
    assert found.density[150:].max() <= 0.2  # one neighbourhood of five
    assert found.density[:150].mean() == pytest.approx(1, abs=0.3)


def test_the_neighbourhood_reaches_as_far_as_the_third_or_the_fifth_neighbour() -> None:
    line = np.arange(6.0)[:, None]  # from 0 the third neighbour is 3 away and the fifth 5; from 2 they are 2 and 3 away
    others = np.array([[-3.0], [-3.1], [-5.0], [-5.1], [8.0], [8.1]])
    found = neighbourhoods(others, line)
    assert found.precision.tolist() == [True, False, False, False, True, False]
    assert found.density.tolist() == [0.4, 0.2, 0.2, 0.0, 0.4, 0.2]
    assert found.coverage.tolist() == [True, True, False, False, True, True]


def test_copies_of_training_pictures_are_found_out() -> None:
    known = real()
    assert measure(known.training[:300], known)["copying"] == 0


def test_all_held_out_pictures_are_compared_with_as_many_of_each_other_kind() -> None:
    known = real(held_out=120)
    drawn = equal_samples(points(500), known, alone(known), seed=1)
    assert [len(part) for part in (*drawn[:-1], *drawn.groups)] == [120] * 6
    assert np.array_equal(drawn.held_out, known.held_out)
    fewer = equal_samples(points(50), known, alone(known), seed=1)
    assert [len(part) for part in (*fewer[:-1], *fewer.groups)] == [50] * 6
    assert len(np.unique(fewer.held_out[:, 0])) == 50
    for part in ("held_out", "training"):  # numbered by row: each has its own group
        assert np.array_equal(getattr(fewer, part), getattr(known, part)[getattr(fewer.groups, part)])


def test_pictures_of_another_order_are_mixed_before_some_are_taken() -> None:
    """Leaves are sorted by class: the first training leaves would all be of one."""
    held_out, training = (
        np.concatenate([points(count, place=place) for place in (0.0, 50.0, 100.0)]) for count in (40, 200)
    )
    found = measure(points(120), References(held_out, training, points(120)))
    assert found["precision_of_training"] > 0.7
    assert found["recall"] < 0.5


def test_a_snapshot_is_measured_as_the_final_pictures_are() -> None:
    known, drawn = real(), points(400, place=1.0)
    found, snapshot = measure(drawn, known), compare_snapshot(drawn, known, alone(known), seed=1)
    assert snapshot == {name: found[name] for name in snapshot}
    assert {"frechet_distance_low", "precision_high", "coverage"} <= set(snapshot)


def test_numbers_that_are_none_and_too_few_pictures_are_refused() -> None:
    broken = points(300)
    broken[7, 0] = np.nan
    with pytest.raises(InputError, match="expected finite numbers"):
        measure(broken, real())
    with pytest.raises(InputError, match="expected more than 5 of each kind, received 5"):
        measure(points(300), real(held_out=5))


def test_intervals_are_wider_where_real_pictures_are_copies_of_one_another() -> None:
    """30 leaves, each photographed ten times."""
    known = real()._replace(held_out=np.repeat(points(30), 10, axis=0) + points(300, spread=0.01))
    generated = points(400, place=1.0)
    together = alone(known)._replace(held_out=np.repeat(np.arange(30), 10))
    single, grouped = measure(generated, known), measure(generated, known, together)
    for name in ("frechet_distance", "copying"):
        assert grouped[f"{name}_high"] - grouped[f"{name}_low"] > 1.5 * (single[f"{name}_high"] - single[f"{name}_low"])
    assert grouped["recall_high"] - grouped["recall_low"] > 2 * (single["recall_high"] - single["recall_low"])
    assert grouped["precision_high"] == single["precision_high"]  # of generated pictures, which have no groups
    assert grouped["frechet_distance"] == pytest.approx(single["frechet_distance"], rel=0.05)


def test_intervals_of_training_pictures_are_wider_where_these_are_copies_of_one_another() -> None:
    known = real()._replace(training=np.repeat(points(30), 10, axis=0) + points(300, spread=0.01))
    generated = points(400, place=1.0)
    together = alone(known)._replace(training=np.repeat(np.arange(30), 10))
    single, grouped = measure(generated, known), measure(generated, known, together)
    for name in ("frechet_distance", "precision", "density"):
        low, high = f"{name}_of_training_low", f"{name}_of_training_high"
        assert grouped[high] - grouped[low] > 1.5 * (single[high] - single[low])
    for name in MEASURES:  # those of the generated pictures do not change
        assert all(grouped[f"{name}{end}"] == single[f"{name}{end}"] for end in ("", "_low", "_high"))


def test_the_ratio_of_two_distances_is_surer_than_the_distances() -> None:
    """The held-out pictures are the same for both."""
    held_out, first, second = points(200), points(600, place=1.0), points(600, place=2.0)
    found = distance_ratio(first, second, held_out, np.arange(200), paired=False, seed=1)
    assert found["ratio_low"] < 4 / 16 < found["ratio_high"]
    samples = (600, np.arange(200))
    apart = [frechet_distance_with_interval("d", one, held_out, samples, seed=1) for one in (first, second)]
    widest = apart[0]["d_high"] / apart[1]["d_low"] - apart[0]["d_low"] / apart[1]["d_high"]
    assert found["ratio_high"] - found["ratio_low"] < 0.7 * widest


def test_small_distances_are_not_drawn_together_by_their_bias() -> None:
    """40 pictures in four features: uncorrected, distances of 0.5 and 1 would be at 0.8 and 1.3."""
    found = [
        distance_ratio(
            points(40, place=np.sqrt(0.125)), points(40, place=0.5), points(40), np.arange(40), paired=False, seed=1
        )["ratio"]
        for _ in range(20)
    ]
    assert np.median(found) == pytest.approx(0.5, abs=0.15)


def test_the_ratio_of_two_sets_from_the_same_latent_vectors_is_surer_still() -> None:
    held_out, first = points(400), points(100, place=1.0)
    second = first + 1
    single, paired = (
        distance_ratio(first, second, held_out, np.arange(400), paired=paired, seed=1) for paired in (False, True)
    )
    assert paired["ratio_high"] - paired["ratio_low"] < 0.8 * (single["ratio_high"] - single["ratio_low"])


@pytest.mark.parametrize("part", ["held_out", "training"])
def test_groups_of_other_pictures_are_refused(part: str) -> None:
    known = real()
    others = alone(known)._replace(**{part: np.arange(7)})
    with pytest.raises(InputError, match=f"{part}: groups: expected one for each of [39]00 pictures, received 7"):
        measure(points(300), known, others)


@pytest.mark.parametrize(("part", "shown"), [("held_out", "held-out"), ("training", "training")])
def test_pictures_of_one_group_say_nothing_of_chance(part: str, shown: str) -> None:
    known = real()
    one_group = alone(known)._replace(**{part: np.zeros(len(getattr(known, part)), int)})
    with pytest.raises(InputError, match=f"{shown}: pictures: expected two groups or more, received one"):
        measure(points(300), known, one_group)
