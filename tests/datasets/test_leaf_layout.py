import io
import os
import shutil
import tarfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab.datasets import leaf_archive, leaf_layout, splitting
from imagelab.leaves.preparing import Leaves, choose_and_reduce
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.leaves import PrepareLeaves
from tests.conftest import REPOSITORY

CASES = Path(os.environ.get("IMAGELAB_REAL_DATA", REPOSITORY.parent / "shared" / "data")).parent / "cases"
UUID = "0a5e9323-dbad-432d-ac58-d29171834{:03}"
KINDS = ("folder", "tar", "tar.gz", "zip")


def picture(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def source_of(names: list[str], folder: Path, *, kind: str = "folder", lists: dict[str, str] | None = None) -> Path:
    """A source with these pictures, no two alike, and text files."""
    source = folder / "source"
    for seed, name in enumerate(names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(picture(seed))
    for name, text in (lists or {}).items():
        (source / name).write_text(text)
    if kind == "folder":
        return source
    if kind == "zip":
        return Path(shutil.make_archive(str(folder / "leaves"), "zip", source))
    with tarfile.open(folder / f"leaves.{kind}", "w:gz" if kind == "tar.gz" else "w") as archive:
        archive.add(source, "set")
    return folder / f"leaves.{kind}"


def packed(source: Path, folder: Path) -> dict[str, bytes]:
    leaf_archive.pack(source, folder / "leaves.packed.tar")
    with tarfile.open(folder / "leaves.packed.tar") as archive:
        contents = {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]
        assert len(contents) == len(archive.getnames())
    return contents


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("leaves: ")]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Tomato_healthy", "Tomato___healthy"),
        ("Tomato__Target_Spot", "Tomato___Target_Spot"),
        ("Tomato__Tomato_YellowLeaf__Curl_Virus", "Tomato___Tomato_YellowLeaf__Curl_Virus"),
        ("Tomato_Spider_mites_Two_spotted_spider_mite", "Tomato___Spider_mites_Two_spotted_spider_mite"),
        ("Potato___Early_blight", "Potato___Early_blight"),
        ("Pepper__bell___Bacterial_spot", "Pepper,_bell___Bacterial_spot"),
        ("Pepper,_bell___healthy", "Pepper,_bell___healthy"),
        ("Pepper__bell_healthy", "Pepper,_bell___healthy"),
        ("Corn___Common_rust", "Corn_(maize)___Common_rust"),
        ("Corn_(maize)___Common_rust_", "Corn_(maize)___Common_rust_"),
        ("Corn_(maize)_healthy", "Corn_(maize)___healthy"),
        ("Cherry___healthy", "Cherry_(including_sour)___healthy"),
        ("Cherry_(including_sour)_Powdery_mildew", "Cherry_(including_sour)___Powdery_mildew"),
        ("Orange___Haunglongbing_(Citrus_greening)", "Orange___Haunglongbing_(Citrus_greening)"),
        ("strawberry leaf scorch", "Strawberry___leaf scorch"),
        ("Apple-Apple scab", "Apple___Apple scab"),
        ("Banana___Sigatoka", "Banana___Sigatoka"),  # people bring their own plants
        ("Apple_pie___burnt", "Apple_pie___burnt"),
        ("A___\udcff", "A___\udcff"),
        ("Banana_Sigatoka", None),
        ("Tomatoes_healthy", None),
        ("Pineapple_healthy", None),
        ("Tomato", None),
        ("Pepper__bell", None),
        ("Tomato___", None),
        ("___healthy", None),
        ("train", None),
        ("", None),
    ],
)
def test_a_class_is_known_by_its_folder(folder: str, name: str | None) -> None:
    assert leaf_layout.class_of(folder) == name
    assert name is None or leaf_layout.class_of(name) == name


def test_every_known_crop_keeps_its_spelling() -> None:
    assert len(leaf_layout.CROPS) == 14
    for crop in leaf_layout.CROPS:
        assert leaf_layout.class_of(f"{crop}___healthy") == leaf_layout.class_of(f"{crop}_healthy")
        assert leaf_layout.class_of(f"{crop}___healthy") == f"{crop}___healthy"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("above", ["", "PlantVillage/", "a/train/", "Train/"])
def test_classes_are_found_wherever_they_lie(above: str, kind: str, tmp_path: Path) -> None:
    names = [f"{above}{name}/1.png" for name in ("Tomato_healthy", "Pepper__bell___healthy", "Banana___healthy")]
    found = packed(source_of(names, tmp_path, kind=kind), tmp_path)
    classes = ("Tomato___healthy", "Pepper,_bell___healthy", "Banana___healthy")
    assert found == {f"train/{name}/1.png": picture(seed) for seed, name in enumerate(classes)}


def test_files_that_are_no_pictures_by_their_names_are_left_out_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"Apple___healthy/{name}" for name in ("1.png", "2.heic", ".3.png", "notes.txt")]
    found = packed(source_of(names, tmp_path, kind="folder"), tmp_path)
    assert list(found) == ["train/Apple___healthy/1.png"]
    (line,) = said(capsys)
    assert line.startswith("leaves: left out 2 files whose names are no pictures', such as ")
    assert line.endswith("Apple___healthy/2.heic")


@pytest.mark.parametrize("kind", KINDS)
def test_of_three_versions_the_coloured_one_is_taken_and_this_is_said(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"raw/{name}/Apple___healthy/1.png" for name in ("grayscale", "color", "segmented")]
    assert packed(source_of(names, tmp_path, kind=kind), tmp_path) == {"train/Apple___healthy/1.png": picture(1)}
    assert said(capsys) == [
        "leaves: the folder color is taken, grayscale and segmented ignored: they hold the same leaves"
    ]


def test_classes_that_only_another_version_has_are_left_out_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["color/Apple___x/1.png", "grayscale/Apple___x/1.png", "grayscale/Apple___y/2.png"]
    names += ["segmented/Apple___x/1.png", "segmented/Grape_z/3.png"]
    assert list(packed(source_of(names, tmp_path), tmp_path)) == ["train/Apple___x/1.png"]
    assert said(capsys) == [
        "leaves: the folder color is taken, grayscale and segmented ignored: classes that only they have are left "
        "out: Apple___y, Grape___z"
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_below_the_folder_of_a_class_are_counted_as_passed_over(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"Tomato set/Tomato_healthy/{name}" for name in ("1.png", "sub/2.png", "sub/3.png", "sub/deep/4.png")]
    source = source_of([*names, "Tomato set/docs/a/5.png"], tmp_path, kind=kind)
    assert list(packed(source, tmp_path)) == ["train/Tomato___healthy/1.png"]
    assert said(capsys) == ["leaves: pictures ignored, because they are in a folder inside that of their class: 3"]


def test_a_picture_that_an_archive_holds_twice_is_written_once(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "leaves.tar", "w") as archive:
        for name in ("set/Apple___x/1.png", "./set/Apple___x/1.png", "set/Apple___x/2.png"):
            member = tarfile.TarInfo(name)
            content = picture(int(name[-5]))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    expected = {f"train/Apple___x/{number}.png": picture(number) for number in (1, 2)}
    assert packed(tmp_path / "leaves.tar", tmp_path) == expected
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w") as zipped, warnings.catch_warnings(action="ignore"):
        for number in (1, 2, 1):
            zipped.writestr(f"set/Apple___x/{number}.png", picture(number))
    assert packed(tmp_path / "leaves.zip", tmp_path) == expected


def test_a_zip_with_backslashes_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w") as archive:
        archive.writestr("set\\Apple___x\\", b"")
        archive.writestr("set\\Apple___x\\1.png", picture(1))
        archive.writestr("set\\groups.csv", "file,group\nApple___x/1.png,a\n")
    assert packed(tmp_path / "leaves.zip", tmp_path) == {"train/Apple___x/1.png": picture(1)}
    assert (tmp_path / "groups.csv").read_text() == "file,group\ntrain/Apple___x/1.png,a\n"


def test_a_list_may_name_the_class_of_a_picture_that_another_has_at_the_root(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w") as archive:
        archive.writestr("1.JPG", picture(1))
        archive.writestr("Tomato_healthy/1.JPG", picture(2))
        archive.writestr("groups.csv", "file,group\nTomato_healthy/1.JPG,a\n")
    packed(tmp_path / "leaves.zip", tmp_path)
    assert (tmp_path / "groups.csv").read_text() == "file,group\ntrain/Tomato___healthy/1.JPG,a\n"


def test_classes_outside_of_a_folder_train_are_passed_over_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["train/Apple___x/1.png", "valid/Apple___x/2.png", "Apple___y/3.png"]
    packed(source_of(names, tmp_path), tmp_path)
    assert said(capsys) == ["leaves: the folder train is taken; classes ignored that are only elsewhere: Apple___y"]


def test_one_version_alone_may_be_the_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = source_of(["grayscale/Apple___healthy/1.png", "segmented/Apple___healthy/1_final.png"], tmp_path)
    with pytest.raises(
        InputError, match=r"Apple___healthy in one folder \(fetch.leaves may name a part of the source\)"
    ):
        packed(source, tmp_path)
    assert packed(source / "segmented", tmp_path) == {"train/Apple___healthy/1_final.png": picture(1)}
    assert "leaves: " not in capsys.readouterr().err.replace("packing leaves: ", "")


def test_where_there_is_a_folder_train_only_what_is_in_it_is_taken(tmp_path: Path) -> None:
    names = ["train/Apple___x/1.png", "valid/Apple___x/2.png", "test/3.png", "Apple___y/4.png"]
    assert packed(source_of(names, tmp_path), tmp_path) == {"train/Apple___x/1.png": picture(0)}


def test_an_archive_that_holds_everything_twice_is_taken_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = source_of(["PlantVillage/Tomato_healthy/1.png", "PlantVillage/Tomato_healthy/2.png"], tmp_path)
    shutil.copytree(source / "PlantVillage", source / "more" / "PlantVillage")
    assert len(packed(source, tmp_path)) == 2
    assert "leaves: folders ignored, because they hold the same files as others: 1" in capsys.readouterr().err


def test_folders_that_are_no_class_are_passed_over_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["all/Apple___x/1.png", "all/Background_without_leaves/1.png", "docs/2.png", "3.png"]
    assert list(packed(source_of(names, tmp_path), tmp_path)) == ["train/Apple___x/1.png"]
    expected = "leaves: folders ignored, because their names begin with no known crop: Background_without_leaves"
    assert said(capsys) == [expected]


def test_what_file_managers_leave_is_no_picture(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w") as archive:
        archive.writestr("train/Apple___x/1.png", picture(0))
        archive.writestr("__MACOSX/train/Apple___x/._1.png", b"\0\5\x16\7")
    assert packed(tmp_path / "leaves.zip", tmp_path) == {"train/Apple___x/1.png": picture(0)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_leaves_is_put_beside_the_archive_in_its_names(kind: str, tmp_path: Path) -> None:
    names = [f"{folder}/{UUID.format(k)}___RS {k}.png" for folder in ("Tomato_healthy", "Grape___x") for k in (1, 2)]
    rows = [f"Tomato_healthy/{UUID.format(1)}___RS 1.png,a", "Tomato___healthy/RS 2.png,a", r"Grape___x\RS 1.png,b"]
    lists = {"groups.csv": "\n".join(["file,group", *rows])}
    packed(source_of(names, tmp_path, kind=kind, lists=lists), tmp_path)
    assert (tmp_path / "groups.csv").read_text().splitlines() == [
        "file,group",
        f"train/Grape___x/{UUID.format(1)}___RS 1.png,b",
        f"train/Tomato___healthy/{UUID.format(1)}___RS 1.png,a",
        f"train/Tomato___healthy/{UUID.format(2)}___RS 2.png,a",
    ]


def test_a_listed_photograph_in_another_part_hands_its_leaf_to_its_copies(tmp_path: Path) -> None:
    """Kaggle's set has some of the photographs in ``valid`` and their copies in ``train``."""
    names = [f"train/Apple___x/{UUID.format(k)}___RS {k}_90deg.png" for k in (1, 2, 3)]
    names += [f"valid/Apple___x/{UUID.format(k)}___RS {k}.png" for k in (1, 2)]
    lists = {"groups.csv": "file,group\nRS 1.png,a\nRS 2.png,a\nRS 3_90deg.png,b\n"}
    packed(source_of(names, tmp_path, lists=lists), tmp_path)
    found = choose_and_reduce(tmp_path / "leaves.packed.tar", settings(most=9), seed=1)
    assert found.groups.tolist() == [0, 0, 1]


def settings(*, most: int) -> PrepareLeaves:
    default = params.load(REPOSITORY / "params.yaml").prepare_leaves
    return default.model_copy(update={"most_images_per_class": most})


def part(source: Path, folder: Path, *, most: int) -> tuple[Leaves, splitting.Parts]:
    packed(source, folder)
    found = choose_and_reduce(folder / "leaves.packed.tar", settings(most=most), seed=1)
    return found, splitting.split_groups(found.groups, 0.2, seed=1, classes=found.labels)


def check_no_leaf_on_both_sides(source: Path, folder: Path, *, leaves_of_class: int, files_of_leaf: int) -> None:
    found, (train, held_out) = part(source, folder, most=300)
    assert len(found.labels) == len(found.classes) * leaves_of_class * files_of_leaf
    assert np.bincount(found.groups).tolist() == [files_of_leaf] * len(found.classes) * leaves_of_class
    assert not set(found.groups[train]) & set(found.groups[held_out])
    assert set(found.labels[train]) == set(found.labels[held_out]) == set(range(len(found.classes)))
    plain = splitting.split_rows(len(found.labels), 0.2, seed=1, classes=found.labels)  # as it was parted before
    assert set(found.groups[plain.train]) & set(found.groups[plain.held_out])
    one_each, _ = part(source, folder, most=leaves_of_class)
    assert np.bincount(one_each.groups).tolist() == [1] * len(found.classes) * leaves_of_class


def test_rotated_and_flipped_copies_of_a_leaf_are_on_one_side(tmp_path: Path) -> None:
    endings = ("", "_90deg", "_flipLR")
    names = [
        f"train/{name}/{UUID.format(10 * place + k)}___RS {k}{ending}.png"
        for place, name in enumerate(("Apple___x", "Grape___y"))
        for k in range(5)
        for ending in endings
    ]
    check_no_leaf_on_both_sides(source_of(names, tmp_path), tmp_path, leaves_of_class=5, files_of_leaf=3)


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not there")
class TestCases:
    """Small copies of what people have; ``IMAGELAB_REAL_DATA`` names their neighbour."""

    def test_kaggles_augmented_set(self, tmp_path: Path) -> None:
        check_no_leaf_on_both_sides(CASES / "leaves_kaggle", tmp_path, leaves_of_class=5, files_of_leaf=3)

    def test_the_archive_with_looser_separators(self, tmp_path: Path) -> None:
        found, _ = part(CASES / "leaves_single_underscore", tmp_path, most=300)
        assert found.classes == [
            "Pepper,_bell___Bacterial_spot",
            "Potato___Late_blight",
            "Tomato___Early_blight",
            "Tomato___healthy",
        ]
        assert np.bincount(found.labels).tolist() == [3, 3, 3, 3]

    def test_the_repository_of_plantvillages_authors(self, tmp_path: Path) -> None:
        found, _ = part(CASES / "leaves_versions", tmp_path, most=300)
        assert found.classes == ["Apple___healthy", "Blueberry___healthy"]
        assert np.bincount(found.labels).tolist() == [3, 3]
        assert np.ptp(found.images, axis=-1).max() > 0  # in colour
