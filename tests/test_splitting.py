import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab import splitting
from imagelab.errors import InputError
from imagelab.params import Prepare
from imagelab.raw_formats import Examples


@given(st.integers(2, 300), st.floats(0.05, 0.95), st.integers(0, 2**31))
def test_parts_are_disjoint_and_together_all(count: int, fraction: float, seed: int) -> None:
    if not 1 <= np.ceil(count * fraction) < count:
        return
    first, second = splitting.part(count, fraction, seed=seed)
    assert sorted([*first, *second]) == list(range(count))
    assert np.all(np.diff(first) > 0)
    assert len(second) == np.ceil(np.round(count * fraction, 9))


def test_a_seed_gives_the_same_parts_and_another_seed_others() -> None:
    parts = [splitting.part(100, 0.2, seed=seed).second.tolist() for seed in (1, 1, 2)]
    assert parts[0] == parts[1] != parts[2]


def test_a_part_that_would_lack_a_class_is_refused() -> None:
    with pytest.raises(InputError, match=r"params\.yaml: split: expected enough examples .* received 20 examples"):
        splitting.part(20, 0.1, seed=1, classes=np.arange(20) % 10)


def raw() -> dict[str, Examples]:
    images = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1)
    return {
        "train": Examples(images, np.repeat(np.arange(10, dtype=np.uint8), 10)),
        "test": Examples(images[:5], np.arange(5, dtype=np.uint8)),
    }


def test_validation_comes_out_of_the_training_file_in_proportion_and_the_test_file_stays_whole() -> None:
    splits = splitting.split_examples(raw(), Prepare(validation_fraction=0.2, most_training_images=None), seed=1)
    assert np.bincount(splits["validation"].labels).tolist() == [2] * 10
    together = np.concatenate([splits["train"].images, splits["validation"].images]).ravel()
    assert sorted(together) == list(range(100))
    assert splits["test"].labels.tolist() == list(range(5))
    assert np.array_equal(splits["train"].labels, splits["train"].images.ravel() // 10)  # pictures keep their labels


@pytest.mark.parametrize(("most", "expected"), [(50, 50), (1000, 100), (None, 100)])
def test_fewer_training_images_can_be_asked_for(most: int | None, expected: int) -> None:
    splits = splitting.split_examples(raw(), Prepare(validation_fraction=0.2, most_training_images=most), seed=1)
    assert len(splits["train"].labels) + len(splits["validation"].labels) == expected
