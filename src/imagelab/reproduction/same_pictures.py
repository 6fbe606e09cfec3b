"""Whether our pictures are the report's."""

import hashlib
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np

from imagelab.datasets import data_names
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE
from imagelab.datasets.idx import read_idx_folder
from imagelab.datasets.leaf_layout import LEAF_ARCHIVE, LEAF_CLASS_SEPARATOR
from imagelab.datasets.official import FILES, KAGGLE_LEAVES_IMAGES
from imagelab.datasets.published_classes import CLASS_NAMES
from imagelab.datasets.tar import TarMember
from imagelab.reproduction import published
from imagelab.runtime.errors import InputError
from imagelab.storage import class_names
from imagelab.storage.splits import Split

# MD5 of each split's pictures with their labels, in any order (``content_digest``): copies are packed in several ways,
# and some have the training pictures in another order. Fashion-MNIST's from the official files, which
# ``official.FILES`` checks; MNIST's from a copy whose test files are the official ones, byte for byte once unpacked.
CONTENTS = {
    "mnist": {"train": "9b9f33d8d7786de1498e35d5bb54e4d8", "test": "c929d0d3be262d8a9a88299c058760c5"},
    "fashion_mnist": {"train": "674bad5b6fd19a85d51c78d7badc0fef", "test": "f3790bc43c345024af53b4003b9a9108"},
}


def are_the_reports(dataset: str, source: str, raw: Path) -> bool:
    """Tell whether a data set has the pictures that the report used.

    What ``official`` downloads has been checked. What lies at a path is compared: MNIST and Fashion-MNIST by their
    content, CIFAR-10 by its archive's checksum, the leaves by the numbers of their classes and pictures. Nothing is
    published with which clocks at a path could be compared, so they count as other pictures.

    Args:
        dataset: a key of ``fetch``.
        source: its value.
        raw: what the stage ``fetch`` wrote.

    Raises:
        InputError: if a file is missing or damaged.
    """
    if dataset not in (*CONTENTS, "cifar10", "leaves", "clocks") or data_names.is_stand_in(source):
        return False
    if source == "official":
        return True
    if dataset == "leaves":
        counted = leaf_counts(raw)
        expected = published.leaf_source_classes()
        return len(counted) == expected and sum(counted.values()) == KAGGLE_LEAVES_IMAGES
    if dataset == "clocks" or class_names.are_of_own_pictures(raw):
        return False
    if dataset == "cifar10":
        with (raw / CIFAR10_ARCHIVE).open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest() == FILES["cifar10"][0].md5
    splits = read_idx_folder(raw, classes=len(CLASS_NAMES[dataset]))
    return {name: content_digest(split) for name, split in splits.items()} == CONTENTS[dataset]


def content_digest(split: Split) -> str:
    """Return an MD5 of pictures with their labels that does not depend on their order."""
    rows = np.column_stack([split.targets.astype(np.uint8), split.images.reshape(len(split.images), -1)])
    digests = sorted(hashlib.md5(row.tobytes(), usedforsecurity=False).digest() for row in rows)
    return hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()


def leaf_counts(raw: Path) -> dict[str, int]:
    """Count the pictures of each class that the leaves' source has, before any are chosen.

    Args:
        raw: what the stage ``fetch@leaves`` wrote.

    Raises:
        InputError: if the archive is missing or damaged.
    """
    path = raw / LEAF_ARCHIVE
    counts: dict[str, int] = {}
    try:
        with tarfile.open(path, tarinfo=TarMember) as archive:
            for member in archive:
                name = PurePosixPath(member.name).parent.name
                if member.isreg() and LEAF_CLASS_SEPARATOR in name:
                    counts[name] = counts.get(name, 0) + 1
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InputError("archive", where=path, expected="a whole .tar of leaves", received=error) from None
    return counts
