"""Typed, strict and frozen settings, one class a section of ``params.yaml``; the only reader of that file."""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from yaml import MarkedYAMLError, YAMLError

from imagelab import yaml_reading
from imagelab.errors import InputError

DEFAULT_PATH = Path("params.yaml")
SMALLEST_CLOCK = 16  # pixels; below that nobody reads a clock, and the networks pool to nothing
_MOST_CHARACTERS = 120  # of a value in a message; a section in the place of a number has more

PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, lt=1)]  # a proper part: neither nothing nor everything
Probability = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Text = Annotated[str, Field(min_length=1)]

Optimizer = Literal["adam", "adamax", "rmsprop", "sgd", "adagrad", "adadelta", "nadam"]
Head = Literal["classification", "regression", "multi_head", "cyclic", "double_classification"]  # on the report's trunk
ClockNetwork = Literal[Head, "reader"]
Family = Literal["mlp", "cnn", "cnn_batch_norm"]
VaeSize = Literal["small", "medium", "large"]  # latent dimension
Generator = Literal["vae_small", "vae_medium", "vae_large", "gan"]


def _ordered(interval: tuple[float, float]) -> tuple[float, float]:
    if not -math.inf < interval[0] <= interval[1] < math.inf:
        raise ValueError("an interval [low, high] with low <= high")
    return interval


def _positive(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] <= 0:
        raise ValueError("an interval above 0")
    return interval


def _below_grazing(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] < 0 or interval[1] > 60:  # beyond 60 degrees the wall's horizon comes near the picture
        raise ValueError("an interval within [0, 60]")
    return interval


def _downloaded_or_demo(source: str) -> str:
    if source in ("render", ""):
        raise ValueError("'official', 'demo' or a path")
    return source


def _rendered(source: str) -> str:
    if source in ("official", "demo", ""):
        raise ValueError("'render' or a path")
    return source


Interval = Annotated[tuple[float, float], AfterValidator(_ordered)]
PositiveInterval = Annotated[Interval, AfterValidator(_positive)]
TiltInterval = Annotated[Interval, AfterValidator(_below_grazing)]
Source = Annotated[str, AfterValidator(_downloaded_or_demo)]
ClockSource = Annotated[str, AfterValidator(_rendered)]


class Section(BaseModel):
    """A part of ``params.yaml``: no unknown keys, no conversions, no changes after reading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Fetch(Section):
    """Where each raw data set comes from.

    ``official`` downloads it, ``demo`` makes a small stand-in, ``render`` draws the clocks; anything else is the path
    of a folder or an archive, which may begin with ``~``, or else is relative to the repository.
    """

    mnist: Source
    fashion_mnist: Source
    cifar10: Source
    leaves: Source
    clocks: ClockSource


class Demo(Section):
    """How much the embedded stand-ins hold."""

    test_digits: Annotated[int, Field(ge=10, le=1700)]  # of 1,797; the others are the training file
    leaves_per_class: PositiveInt


class Render(Section):
    """The clock renderer: how many pictures, how large, seen from where, in which light."""

    images_per_time: PositiveInt  # pictures of each of the 720 times
    image_size: Annotated[int, Field(ge=SMALLEST_CLOCK, le=1024)]  # pixels, square
    roll_degrees: Interval  # turn of the camera around its own axis, clockwise
    tilt_degrees: TiltInterval  # between the line of sight and the wall's normal
    diameter_fraction: PositiveInterval  # outer diameter of the ring over the picture's width
    glare_probability: Probability  # share of the pictures with one saturated spot on the face
    glare_fraction: PositiveInterval  # diameter of that spot over the picture's width
    noise_standard_deviation: NonNegativeFloat  # sensor noise, in grey levels of 0..255


class Prepare(Section):
    """MNIST, Fashion-MNIST and CIFAR-10 as arrays."""

    validation_fraction: Fraction  # part of the training file that is kept out of training
    most_training_images: PositiveInt | None  # take so many of the training file, drawn at random; null takes all


class PrepareLeaves(Section):
    """The report's preprocessing of the leaves."""

    image_size: Annotated[int, Field(ge=8, multiple_of=8)]  # pixels, square; the source's size must be a multiple
    most_classes_per_crop: PositiveInt
    most_images_per_class: PositiveInt
    reduction: Literal["slice", "area"]  # every n-th pixel, as the report; or means
    other_sizes: Literal["refuse", "resize"]  # what happens to pictures that are no multiple of image_size
    most_unreadable_images: Annotated[int, Field(ge=0)]  # that are left out; one more stops the stage
    held_out_fraction: Fraction  # part that the generators never see; evaluation compares with it


class LabelClocks(Section):
    """The split of the clocks."""

    train_fraction: Fraction


class Schedule(Section):
    """How often a network sees its training split."""

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
    """The CNN that the report takes from Géron's book."""

    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the 7x7 convolution and of the two pairs of 3x3
    dense: tuple[PositiveInt, PositiveInt]
    dropout: BelowOne
    batch_normalization: bool  # right before the flattening

    def __str__(self) -> str:
        widths = "-".join(map(str, (*self.filters, *self.dense)))
        return f"{widths}, batch normalisation" if self.batch_normalization else widths


Network = MlpNetwork | CnnNetwork


class SubGrid(Section):
    """Lists of values; every combination is a point of the grid, as scikit-learn's ``ParameterGrid`` has it."""

    optimizer: tuple[Optimizer, ...] = Field(min_length=1)
    learning_rate: tuple[PositiveFloat, ...] = Field(min_length=1)
    batch_size: tuple[PositiveInt, ...] = Field(min_length=1)
    epochs: tuple[PositiveInt, ...] = Field(min_length=1)


SETTINGS = tuple(SubGrid.model_fields)
"""What a point of every family has."""


class MlpSubGrid(SubGrid):
    """As above, over variants of the network as well."""

    variant: tuple[Text, ...] = Field(min_length=1)


class MlpFamily(Section):
    """The fully connected networks by name, and the points to try."""

    variants: dict[str, MlpNetwork] = Field(min_length=1)
    grid: tuple[MlpSubGrid, ...] = Field(min_length=1)


class CnnFamily(Section):
    """A CNN, and the points to try."""

    network: CnnNetwork
    grid: tuple[SubGrid, ...] = Field(min_length=1)


class Search(Section):
    """The grid search on Fashion-MNIST, one family of networks a key."""

    mlp: MlpFamily
    cnn: CnnFamily
    cnn_batch_norm: CnnFamily


class Rank(Section):
    """On which split the best settings are chosen."""

    selection: Literal["validation", "test"]
    best: PositiveInt  # how many of the CNN settings go on to CIFAR-10
    published_best: bool  # whether the report's own best three go on as well


class ClockHead(Section):
    """Training of one clock network."""

    learning_rate: PositiveFloat
    epochs: PositiveInt | None  # null: as many as ``clock.epochs``


class Clock(Section):
    """Training of the clock networks."""

    epochs: PositiveInt
    batch_size: PositiveInt
    minute_filters: PositiveInt  # of the convolutions in the minute branch of multi_head
    steps_per_execution: PositiveInt  # batches a call of the compiled graph; changes the speed only
    classification: ClockHead
    regression: ClockHead
    multi_head: ClockHead
    cyclic: ClockHead
    double_classification: ClockHead

    def epochs_of(self, head: Head) -> int:
        """Epochs to train the network with this head."""
        own: ClockHead = getattr(self, head)
        return own.epochs if own.epochs is not None else self.epochs


class ReaderNetwork(Section):
    """Sizes of the clock reader."""

    angles: Annotated[int, Field(ge=32, multiple_of=8)]  # rays from the centre; half as many directions are told apart
    radii: Annotated[int, Field(ge=8, multiple_of=4)]  # samples on each ray
    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the convolutions over angle and radius
    width: PositiveInt  # features of a direction
    knows_up: bool  # for clocks that hang upright; without it a turned picture reads as the upright one does

    @property
    def directions(self) -> int:
        """Into how many directions the turn is divided."""
        return self.angles // 2


class Reader(Section):
    """The clock reader and its training."""

    network: ReaderNetwork
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat  # the largest, after the warm-up; it falls to 0 along a cosine
    weight_decay: NonNegativeFloat
    helper_weight: NonNegativeFloat  # of the losses that only the renderer knows the targets of; 0: times only
    steps_per_execution: PositiveInt


class UnlikeClocks(Section):
    """Clocks of another design, which no network is trained on."""

    images_per_time: PositiveInt


class LeafClassifier(Section):
    """The classifier of real leaves, in whose features generated ones are measured."""

    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the three convolutions
    features: Annotated[int, Field(ge=2)]  # one has no covariance
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat


class GeneratorTraining(Section):
    """What the trainings of all generators have in common."""

    epochs: PositiveInt
    snapshot_epochs: tuple[PositiveInt, ...]  # after which pictures are drawn, to see the progress; besides the last
    batch_size: PositiveInt

    def snapshots(self) -> list[int]:
        """Return the epochs after which to draw, ascending; the last is always one of them."""
        return sorted({epoch for epoch in self.snapshot_epochs if epoch < self.epochs} | {self.epochs})


class LatentDimensions(Section):
    """Lengths of the latent vectors of the three autoencoders."""

    small: PositiveInt
    medium: PositiveInt
    large: PositiveInt


class Vae(GeneratorTraining):
    """The variational autoencoders, which differ in their latent dimensions."""

    latent_dimensions: LatentDimensions
    code: Literal["vector", "grid"]  # the report's; or one that keeps where in the picture things are
    filters: PositiveInt
    learning_rate: PositiveFloat
    reconstruction_reduction: Literal["sum", "mean"]  # of the errors over pixels and channels
    decay: Literal["none", "cosine"]  # of the learning rate, down to 0 in the last step
    kl_weight: NonNegativeFloat
    edge_weight: NonNegativeFloat  # of errors in the differences between neighbouring pixels
    prior: Literal["normal", "classes"]  # what latent vectors are drawn from: standard normal; or fitted to each class


class Gan(GeneratorTraining):
    """The generative adversarial network."""

    latent_dimension: PositiveInt
    filters: PositiveInt
    learning_rate: PositiveFloat
    discriminator_learning_rate: PositiveFloat | None  # null: the same
    beta_1: Probability  # Adam's decay of the first moment
    batch_normalization: bool  # in the generator
    class_conditioning: bool  # both networks are told the class
    augmentation: bool  # of what the discriminator sees
    averaging: BelowOne  # decay of the moving average of the generator, which then draws; 0: none


class Sample(Section):
    """What the trained generators are asked to draw."""

    images: Annotated[int, Field(ge=16)]  # for the metrics; the first ones are shown
    snapshot_images: Annotated[int, Field(ge=16)]  # at each of the snapshot epochs, the first ones of ``images``
    interpolation_steps: Annotated[int, Field(ge=2)]
    interpolation: Literal["linear", "spherical"]  # between two latent vectors; the report's is linear
    on_collapse: Literal["fail", "mark"]  # of a generator: stop the stage, or say so and mark it in its metrics


class Params(Section):
    """The whole of ``params.yaml``."""

    seed: Annotated[int, Field(ge=0, lt=2**32 - 1)]  # NumPy and Keras take 32 bits
    precision: Literal["float32", "mixed_bfloat16"]
    threads: PositiveInt  # that share one operation; a part of the result, since sums are split between them
    fetch: Fetch
    demo: Demo
    render: Render
    prepare: Prepare
    prepare_leaves: PrepareLeaves
    label_clocks: LabelClocks
    keras_example: KerasExample
    search: Search
    rank: Rank
    clock: Clock
    reader: Reader
    unlike_clocks: UnlikeClocks
    leaf_classifier: LeafClassifier
    vae: Vae
    gan: Gan
    sample: Sample

    def of_training(self, section: str) -> dict[str, Any]:
        """Return a section and what every training reads besides, as plain values."""
        return self.model_dump(mode="json", include={"seed", "precision", "threads", section})


def load(path: Path = DEFAULT_PATH) -> Params:
    """Read and check every setting.

    Raises:
        InputError: for a missing or unreadable file, and for the first key that is unknown, missing, of the wrong
        type or out
            of range; the message names the key, what was expected and what was received.
    """
    try:
        content = yaml_reading.load(path)
        # By way of JSON, because strict mode takes a list for a tuple there, and nowhere else.
        params = Params.model_validate_json(json.dumps(content, default=_refuse))
    except FileNotFoundError:
        raise InputError("settings", where=path, expected="a file", received="nothing of that name") from None
    except YAMLError as error:
        raise InputError("settings", where=path, expected="YAML", received=_problem(error)) from None
    except ValidationError as error:
        raise _as_input_error(error, path) from None
    except (ValueError, TypeError, RecursionError) as error:  # no UTF-8, a list as a key, a value that holds itself
        raise InputError("settings", where=path, expected="plain YAML", received=error) from None
    _check_variants(params.search.mlp, path)
    return params


def _check_variants(family: MlpFamily, path: Path) -> None:
    for variant in (variant for sub_grid in family.grid for variant in sub_grid.variant):
        if variant not in family.variants:
            expected = f"one of {', '.join(family.variants)}"
            raise InputError("search.mlp.grid.variant", where=path, expected=expected, received=repr(variant))


def _refuse(value: Any) -> NoReturn:
    """Say what is no plain value: a date without quotes, a set."""
    raise TypeError(f"a {type(value).__name__} ({value}); a text like it needs quotes")


def _as_input_error(error: ValidationError, path: Path) -> InputError:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "the whole file"
    match first["type"]:
        case "extra_forbidden":
            return InputError(f"unknown key {key}", where=path, expected="no such key", received=_shown(first["input"]))
        case "missing":
            return InputError(f"missing key {key}", where=path, expected="a value", received="none")
        case "too_short":
            expected = f"{first['ctx']['min_length']} or more of them"
        case "too_long":
            expected = f"{first['ctx']['max_length']} of them"
        case "string_too_short":
            expected = "a name"
        case "json_invalid":  # an escape of half a character
            return InputError("settings", where=path, expected="plain YAML", received=first["ctx"]["error"])
        case _:
            expected = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return InputError(key, where=path, expected=expected, received=_shown(first["input"]))


def _problem(error: YAMLError) -> str:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"something else: {error.problem} in line {error.problem_mark.line + 1}"
    return f"something else: {error}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} ..."
