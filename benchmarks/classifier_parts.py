"""What the parts of a best classifier's training bring: each is set back alone, with everything else as it is.

    python -m benchmarks.classifier_parts fashion_mnist --data data/fashion_mnist --out FILE.json

It trains with the settings of params/best.yaml, for a third of the epochs, on the training split, and measures on the
validation split. The test split is not read. ``--out`` is written again after each training. Without Muon, Adam trains
all weights, with a learning rate that decays likewise.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks import REPOSITORY
from benchmarks.record import commit_to_keep, keep, options, publish
from imagelab.classification.best.training import count_steps, train_best_classifier
from imagelab.classification.data import read_class_names, read_examples
from imagelab.evaluation import intervals
from imagelab.settings import params
from imagelab.settings.classification import BEST_CLASSIFIED, BestClassifier
from imagelab.settings.training import Augmentation
from imagelab.training import backend
from imagelab.training.schedules import cosine_decay

SHARE_OF_EPOCHS = 3
RATES = ("kernel_learning_rate", "learning_rate")  # all others are multiples of them
WHOLE = "nothing"  # the name of the training in which nothing is set back
MUON = "Muon"
ADAM_LEARNING_RATE = 0.002  # the largest, in place of Muon's


def without(part: str, settings: BestClassifier) -> BestClassifier:
    """Return the settings with one part set back.

    The constant learning rate is a tenth of the largest one: a training that ends at the largest rate does not settle.
    """
    changes: dict[str, dict[str, Any]] = {
        WHOLE: {},
        MUON: {},  # the optimizer is no setting: ``main``
        "augmentation": {"augmentation": Augmentation(flips="none", shift=0, cut_out=0)},
        "decay of the learning rate": {"decay": "none", **{name: getattr(settings, name) / 10 for name in RATES}},
        "label smoothing": {"label_smoothing": 0.0},
        "whitening": {"whitening": None},
    }
    return settings.model_copy(update=changes[part])


PARTS = (WHOLE, MUON, "augmentation", "decay of the learning rate", "whitening", "label smoothing")


def main() -> None:
    """Measure what the command line asks for; print a table or JSON."""
    parser = options(__doc__, rounds=None)
    parser.add_argument("dataset", choices=BEST_CLASSIFIED)
    parser.add_argument("--data", type=Path, required=True, help="a folder that the stage prepare wrote")
    parser.add_argument("--profile", type=Path, default=REPOSITORY / "params/best.yaml", help="settings")
    arguments = parser.parse_args()
    measured_at = commit_to_keep(arguments)
    settings = params.load(arguments.profile)
    full: BestClassifier = getattr(settings.best_classifier, arguments.dataset)
    own = full.model_copy(update={"epochs": max(1, full.epochs // SHARE_OF_EPOCHS), "train_on_validation": False})
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    splits = {name: read_examples(arguments.data, name) for name in ("train", "validation")}
    splits["test"] = splits["validation"]  # whose logits are wanted
    of_run: dict[str, Any] = {
        "arguments": arguments,
        "measured_at": measured_at,
        "settings": own.model_dump(mode="json"),
        "precision": settings.precision,
        "threads": settings.threads,
    }
    rows: list[dict[str, Any]] = []
    whole: NDArray[np.bool_] | None = None
    steps = count_steps(own, len(splits["train"].images))
    for part in PARTS:
        adam = keras.optimizers.Adam(cosine_decay(ADAM_LEARNING_RATE, steps=steps)) if part == MUON else None
        outputs = train_best_classifier(
            splits,
            without(part, own),
            classes=len(read_class_names(arguments.data)),
            seed=settings.seed,
            name=f"{arguments.dataset}_without_{part.replace(' ', '_')}",
            optimizer=adam,
        )
        own_view, averaged = (
            np.asarray(outputs[f"test_logits{name}.npy"]).argmax(axis=1) == splits["test"].targets
            for name in ("", "_averaged")
        )
        backend.release_memory()
        whole = averaged if whole is None else whole
        rows.append(
            {
                "set_back": part,
                **intervals.wilson("validation_accuracy", averaged),
                "validation_accuracy_one_view": float(own_view.mean()),
                **difference(whole, averaged, seed=settings.seed),
            }
        )
        report = {"dataset": arguments.dataset, "images": len(averaged), "epochs": own.epochs, "trainings": rows}
        keep(report, **of_run)
    publish(report, as_text, **of_run)


def difference(whole: NDArray[np.bool_], other: NDArray[np.bool_], *, seed: int) -> dict[str, float]:
    """Return how much lower an accuracy is than that of the whole training, on the same pictures, with its interval.

    Args:
        whole: whether each picture is classified right; (n,).
        other: the same of another training.
        seed: of the bootstrap.
    """
    lost = whole.astype(float) - other.astype(float)
    return intervals.bootstrap("loss_of_accuracy", lambda rows: lost[rows].mean(), (len(lost),), seed=seed)


def as_text(report: dict[str, Any]) -> str:
    """Format the report as a table."""
    lines = [f"{report['dataset']}, {report['epochs']} epochs, {report['images']:,} validation pictures", ""]
    for row in report["trainings"]:
        low, high = row["loss_of_accuracy_low"], row["loss_of_accuracy_high"]
        lines.append(
            f"without {row['set_back']:28} {row['validation_accuracy']:.4f}"
            f"  (one view {row['validation_accuracy_one_view']:.4f})"
            f"  lost {row['loss_of_accuracy']:+.4f} ({low:+.4f} to {high:+.4f})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
