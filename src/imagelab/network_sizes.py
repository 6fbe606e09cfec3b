"""Every network at the report's sizes, whatever the profile; for counting parameters.

The best classifiers, which the report does not have, are at the sizes of ``params/best.yaml``.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pandas as pd

from imagelab.classification.best.network import build_best_classifier
from imagelab.classification.cnn import build_cnn
from imagelab.classification.keras_example import build_example_cnn, build_example_mlp
from imagelab.classification.mlp import build_mlp
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.head import build_clock_network
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.vae.network import build_vae
from imagelab.settings.classification import BestClassifier
from imagelab.settings.clocks import MultiHead

_CLASSES = 10
_GREY = (28, 28, 1)  # MNIST and Fashion-MNIST
_COLOUR = (32, 32, 3)  # CIFAR-10
_CLOCK = (150, 150, 1)
_HEAD = MultiHead(minute_filters=64, learning_rate=0.001, epochs=None)  # the others have no size of their own
_LEAF_SIZE = 32
_FILTERS = 128
_VAE_LATENT_DIMENSIONS = (32, 64, 128)
_GAN_LATENT_DIMENSION = 256
_MLP_VARIANTS = {  # hidden layers, dropout after each, L1 on the first
    "two_hidden": ((300, 100), (0.0, 0.0), 0.0),
    "one_hidden": ((300,), (0.0,), 0.0),
    "dropout_after_each": ((300, 100), (0.5, 0.5), 0.0),
    "dropout_after_first": ((300, 100), (0.5, 0.0), 0.0),
    "one_hidden_dropout": ((300,), (0.5,), 0.0),
    "l1_on_first": ((300, 100), (0.5, 0.0), 0.01),
}
_BEST_CLASSIFIERS: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {
    "fashion_mnist": (_GREY, {"filters": (64, 256, 256), "convolutions": 2, "activation": "relu", "whitening": 2}),
    "cifar10": (_COLOUR, {"filters": (64, 256, 256), "convolutions": 2, "activation": "relu", "whitening": 2}),
}


def networks() -> Iterator[tuple[str, keras.Model]]:
    """Build each network once, with its name."""
    yield "keras_example_mlp", build_example_mlp(_GREY, classes=_CLASSES, seed=0)
    yield "keras_example_cnn", build_example_cnn(_GREY, classes=_CLASSES, seed=0)
    for variant, (hidden, dropout, l1) in _MLP_VARIANTS.items():
        network = build_mlp(_GREY, hidden=hidden, dropout=dropout, l1_on_first=l1, classes=_CLASSES, seed=0)
        yield f"fashion_mnist_mlp_{variant}", network
    for name, shape, normalization in (
        ("fashion_mnist_cnn", _GREY, False),
        ("fashion_mnist_cnn_batch_norm", _GREY, True),
        ("cifar10_cnn", _COLOUR, False),
    ):
        yield (
            name,
            build_cnn(
                shape,
                filters=(64, 128, 256),
                dense=(128, 64),
                dropout=0.5,
                batch_normalization=normalization,
                classes=_CLASSES,
                seed=0,
            ),
        )
    for name, (shape, sizes) in _BEST_CLASSIFIERS.items():
        settings = BestClassifier.model_construct(**sizes)  # without those of the training
        black = np.zeros((1, *shape), np.uint8)  # what is whitened changes no number of parameters
        name = f"best_classifier_{name}"
        yield name, build_best_classifier(black, settings, classes=_CLASSES, seed=0, name=name)
    for name, head in HEADS.items():
        yield f"clock_{name}", build_clock_network(head, _CLOCK, _HEAD, seed=0)
    for latent in _VAE_LATENT_DIMENSIONS:
        vae = build_vae(_LEAF_SIZE, latent, filters=_FILTERS, seed=0)
        yield f"vae_{latent}_encoder", vae.encoder
        yield f"vae_{latent}_decoder", vae.decoder
    yield "gan_generator", build_generator(_GAN_LATENT_DIMENSION, _LEAF_SIZE, filters=_FILTERS, seed=0)
    yield "gan_discriminator", build_discriminator(_LEAF_SIZE, filters=_FILTERS, seed=0)


def layers(networks: dict[str, keras.Model]) -> pd.DataFrame:
    """Describe the layers of networks, as the report's figures 4, 5, 9 and 19 do.

    Returns:
        One row a layer, in the order of the network, with the columns ``network``, ``layer``, ``kind`` (the class),
        ``output_shape`` (such as ``12 × 12 × 32``, without the batch), ``parameters``, and ``after``: the names of the
        layers that it reads, separated by spaces; missing for an input.
    """
    rows = []
    for name, network in networks.items():
        config = {layer["name"]: layer for layer in network.get_config()["layers"]}
        for layer in network.layers:
            shape = " × ".join(str(size) for size in layer.output.shape[1:])
            after = " ".join(_sources(config[layer.name]["inbound_nodes"])) or None
            rows.append((name, layer.name, type(layer).__name__, shape, layer.count_params(), after))
    return pd.DataFrame(rows, columns=["network", "layer", "kind", "output_shape", "parameters", "after"])


def _sources(node: Any) -> list[str]:
    """Return the names of the layers from which the tensors in a part of Keras's configuration come."""
    if isinstance(node, dict):
        if "keras_history" in node:
            return [node["keras_history"][0]]
        return [name for part in node.values() for name in _sources(part)]
    return [name for part in node for name in _sources(part)] if isinstance(node, list | tuple) else []
