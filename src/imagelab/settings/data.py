"""Settings of raw data: sources, sizes of the stand-ins, and how pictures in class folders are read."""

from typing import Annotated

from pydantic import AfterValidator, Field

from imagelab.settings.section import Fraction, PositiveInt, Section


def _downloaded_or_demo(source: str) -> str:
    if source in ("render", ""):
        raise ValueError("'official', 'demo' or a path")
    return source


def _downloaded_or_rendered(source: str) -> str:
    if source in ("demo", ""):
        raise ValueError("'official', 'render' or a path")
    return source


Source = Annotated[str, AfterValidator(_downloaded_or_demo)]
ClockSource = Annotated[str, AfterValidator(_downloaded_or_rendered)]


class Fetch(Section):
    """The source of each raw data set.

    ``official`` downloads it, ``demo`` makes a small stand-in, ``render`` draws the clocks. Anything else is the path
    of a folder or an archive, relative to the repository; it may begin with ``~``. In the place of MNIST, Fashion-MNIST
    and CIFAR-10 there may also be class folders with pictures of one's own.
    """

    mnist: Source
    fashion_mnist: Source
    cifar10: Source
    leaves: Source
    clocks: ClockSource


DATASETS = tuple(name for name in Fetch.model_fields if name != "clocks")
"""Names of the data sets that the stage ``fetch`` fetches; the clocks have a stage of their own."""

CLASSIFIED = tuple(name for name in DATASETS if name != "leaves")
"""Names of the data sets that the stage ``prepare`` turns into arrays: pictures of one size, in classes."""

SMALLEST_PICTURE = 8  # pixels on each side; the CNN halves them three times


class Demo(Section):
    """Sizes of the stand-ins."""

    test_digits: Annotated[int, Field(ge=10, le=1700)]  # of 1,797; the others are for training
    leaves_per_class: PositiveInt


class ClassFolders(Section):
    """How pictures of one's own are read from class folders."""

    image_size: Annotated[int, Field(ge=SMALLEST_PICTURE, le=512)]  # pixels, square, to which they are resized
    test_fraction: Fraction  # of the pictures of each class, where there is no folder ``test``
