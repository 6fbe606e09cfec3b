"""How far test pictures that are written as files are classified like the pictures themselves.

    python -m benchmarks.classify_pictures --model fashion_mnist --data data/fashion_mnist [--pictures N]

Also measures the accuracy of the model's file on the whole test split: a published file has rounded weights.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import record
from imagelab.classification.classify_command import classify_files, find_model
from imagelab.classification.data import read_class_names, read_examples
from imagelab.classification.trained_classifier import TrainedClassifier, load_classifier
from imagelab.runtime.errors import InputError
from imagelab.storage import model_files

SIZE, MARGIN = 150, 25  # pixels: of an enlarged picture, and of the wall on each side
_WALL, _NOISE, _QUALITY = 170, 4, 80  # of a photograph: grey level, standard deviation, JPEG

Pixels = NDArray[np.uint8]


def _enlarged(pixels: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def _on_white(pixels: Pixels) -> Pixels:
    return np.pad(_enlarged(255 - pixels), MARGIN, constant_values=255)


def _photographed(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(int(pixels.sum())).normal(0, _NOISE, (SIZE + 2 * MARGIN,) * 2)
    return (_on_white(pixels) * (_WALL / 255) + noise).clip(0, 255).astype(np.uint8)


GREY: dict[str, tuple[Callable[[Pixels], Pixels], str]] = {
    "as they are": (lambda pixels: pixels, ".png"),
    "negatives": (lambda pixels: 255 - pixels, ".png"),
    "enlarged, dark on white, with a margin": (_on_white, ".png"),
    "the same on a grey wall, with noise, as JPEG": (_photographed, ".jpg"),
}
COLOUR: dict[str, tuple[Callable[[Pixels], Pixels], str]] = {
    "as they are": (lambda pixels: pixels, ".png"),
    "enlarged": (_enlarged, ".png"),
    "enlarged, as JPEG": (_enlarged, ".jpg"),
}
"""By name: how a picture of the data set is changed, and the format of its file."""


def measure(classifier: TrainedClassifier, images: Pixels, labels: NDArray[Any], *, pictures: int) -> dict[str, Any]:
    """Measure a classifier.

    Args:
        classifier: trained.
        images: of the test split, (n, h, w, c).
        labels: theirs, (n,).
        pictures: how many, evenly spaced, are written as files.
    """
    plain = classifier.probabilities(images).argmax(axis=1)
    rows = np.linspace(0, len(images) - 1, min(pictures, len(images))).round().astype(int)
    ways = GREY if images.shape[3] == 1 else COLOUR
    found = {way: _measure_way(classifier, images[rows], plain[rows], labels[rows], *ways[way]) for way in ways}
    return {
        "test_pictures": len(images),
        "test_accuracy": float((plain == labels).mean()),
        "written_pictures": len(rows),
        "accuracy_without_files": float((plain[rows] == labels[rows]).mean()),
        "written": found,
    }


def _measure_way(
    classifier: TrainedClassifier,
    images: Pixels,
    plain: NDArray[Any],
    labels: NDArray[Any],
    change: Callable[[Pixels], Pixels],
    suffix: str,
) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{row:05d}{suffix}" for row in range(len(images))]
        for path, image in zip(paths, images, strict=True):
            Image.fromarray(change(image.squeeze())).save(path, quality=_QUALITY)
        answers = classify_files(classifier, paths)
        read = np.array([one.argmax() for one in answers if not isinstance(one, InputError)])
    if len(read) < len(paths):
        raise InputError("pictures", where=suffix, expected=f"{len(paths)} with an object", received=len(read))
    return {"agreement": float((read == plain).mean()), "accuracy": float((read == labels).mean())}


def _as_text(report: dict[str, Any]) -> str:
    lines = [f"accuracy on {report['test_pictures']:,} test pictures: {report['test_accuracy']:.4f}"]
    lines.append(f"of {report['written_pictures']} of them {report['accuracy_without_files']:.3f}; written as files:")
    for way, found in report["written"].items():
        lines.append(f"  {way}: {found['agreement']:.3f} classified alike, accuracy {found['accuracy']:.3f}")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and keep the numbers if the command line asks for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a committed classifier by its name, or a .keras file")
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER", help="a prepared data set: data/<name>")
    parser.add_argument("--pictures", type=int, default=200, help="how many are written as files (default: 200)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="keep the numbers with machine and commit")
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    try:
        if arguments.pictures < 1:
            expected = "a whole number above 0"
            raise InputError("--pictures", where="benchmark", expected=expected, received=arguments.pictures)
        path = find_model(arguments.model)
        classifier = load_classifier(path, model_files.read_trained_on(path))
        test = read_examples(arguments.data, "test")
        if (names := read_class_names(arguments.data)) != classifier.classes.names:
            expected = f"the model's classes: {', '.join(classifier.classes.names)}"
            raise InputError("classes", where=arguments.data, expected=expected, received=", ".join(names))
        report = measure(classifier, test.images, test.targets, pictures=arguments.pictures)
    except InputError as error:
        sys.exit(f"error: {error}")
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={"model": arguments.model, "pictures": arguments.pictures},
        precision="float32",
        threads=1,
    )


if __name__ == "__main__":
    main()
