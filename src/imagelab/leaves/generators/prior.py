"""A distribution of latent vectors fitted after training, where the standard normal one would miss what was learnt."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

_SMALLEST_VARIANCE = 1e-6  # without a KL term they may vanish, and the covariance of a class could not be factored


@keras.saving.register_keras_serializable("imagelab")
class ClassPrior(keras.layers.Layer):
    """A normal distribution of latent vectors for each class; the layer makes its samples of standard normal ones.

    Args:
        classes: how many.
        latent_dimension: length of a latent vector.

    Source: Ghosh et al., "From Variational to Deterministic Autoencoders", 2020, section 4 ("ex-post density
    estimation"), with one normal distribution a class.
    """

    def __init__(self, classes: int, latent_dimension: int, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False} | options)
        self.classes, self.latent_dimension = classes, latent_dimension

    def build(self, latent_shape: Any, wanted_shape: Any) -> None:
        """Make the weights, which ``fit`` sets."""
        size = self.latent_dimension
        self.mean = self.add_weight(shape=(self.classes, size), initializer="zeros", name="mean")
        self.factor = self.add_weight(shape=(self.classes, size, size), initializer="zeros", name="factor")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"classes": self.classes, "latent_dimension": self.latent_dimension}

    def call(self, latent: Any, wanted: Any) -> Any:
        """Turn standard normal vectors, (b, latent_dimension), into those of classes, one-hot, (b, classes)."""
        by_class = ops.einsum("bj,cij->bci", latent, self.factor) + self.mean  # all, since a gather would copy factors
        return ops.einsum("bc,bci->bi", wanted, by_class)

    def fit(self, means: NDArray[Any], variances: NDArray[Any], labels: NDArray[np.integer]) -> None:
        """Set mean and covariance of each class to those of the encoder's distributions of its pictures.

        Args:
            means: of the latent distributions, (n, latent_dimension).
            variances: likewise; above 0, which lets few pictures suffice for many dimensions.
            labels: classes, (n,), each of them at least once.
        """
        means, variances = means.astype(np.float64), variances.astype(np.float64)
        factors = np.empty(self.factor.shape, np.float32)
        for label, factor in enumerate(factors):
            own = means[labels == label]
            spread = np.maximum(variances[labels == label].mean(axis=0), _SMALLEST_VARIANCE)
            covariance = np.cov(own, rowvar=False, bias=True) + np.diag(spread)
            factor[:] = np.linalg.cholesky(covariance)
        self.factor.assign(factors)
        self.mean.assign(np.stack([means[labels == label].mean(axis=0) for label in range(self.classes)]))


def with_class_prior(decoder: keras.Model, prior: ClassPrior) -> keras.Model:
    """Return a generator from standard normal vectors and wanted classes, one-hot, to pictures; weights are shared."""
    latent, wanted = keras.Input((prior.latent_dimension,), name="latent"), keras.Input((prior.classes,), name="class")
    return keras.Model([latent, wanted], decoder(prior(latent, wanted)), name="generator")
