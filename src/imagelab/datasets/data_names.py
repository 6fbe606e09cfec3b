"""What every table, title and summary calls a data set: the one place that knows what a source in ``fetch`` is."""

STAND_INS = {
    "mnist": "MNIST's stand-in (digits)",
    "fashion_mnist": "Fashion-MNIST's stand-in (digits)",
    "cifar10": "CIFAR-10's stand-in (coloured digits)",
    "leaves": "leaves drawn by the project",
    "clocks": "rendered clocks",
}
"""What ``demo`` and, for the clocks, ``render`` make, by data set."""

ORIGINALS = {
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "leaves": "leaves",
    "clocks": "clocks",
}
"""By data set; what ``official`` downloads, and what is taken for a local copy of it where the source is a path."""

UNLIKE_CLOCKS = "rendered clocks of another design"


def describe(dataset: str, source: str) -> str:
    """Name the data that a number is about.

    Args:
        dataset: a key of the section ``fetch``.
        source: its value: ``official``, ``demo``, ``render`` or a path.

    Returns:
        ``Fashion-MNIST``, ``Fashion-MNIST's stand-in (digits)`` or ``Fashion-MNIST (local copy)``. The path
        is left out: it says nothing about the content, and would make equal results differ between machines.
    """
    if is_stand_in(source):
        return STAND_INS[dataset]
    if source == "official":
        return "leaves (Kaggle)" if dataset == "leaves" else ORIGINALS[dataset]
    return f"{ORIGINALS[dataset]} (local copy)"


def is_stand_in(source: str) -> bool:
    """Tell whether the project makes the data itself; then no number of the report is about the same pictures."""
    return source in ("demo", "render")


def same_pictures(source: str) -> str:
    """Tell whether a source has the report's pictures: "yes", "no", or "unknown" of what lies at a path."""
    if is_stand_in(source):
        return "no"
    return "yes" if source == "official" else "unknown"
