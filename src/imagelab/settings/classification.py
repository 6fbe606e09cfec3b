"""Settings of task 1: the Keras examples, the grid search, the ranking."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from imagelab.settings.section import BelowOne, Fraction, NonNegativeFloat, PositiveFloat, PositiveInt, Section, Text
from imagelab.settings.training import Augmentation, Views

Optimizer = Literal["adam", "adamax", "rmsprop", "sgd", "adagrad", "adadelta", "nadam"]


class Prepare(Section):
    """MNIST, Fashion-MNIST and CIFAR-10 as arrays."""

    validation_fraction: Fraction  # share of the training file that is not trained on
    most_training_images: PositiveInt | None  # of the training file, drawn at random; null takes all


class Schedule(Section):
    """How long a network is trained."""

    epochs: PositiveInt


class KerasExample(Section):
    """The two MNIST examples that the report quotes."""

    batch_size: PositiveInt
    mlp: Schedule
    cnn: Schedule


class MlpNetwork(Section):
    """A fully connected network: hidden layers, the dropout after each, the L1 penalty on the first."""

    hidden: tuple[PositiveInt, ...] = Field(min_length=1)
    dropout: tuple[BelowOne, ...]
    l1_on_first: NonNegativeFloat

    @model_validator(mode="after")
    def _one_rate_a_layer(self) -> Self:
        if len(self.dropout) != len(self.hidden):
            raise ValueError(f"one dropout rate for each of {len(self.hidden)} hidden layers")
        return self

    def __str__(self) -> str:
        layers = "-".join(map(str, self.hidden))
        rates = "-".join(f"{rate:g}" for rate in self.dropout)
        return f"{layers}, dropout {rates}" + (f", L1 {self.l1_on_first:g}" if self.l1_on_first else "")


class CnnNetwork(Section):
    """The CNN from Géron's book that the report uses."""

    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the 7x7 convolution and of the two pairs of 3x3
    dense: tuple[PositiveInt, PositiveInt]
    dropout: BelowOne
    batch_normalization: bool  # right before the flattening

    def __str__(self) -> str:
        widths = "-".join(map(str, (*self.filters, *self.dense)))
        return f"{widths}, batch normalisation" if self.batch_normalization else widths


Network = MlpNetwork | CnnNetwork


class SubGrid(Section):
    """Lists of values; every combination is a point of the grid, as in scikit-learn's ``ParameterGrid``."""

    optimizer: tuple[Optimizer, ...] = Field(min_length=1)
    learning_rate: tuple[PositiveFloat, ...] = Field(min_length=1)
    batch_size: tuple[PositiveInt, ...] = Field(min_length=1)
    epochs: tuple[PositiveInt, ...] = Field(min_length=1)


SETTINGS = tuple(SubGrid.model_fields)
"""The settings that the points of all families have."""


class MlpSubGrid(SubGrid):
    """Lists of values for fully connected networks, with the variants of the network."""

    variant: tuple[Text, ...] = Field(min_length=1)


class MlpFamily(Section):
    """The fully connected networks by name, and the points to try."""

    variants: dict[str, MlpNetwork] = Field(min_length=1)
    grid: tuple[MlpSubGrid, ...] = Field(min_length=1)

    @field_validator("grid")
    @classmethod
    def _only_known_variants(cls, grid: tuple[MlpSubGrid, ...], info: ValidationInfo) -> tuple[MlpSubGrid, ...]:
        known = info.data.get("variants", {})
        for variant in (variant for sub_grid in grid for variant in sub_grid.variant):
            if known and variant not in known:
                context = {"names": ", ".join(known), "key": "variant", "received": repr(variant)}
                raise PydanticCustomError("wrong_key", "one of {names}", context)
        return grid


class CnnFamily(Section):
    """A CNN, and the points to try."""

    network: CnnNetwork
    grid: tuple[SubGrid, ...] = Field(min_length=1)


class Search(Section):
    """The grid search on Fashion-MNIST, one family of networks a key."""

    mlp: MlpFamily
    cnn: CnnFamily
    cnn_batch_norm: CnnFamily


FAMILIES = tuple(Search.model_fields)
"""Names of the families of networks that the search trains."""


class Rank(Section):
    """The choice of the best settings."""

    selection: Literal["validation", "test"]  # the split whose accuracy decides
    best: PositiveInt  # how many of the CNN's settings are tried on CIFAR-10
    published_best: bool  # whether the report's own best three are tried as well


class BestClassifier(Section):
    """Our best network for a data set, and its training."""

    filters: tuple[PositiveInt, ...] = Field(min_length=1)  # of the blocks' convolutions; each block halves the picture
    convolutions: PositiveInt  # of each block
    activation: Literal["relu", "silu", "gelu"]
    whitening: PositiveInt | None  # pixels: side of the patches that a first layer whitens; null: no such layer
    epochs: PositiveInt
    batch_size: PositiveInt
    kernel_learning_rate: PositiveFloat  # of the convolutions' kernels, by Muon: the largest
    kernel_momentum: BelowOne  # Muon's, Nesterov's
    learning_rate: PositiveFloat  # of the last layer, by stochastic gradient descent: the largest
    offset_learning_rate: PositiveFloat  # of batch normalisation's offsets, in multiples of the last layer's
    momentum: BelowOne  # of both, Nesterov's
    decay: Literal["none", "cosine"]  # of the learning rates from the largest down to 0 in the last step
    label_smoothing: BelowOne  # probability that targets share out among all classes
    augmentation: Augmentation
    test_time_views: Views  # over which a picture's logits are averaged
    train_on_validation: bool  # whether the validation split is trained on as well, once the settings are chosen


class BestClassifiers(Section):
    """The best classifier of each data set."""

    fashion_mnist: BestClassifier
    cifar10: BestClassifier


BEST_CLASSIFIED = tuple(BestClassifiers.model_fields)
"""Names of the data sets that have a best classifier."""
