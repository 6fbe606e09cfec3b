"""Raw data sets, each in one layout: downloaded, copied from a path, or made by the project."""

from pathlib import Path

from imagelab.datasets import (
    cifar10_copies,
    class_folders,
    demo_digits,
    demo_leaves,
    idx_copies,
    leaf_archive,
    local,
    official,
)
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, cifar10_bytes
from imagelab.datasets.idx import IDX_FILES, idx_bytes
from imagelab.datasets.leaf_layout import LEAF_ARCHIVE
from imagelab.datasets.published_classes import CLASS_NAMES, DIGITS
from imagelab.runtime.errors import InputError
from imagelab.settings.params import Params
from imagelab.storage import class_names, writing

MADE = ("official", "demo")  # sources that are not paths

# All grey stand-ins hold the same digits; these offsets make their splits differ.
_SEED_OFFSET = {"mnist": 0, "fashion_mnist": 1}


def fetch(dataset: str, settings: Params, destination: Path) -> None:
    """Put a raw data set into a folder; beside pictures to classify, the names of their classes.

    Args:
        dataset: a key of the section ``fetch``, but not ``clocks``.
        settings: ``settings.fetch`` names the source; no other source is tried.
        destination: an existing, empty folder.

    Raises:
        InputError: if the source is missing, unreachable or in an unknown layout.
    """
    source: str = getattr(settings.fetch, dataset)
    if source not in MADE:
        source = str(local.find(source))
    if dataset == "leaves":
        _fetch_leaves(source, settings, destination / LEAF_ARCHIVE)
    elif source not in MADE and class_folders.is_in(Path(source)):
        classes = class_folders.write_files(Path(source), destination, settings.class_folders, seed=settings.seed)
        class_names.write(classes, destination, own=True)
    else:
        _fetch_published(dataset, source, settings, destination)
        class_names.write(DIGITS if source == "demo" else CLASS_NAMES[dataset], destination)


def _fetch_published(dataset: str, source: str, settings: Params, destination: Path) -> None:
    if source == "official" and dataset not in official.FILES:
        expected = "'demo' or a path, since no address of this data set is built in"
        raise InputError(f"fetch.{dataset}", where="params.yaml", expected=expected, received="'official'")
    elif source == "official":
        official.download(official.FILES[dataset], destination, cache=official.CACHE / dataset)
    elif source == "demo":
        _write_demo_digits(dataset, settings, destination)
    elif dataset == "cifar10":
        cifar10_copies.write_archive(Path(source), destination)
    else:
        idx_copies.write_files(Path(source), destination, classes=len(CLASS_NAMES[dataset]))


def _fetch_leaves(source: str, settings: Params, archive_path: Path) -> None:
    if source == "demo":
        count = settings.demo.leaves_per_class
        leaf_archive.write(demo_leaves.draw_leaves(images_per_class=count, seed=settings.seed), archive_path)
    elif source == "official":
        folder = official.download_leaves()
        count, expected = leaf_archive.pack(folder, archive_path), official.KAGGLE_LEAVES_IMAGES
        if count != expected:
            raise InputError("leaves", where=folder, expected=f"{expected:,} training images", received=f"{count:,}")
    else:
        leaf_archive.pack(Path(source), archive_path)


def _write_demo_digits(dataset: str, settings: Params, destination: Path) -> None:
    count = settings.demo.test_digits
    if dataset == "cifar10":
        splits = demo_digits.coloured_digits(image_size=32, test_digits=count, seed=settings.seed)
        writing.write_bytes(cifar10_bytes(splits), destination / CIFAR10_ARCHIVE)
        return
    splits = demo_digits.grey_digits(image_size=28, test_digits=count, seed=settings.seed + _SEED_OFFSET[dataset])
    for (split, kind), name in IDX_FILES.items():
        examples = splits[split]
        content = examples.images[..., 0] if kind == "images" else examples.targets
        writing.write_bytes(idx_bytes(content), destination / name)
