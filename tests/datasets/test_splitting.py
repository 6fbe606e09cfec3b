import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab.datasets import splitting
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import Prepare
from imagelab.storage.splits import Split


@given(st.integers(2, 300), st.floats(0.05, 0.95), st.integers(0, 2**31))
def test_parts_are_disjoint_and_together_all(count: int, fraction: float, seed: int) -> None:
    if not 1 <= np.ceil(np.round(count * fraction, 9)) < count:
        return
    train, held_out = splitting.split_rows(count, fraction, seed=seed)
    assert sorted([*train, *held_out]) == list(range(count))
    assert np.all(np.diff(train) > 0)
    assert len(held_out) == np.ceil(np.round(count * fraction, 9))


def test_a_seed_gives_the_same_parts_and_another_seed_others() -> None:
    parts = [splitting.split_rows(100, 0.2, seed=seed).held_out.tolist() for seed in (1, 1, 2)]
    assert parts[0] == parts[1] != parts[2]


def test_a_fraction_that_is_a_last_bit_too_large_holds_out_no_further_row() -> None:
    assert len(splitting.split_rows(18_000, 1 - 0.7, seed=1).held_out) == 5_400
    assert len(splitting.split_rows(100, 0.07, seed=1).held_out) == 7
    assert len(splitting.split_rows(100, 0.071, seed=1).held_out) == 8


def test_a_part_that_would_lack_a_class_is_refused() -> None:
    with pytest.raises(InputError, match=r"params\.yaml: split: expected enough examples .* received 20 examples"):
        splitting.split_rows(20, 0.1, seed=1, classes=np.arange(20) % 10)


@pytest.mark.parametrize(("rare", "fraction"), [(3, 0.1), (2, 0.8)], ids=["held out", "training"])
def test_a_rare_class_is_in_both_parts_or_refused_by_name(rare: int, fraction: float) -> None:
    classes = np.repeat([0, 1, 2], [100, 100, rare])
    with pytest.raises(InputError, match=r"split: expected enough .*fraction 0\.\d \(class 2 would not be in both\)"):
        splitting.split_rows(len(classes), fraction, seed=1, classes=classes)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Rows of classes with two to twelve groups each, of one to five rows, in any order: groups, classes."""
    sizes = draw(st.lists(st.lists(st.integers(1, 5), min_size=2, max_size=12), min_size=1, max_size=5))
    rows = [(label, place) for label, own in enumerate(sizes) for place, size in enumerate(own) for _ in range(size)]
    rows = draw(st.permutations(rows))
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    return np.array([numbers[row] for row in rows]), np.array([label for label, _ in rows])


@given(grouped(), st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_a_group_is_on_one_side_and_a_class_on_both(
    rows: tuple[np.ndarray, np.ndarray], fraction: float, seed: int
) -> None:
    groups, classes = rows
    train, held_out = splitting.split_groups(groups, fraction, seed=seed, classes=classes)
    assert sorted([*train, *held_out]) == list(range(len(groups)))
    assert np.all(np.diff(train) > 0) and np.all(np.diff(held_out) > 0)
    assert not set(groups[train]) & set(groups[held_out])
    assert set(classes[train]) == set(classes[held_out]) == set(classes)
    for label in set(classes):  # the share of each class's groups is as near as whole groups allow
        own, few = (len(set(groups[part][classes[part] == label])) for part in (np.arange(len(groups)), held_out))
        assert abs(few - fraction * own) <= 1
    again = splitting.split_groups(groups, fraction, seed=seed, classes=classes)
    assert np.array_equal(again.held_out, held_out)


def test_another_seed_parts_groups_otherwise_and_the_names_of_classes_change_nothing() -> None:
    groups, classes = np.repeat(np.arange(40), 2), np.repeat([0, 1], 40)
    parts = [splitting.split_groups(groups, 0.2, seed=seed, classes=classes).held_out.tolist() for seed in (1, 2)]
    assert parts[0] != parts[1]
    named = splitting.split_groups(groups, 0.2, seed=1, classes=np.array(["Apple", "Grape"])[classes])
    assert named.held_out.tolist() == parts[0]


def test_a_group_of_two_classes_stays_together_and_counts_for_the_class_of_most_of_its_rows() -> None:
    groups = np.array([0, 0, 0, 1, 2, 3, 3, 4])
    classes = np.array([0, 0, 1, 0, 0, 1, 1, 1])
    for seed in range(20):
        train, held_out = splitting.split_groups(groups, 0.4, seed=seed, classes=classes)
        assert not set(groups[train]) & set(groups[held_out])
        assert set(classes[train]) == set(classes[held_out]) == {0, 1}


def test_a_class_of_one_group_is_refused_by_name() -> None:
    with pytest.raises(
        InputError, match=r"leaves: split: expected two groups of each class or more .*, received 1 of Grape"
    ):
        splitting.split_groups(
            np.array([0, 1, 2, 2]), 0.2, seed=1, classes=np.array(["Apple", "Apple", "Grape", "Grape"])
        )


def raw() -> dict[str, Split]:
    images = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1)
    return {
        "train": Split(images, np.repeat(np.arange(10, dtype=np.uint8), 10)),
        "test": Split(images[:5], np.arange(5, dtype=np.uint8)),
    }


def test_validation_comes_out_of_the_training_file_in_proportion_and_the_test_file_stays_whole() -> None:
    splits = splitting.split_examples(raw(), Prepare(validation_fraction=0.2, most_training_images=None), seed=1)
    assert np.bincount(splits["validation"].targets).tolist() == [2] * 10
    together = np.concatenate([splits["train"].images, splits["validation"].images]).ravel()
    assert sorted(together) == list(range(100))
    assert splits["test"].targets.tolist() == list(range(5))
    assert np.array_equal(splits["train"].targets, splits["train"].images.ravel() // 10)  # pictures keep their labels


@pytest.mark.parametrize(("most", "expected"), [(80, 80), (1000, 100), (None, 100)])
def test_fewer_training_images_can_be_asked_for(most: int | None, expected: int) -> None:
    splits = splitting.split_examples(raw(), Prepare(validation_fraction=0.2, most_training_images=most), seed=1)
    assert len(splits["train"].targets) + len(splits["validation"].targets) == expected


def test_a_class_that_fewer_training_images_would_lose_is_named() -> None:
    images = np.arange(203, dtype=np.uint8)[:, None, None]
    rare = {"train": Split(images, np.repeat(np.arange(3, dtype=np.uint8), [100, 100, 3])), "test": raw()["test"]}
    with pytest.raises(InputError, match=r"most_training_images: expected so many .* received 20, without class 2"):
        splitting.split_examples(rare, Prepare(validation_fraction=0.2, most_training_images=20), seed=1)
