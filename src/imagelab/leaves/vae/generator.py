"""The generator of a trained variational autoencoder."""

from typing import Literal

import keras
import numpy as np

from imagelab.leaves.data import count_classes
from imagelab.leaves.generators.prior import ClassPrior, with_class_prior
from imagelab.leaves.vae.network import VariationalAutoencoder
from imagelab.storage.splits import Split
from imagelab.training import inference


def generator_of(model: VariationalAutoencoder, training: Split, *, prior: Literal["normal", "classes"]) -> keras.Model:
    """Return the decoder, with a prior in front of it that is fitted to the training pictures if one is asked for.

    Args:
        model: trained.
        training: pictures and their classes, (n,).
        prior: ``normal`` returns the decoder alone, which takes standard normal vectors; ``classes`` fits a normal
            distribution of latent vectors to each class.

    Returns:
        From latent vectors, (b, latent_dimension), and with ``classes`` the class one-hot, to pictures in [0, 1].
        Weights are shared with the decoder.
    """
    if prior == "normal":
        return model.decoder
    mean, log_variance = np.split(inference.predict(model.encoder, training.images), 2, axis=-1)
    fitted = ClassPrior(count_classes(training.targets), mean.shape[1], name="prior")
    generator = with_class_prior(model.decoder, fitted)
    fitted.fit(mean, np.exp(log_variance), training.targets)
    return generator
