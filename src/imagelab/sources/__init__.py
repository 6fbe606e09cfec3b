"""Raw data sets in one layout each: downloaded, read from this machine, or made by the project."""

from pathlib import Path

from imagelab import artifacts
from imagelab.errors import InputError
from imagelab.params import Params, Render
from imagelab.raw_formats import CIFAR10_ARCHIVE, IDX_FILES, LEAF_ARCHIVE, cifar10_bytes, idx_bytes
from imagelab.sources import cifar10, clock_renderer, demo_digits, demo_leaves, idx, leaf_archive, local, official
from imagelab.sources.clock_design import REPORT_STYLE, Style

DATASETS = ("mnist", "fashion_mnist", "cifar10", "leaves", "clocks")
MADE = ("official", "demo", "render")  # sources that are no paths

# The two grey stand-ins hold the same digits; this makes their splits differ.
_SEED_OFFSET = {"mnist": 0, "fashion_mnist": 1}


def fetch(dataset: str, settings: Params, destination: Path) -> None:
    """Put a raw data set into a folder.

    Args:
        dataset: one of ``DATASETS``.
        settings: ``settings.fetch`` says where from; nothing falls back from one source to another.
        destination: an existing, empty folder.

    Raises:
        InputError: if the source is missing, unreachable or in no layout that is read.
    """
    source: str = getattr(settings.fetch, dataset)
    if source not in MADE:
        source = str(local.find(source))
    if dataset == "leaves":
        _fetch_leaves(source, settings, destination / LEAF_ARCHIVE)
    elif dataset == "clocks":
        _fetch_clocks(source, settings, destination)
    elif source == "official":
        official.download(official.FILES[dataset], destination, cache=official.CACHE / dataset)
    elif source == "demo":
        _write_demo_digits(dataset, settings, destination)
    elif dataset == "cifar10":
        cifar10.write_archive(Path(source), destination)
    else:
        idx.write_files(Path(source), destination)


def render(settings: Render, style: Style, seed: int, destination: Path, *, stream: int = 0) -> None:
    """Put clocks of one design into a folder, in the layout of the report's, with ``views.csv`` beside them."""
    images, labels, views = clock_renderer.render_clocks(settings, seed=seed, style=style, stream=stream)
    artifacts.write_array(images, destination / "images.npy")
    artifacts.write_array(labels, destination / "labels.npy")
    artifacts.write_csv(views, destination / "views.csv")


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


def _fetch_clocks(source: str, settings: Params, destination: Path) -> None:
    if source == "render":
        render(settings.render, REPORT_STYLE, settings.seed, destination)
    else:
        local.copy_clocks(Path(source), destination)


def _write_demo_digits(dataset: str, settings: Params, destination: Path) -> None:
    count = settings.demo.test_digits
    if dataset == "cifar10":
        splits = demo_digits.coloured_digits(image_size=32, test_digits=count, seed=settings.seed)
        artifacts.write_bytes(cifar10_bytes(splits), destination / CIFAR10_ARCHIVE)
        return
    splits = demo_digits.grey_digits(image_size=28, test_digits=count, seed=settings.seed + _SEED_OFFSET[dataset])
    for (split, kind), name in IDX_FILES.items():
        examples = splits[split]
        content = examples.images[..., 0] if kind == "images" else examples.labels
        artifacts.write_bytes(idx_bytes(content), destination / name)
