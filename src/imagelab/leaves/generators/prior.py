"""A distribution of latent vectors that is fitted after training, in place of the standard normal one."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

_SMALLEST_VARIANCE = 1e-6  # without a KL term variances may vanish, and a covariance would be singular


@keras.saving.register_keras_serializable("imagelab")
class ClassPrior(keras.layers.Layer):
    """A normal distribution of latent vectors for each class; the layer turns standard normal samples into its samples.

    Args:
        classes: number of classes.
        latent_dimension: length of a latent vector.

    Source: Ghosh et al., "From Variational to Deterministic Autoencoders", 2020, section 4 ("ex-post density
    estimation"), with one normal distribution a class.
    """

    def __init__(self, classes: int, latent_dimension: int, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False} | options)
        self.classes, self.latent_dimension = classes, latent_dimension

    def build(self, latent_shape: Any, wanted_shape: Any) -> None:
        """Add the weights, which ``fit`` sets. The arguments' names are part of saved networks."""
        size = self.latent_dimension
        self.mean = self.add_weight(shape=(self.classes, size), initializer="zeros", name="mean")
        self.factor = self.add_weight(shape=(self.classes, size, size), initializer="zeros", name="factor")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"classes": self.classes, "latent_dimension": self.latent_dimension}

    def call(self, latent: Any, wanted: Any) -> Any:
        """Turn standard normal vectors, (b, latent_dimension), into samples of classes, one-hot, (b, classes)."""
        # Computed for all classes: a gather would copy a matrix for each vector.
        by_class = ops.einsum("bj,cij->bci", latent, self.factor) + self.mean
        return ops.einsum("bc,bci->bi", wanted, by_class)

    def fit(self, means: NDArray[Any], variances: NDArray[Any], labels: NDArray[np.integer]) -> None:
        """Set mean and covariance of each class to those of the mixture of its pictures' latent distributions.

        Args:
            means: of the latent distributions, (n, latent_dimension).
            variances: of the latent distributions, (n, latent_dimension). They make the covariance regular even with
                fewer pictures than dimensions.
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
    """Return a generator from standard normal vectors and classes, one-hot, to pictures; weights are shared."""
    latent = keras.Input((prior.latent_dimension,), name="latent")
    condition = keras.Input((prior.classes,), name="class")
    return keras.Model([latent, condition], decoder(prior(latent, condition)), name="generator")
