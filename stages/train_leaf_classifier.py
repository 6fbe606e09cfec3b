"""Train the classifier of real leaves."""

from pathlib import Path

from imagelab.leaves.classifier import train_on_leaves
from imagelab.leaves.data import read_leaves
from imagelab.settings import params
from imagelab.training.run import run_training
from stages import run


def main() -> None:
    """Write the classifier, its history, and its logits on held-out leaves."""
    settings = params.load()
    training, held_out = read_leaves(Path("data/leaves"))
    run_training(
        "leaf_classifier",
        Path("data/models/leaf_classifier"),
        settings=settings,
        own=["leaf_classifier"],
        arrays={
            "images": training.images,
            "classes": training.targets,
            "held_out": held_out.images,
            "held_out_classes": held_out.targets,
        },
        train=lambda state: train_on_leaves(
            training, held_out, settings.leaf_classifier, seed=settings.seed, checkpoint=state
        ),
    )


if __name__ == "__main__":
    run(main)
