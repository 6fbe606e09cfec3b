"""Train one of the two Keras examples on MNIST."""

from pathlib import Path

import keras

from imagelab.classification.cnn import build_keras_example_cnn
from imagelab.classification.data import SPLITS, read_examples
from imagelab.classification.mlp import build_mlp
from imagelab.settings import params
from imagelab.storage import writing
from imagelab.storage.splits import CLASSES
from imagelab.training import backend, checkpoint, classifier, inference
from stages import run


def main(network: str) -> None:
    """Train, then write the model, its history and its logits on every split."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    splits = {name: read_examples(Path("data/mnist"), name) for name in SPLITS}
    shape = splits["train"].images.shape[1:]
    if network == "mlp":  # layers and optimizer are those of the example
        model = build_mlp(
            shape, hidden=(512, 512), dropout=(0.2, 0.2), l1_on_first=0.0, classes=CLASSES, seed=settings.seed
        )
        optimizer: keras.optimizers.Optimizer = keras.optimizers.RMSprop()
        epochs = settings.keras_example.mlp.epochs
    else:
        model = build_keras_example_cnn(shape, classes=CLASSES, seed=settings.seed)
        optimizer = keras.optimizers.Adadelta(learning_rate=1.0)
        epochs = settings.keras_example.cnn.epochs
    arrays = {f"{part}_{field}": array for part in splits for field, array in splits[part]._asdict().items()}
    own = checkpoint.settings_of(settings, "keras_example")
    saved = checkpoint.of_training(f"keras_example_{network}", arrays=arrays, settings=own)
    history = classifier.train(
        model,
        splits["train"],
        splits["validation"],
        optimizer=optimizer,
        batch_size=settings.keras_example.batch_size,
        epochs=epochs,
        seed=settings.seed,
        label=f"keras example {network}",
        checkpoint=saved,
    )
    with writing.new_folder(Path("data/models/keras_example") / network) as out:
        writing.write_model(model, out / "model.keras")
        writing.write_csv(history, out / "history.csv")
        for name, split in splits.items():
            writing.write_array(inference.predict(model, split.images), out / f"{name}_logits.npy")
    saved.remove()


if __name__ == "__main__":
    run(main, ("mlp", "cnn"))
