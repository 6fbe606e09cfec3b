"""Train the classifier of real leaves."""

from pathlib import Path

from imagelab.leaves.classifier import build_leaf_classifier
from imagelab.leaves.data import read_leaves
from imagelab.settings import params
from imagelab.storage import writing
from imagelab.training import backend, checkpoint, classifier, inference
from stages import run


def main() -> None:
    """Write it, its history, and its logits on leaves held out."""
    settings = params.load()
    own = settings.leaf_classifier
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, held_out = read_leaves(Path("data/leaves"))
    arrays = {"images": train.images, "classes": train.targets, "held_out": held_out.images}
    arrays["held_out_classes"] = held_out.targets
    saved = checkpoint.of_training(
        "leaf_classifier", arrays=arrays, settings=checkpoint.settings_of(settings, "leaf_classifier")
    )
    classes = int(train.targets.max()) + 1
    model = build_leaf_classifier(train.images.shape[1], own, classes=classes, seed=settings.seed)
    history = classifier.train(
        model,
        train,
        held_out,
        optimizer=classifier.make_optimizer("adam", own.learning_rate),
        batch_size=own.batch_size,
        epochs=own.epochs,
        seed=settings.seed,
        label="leaf classifier",
        checkpoint=saved,
    )
    with writing.new_folder(Path("data/models/leaf_classifier")) as out:
        writing.write_model(model, out / "model.keras")
        writing.write_csv(history, out / "history.csv")
        writing.write_array(inference.predict(model, held_out.images), out / "held_out_logits.npy")
    saved.remove()


if __name__ == "__main__":
    run(main)
