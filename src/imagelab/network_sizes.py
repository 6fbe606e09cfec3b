"""Every network of the report at its sizes, and the best classifiers at theirs; for counting parameters."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pandas as pd

from imagelab.classification.best.network import build_best_classifier
from imagelab.classification.keras_example import build_example_cnn, build_example_mlp
from imagelab.classification.search.trajectory import build_network
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.head import build_clock_network
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.vae.network import build_vae
from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES, Search
from imagelab.settings.params import Params

_CLASSES = 10
_GREY = (28, 28, 1)  # MNIST and Fashion-MNIST
_COLOUR = (32, 32, 3)  # CIFAR-10
_SHAPES = {"fashion_mnist": _GREY, "cifar10": _COLOUR}


def networks(paper: Params, best: Params) -> Iterator[tuple[str, keras.Model]]:
    """Build each network once, with its name.

    Args:
        paper: the report's settings, ``params/paper.yaml``.
        best: those of the best classifiers, ``params/best.yaml``.
    """
    yield "keras_example_mlp", build_example_mlp(_GREY, classes=_CLASSES, seed=0)
    yield "keras_example_cnn", build_example_cnn(_GREY, classes=_CLASSES, seed=0)
    yield from _of_search(paper.search)
    for name in BEST_CLASSIFIED:
        black = np.zeros((1, *_SHAPES[name]), np.uint8)  # what is whitened changes no number of parameters
        settings, named = getattr(best.best_classifier, name), f"best_classifier_{name}"
        yield named, build_best_classifier(black, settings, classes=_CLASSES, seed=0, name=named)
    clock = (paper.render.image_size, paper.render.image_size, 1)
    for name, head in HEADS.items():
        yield f"clock_{name}", build_clock_network(head, clock, getattr(paper.clock, name), seed=0)
    size = paper.prepare_leaves.image_size
    for latent in paper.vae.latent_dimensions.model_dump().values():
        vae = build_vae(size, latent, filters=paper.vae.filters, seed=0)
        yield f"vae_{latent}_encoder", vae.encoder
        yield f"vae_{latent}_decoder", vae.decoder
    yield "gan_generator", build_generator(paper.gan.latent_dimension, size, filters=paper.gan.filters, seed=0)
    yield "gan_discriminator", build_discriminator(size, filters=paper.gan.filters, seed=0)


def _of_search(search: Search) -> Iterator[tuple[str, keras.Model]]:
    """Build the networks of the grid search, and the CNN for CIFAR-10."""
    for variant, settings in search.mlp.variants.items():
        yield f"fashion_mnist_mlp_{variant}", build_network(settings, _GREY, classes=_CLASSES, seed=0)
    for family in (name for name in FAMILIES if name != "mlp"):
        settings = getattr(search, family).network
        yield f"fashion_mnist_{family}", build_network(settings, _GREY, classes=_CLASSES, seed=0)
    yield "cifar10_cnn", build_network(search.cnn.network, _COLOUR, classes=_CLASSES, seed=0)


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
