import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab.datasets import leaf_groups

UUID = "0a5e9323-dbad-432d-ac58-d291718345d9"
OTHER = "1b1cf3e0-1111-2222-3333-444455556666"


def leaves_of(*names: str, **listed: str) -> list[int]:
    """The leaf of each file of one class; ``listed`` has stems for names."""
    folder = "train/Apple___healthy"
    groups = {f"{folder}/{name}.JPG": group for name, group in listed.items()}
    return leaf_groups.by_name([f"{folder}/{name}" for name in names], groups).tolist()


def test_files_of_one_uuid_show_one_leaf_whatever_follows() -> None:
    endings = ("", "_90deg", "_flipLR", "_new30degFlipLR", "_newPixel25", " copy 2", "_final_masked", "_anything")
    assert leaves_of(*(f"{UUID}___FREC_Scab 3417{ending}.JPG" for ending in endings)) == [0] * len(endings)
    assert leaves_of(f"{UUID}___RS 1.JPG", f"{OTHER}___RS 1.JPG", f"{UUID.upper()}.png") == [0, 1, 0]


def test_a_uuid_is_one_leaf_in_two_folders_and_another_name_is_two() -> None:
    folders = ("train/Apple___a", "train/Apple___b")
    assert leaf_groups.by_name([f"{folder}/{UUID}___1.JPG" for folder in folders], {}).tolist() == [0, 0]
    assert leaf_groups.by_name([f"{folder}/0001.JPG" for folder in folders], {}).tolist() == [0, 1]


@pytest.mark.parametrize(
    "ending",
    [
        "_90deg",
        "_270deg",
        "_flipLR",
        "_flipTB",
        "_FLIPlr",
        "_new30degFlipLR",
        "_new30degFlipTB",
        "_new30deg",
        "_newPixel25",
        "_newGRR",
        "_final_masked",
        "_90deg_flipLR",
        " copy",
        " copy 2",
        " - Copy",
        " - Copy (2)",
    ],
)
def test_without_a_uuid_the_endings_of_augmentation_and_copies_do_not_count(ending: str) -> None:
    assert leaves_of("RS_Rust 1563.JPG", f"RS_Rust 1563{ending}.png", "RS_Rust 1564.JPG") == [0, 0, 1]


@pytest.mark.parametrize("name", ["leaf_0001", "leaf (1)", "leaf_deg", "leaf_new", "leaf_flip", "leafcopy", "_90deg"])
def test_what_only_looks_like_an_ending_counts(name: str) -> None:
    assert leaves_of(f"{name}.JPG", "leaf_0002.JPG", "leaf (2).JPG") == [0, 1, 2]


def test_a_number_in_brackets_counts_also_where_a_file_is_called_without_it() -> None:
    """A whole folder may be called so; real copies have equal pixels."""
    names = ["images.jpg", *(f"images ({number}).jpg" for number in range(1, 6)), "images (1) - Copy.jpg"]
    assert leaves_of(*names) == [0, 1, 2, 3, 4, 5, 1]


def test_the_list_decides_for_the_files_in_it() -> None:
    """Files of one leaf under other names, and files of two leaves whose names look alike."""
    assert leaves_of("a.JPG", "b.JPG", "c.JPG", a="1", b="1") == [0, 0, 1]
    assert leaves_of("a.JPG", "a_90deg.JPG", a="1", a_90deg="2") == [0, 1]


def test_a_file_that_the_list_lacks_goes_with_those_of_its_name() -> None:
    assert leaves_of("a.JPG", "a_90deg.JPG", "b.JPG", a="1", b="1") == [0, 0, 0]


def together(*names: str, listed: tuple[str, ...] = (), numbers: int | None = 50) -> list[int]:
    """The groups of files that show different leaves."""
    paths = [f"train/Apple___healthy/{name}" for name in names]
    own = {f"train/Apple___healthy/{name}" for name in listed}
    return leaf_groups.with_neighbours(np.arange(len(names)), paths, own, numbers=numbers).tolist()


def test_photographs_with_numbers_between_two_multiples_are_together() -> None:
    assert together("RS_HL 1750.JPG", "RS_HL 1799.JPG", "RS_HL 1800.JPG", "RS_HL 1749.JPG") == [0, 0, 1, 2]
    assert together("RS_HL 1750.JPG", "RS_HL 1799.JPG", numbers=None) == [0, 1]
    assert together(f"{UUID}___RS_HL 0626copy.jpg", f"{OTHER}___RS_HL 627.png") == [0, 0]


def test_digits_of_a_word_are_no_number_of_a_photograph() -> None:
    names = ["GHLB2 Leaf 8903.JPG", "GHLB2 Leaf 8960.JPG", "GHLB2ES Leaf 92.JPG", "GHLB2 Leaf 8904.JPG", "R2D2.JPG"]
    assert together(*names) == [0, 1, 2, 0, 3]


def test_photographs_of_another_camera_or_class_or_without_a_number_are_not() -> None:
    assert together("RS_HL 1.JPG", "JR_HL 1.JPG", "leaf.JPG", "leaf.png") == [0, 1, 2, 3]
    paths = ["train/Apple___a/RS 1.JPG", "train/Apple___b/RS 2.JPG"]
    assert leaf_groups.with_neighbours(np.arange(2), paths, (), numbers=50).tolist() == [0, 1]


def test_a_list_says_more_than_numbers() -> None:
    assert together("RS 1.JPG", "RS 2.JPG", "RS 3.JPG", listed=("RS 1.JPG",)) == [0, 1, 1]


def test_leaves_that_are_the_same_stay_together_across_a_multiple() -> None:
    paths = [f"train/Apple___a/RS {number}.JPG" for number in (49, 50, 51)]
    assert leaf_groups.with_neighbours(np.array([0, 0, 1]), paths, (), numbers=50).tolist() == [0, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_leaves_are_joined_over_pictures_that_they_have_in_common(rows: list[tuple[int, int]]) -> None:
    leaves, shown = np.array(rows).T
    images = np.random.default_rng(0).random((10, 4, 4, 3), np.float32)[shown]
    joined = leaf_groups.with_pixels(leaves, images)
    for row, (leaf, picture) in enumerate(rows):
        assert len(set(joined[(leaves == leaf) | (shown == picture)])) == 1, row
    assert list(dict.fromkeys(joined.tolist())) == list(range(joined.max() + 1))  # in the order in which they come
    for number in range(joined.max() + 1):  # and what has nothing in common is not joined
        inside = joined == number
        assert not set(leaves[inside]) & set(leaves[~inside])
        assert not set(shown[inside]) & set(shown[~inside])


def test_a_picture_that_differs_in_one_number_is_another() -> None:
    images = np.zeros((3, 4, 4, 3), np.float32)
    images[2, 3, 3, 2] = 1 / 255
    assert leaf_groups.with_pixels(np.arange(3), images).tolist() == [0, 0, 1]


def test_pictures_and_leaves_of_each_class_and_part_are_counted() -> None:
    labels, groups = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 2, 3])
    parts = {"training": np.array([0, 1, 3]), "held_out": np.array([2, 4])}
    counted = leaf_groups.counts(["A___x", "A___y"], labels, groups, parts)
    assert counted["A___x"] == {
        "pictures": 3,
        "leaves": 2,
        "training": {"pictures": 2, "leaves": 1},
        "held_out": {"pictures": 1, "leaves": 1},
    }
    assert counted["A___y"]["leaves"] == 2
