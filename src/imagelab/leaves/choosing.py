"""Which classes and which pictures of the leaves are kept."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import PurePosixPath

import numpy as np

from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR
from imagelab.settings.leaves import PrepareLeaves


def choose(names: Mapping[str, int], settings: PrepareLeaves, *, seed: int) -> dict[str, list[str]]:
    """Map each kept class to its kept files, both sorted by name.

    The first ``most_classes_per_crop`` classes of each crop, by name, are kept, as in the report. Up to
    ``most_images_per_class`` images of each class are drawn at random, because the order of names may reflect who took
    a picture and when. A leaf gives a second image only if every leaf has given one. The draw depends on the seed, the
    class's name and the names of its files, but not on their order or on other classes.

    Args:
        names: the leaf that each file shows.
        settings: how many are kept.
        seed: of the draw.
    """
    files: dict[str, list[str]] = defaultdict(list)
    for name in names:
        class_name = PurePosixPath(name).parent.name
        if LEAF_CLASS_SEPARATOR in class_name:
            files[class_name].append(name)
    crops: dict[str, list[str]] = defaultdict(list)
    for class_name in sorted(files):
        crops[class_name.split(LEAF_CLASS_SEPARATOR)[0]].append(class_name)
    kept = sorted(name for classes in crops.values() for name in classes[: settings.most_classes_per_crop])
    most = settings.most_images_per_class
    return {name: _draw(name, {file: names[file] for file in sorted(files[name])}, most, seed) for name in kept}


def _draw(class_name: str, leaf_of: Mapping[str, int], most: int, seed: int) -> list[str]:
    """Shuffle a class's leaves and the files of each; take the first file of every leaf, then the second, and so on."""
    letters = class_name.encode(errors="surrogateescape")  # a name in an archive may hold any byte
    random = np.random.default_rng([seed, *letters])
    files: dict[int, list[str]] = defaultdict(list)
    for name, leaf in leaf_of.items():
        files[leaf].append(name)
    leaves = list(files.values())
    order = [leaves[place] for place in random.permutation(len(leaves))]
    shuffled = [[own[place] for place in random.permutation(len(own))] for own in order]
    by_turns = [name for turn in zip_longest(*shuffled) for name in turn if name is not None]
    return sorted(by_turns[:most])
