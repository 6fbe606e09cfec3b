"""Settings of task 2: the renderer, the clock networks, the reader."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from imagelab.settings.section import (
    BelowOne,
    Fraction,
    Interval,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    PositiveInterval,
    Probability,
    Section,
)

SMALLEST_CLOCK = 16  # pixels; smaller clocks cannot be read, and the networks would pool to nothing


def _below_grazing(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] < 0 or interval[1] > 60:  # beyond 60 degrees the wall's horizon is near the picture
        raise ValueError("an interval within [0, 60]")
    return interval


TiltInterval = Annotated[Interval, AfterValidator(_below_grazing)]


def _at_most_twice(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[1] > 2:  # of larger faces a picture shows a part only
        raise ValueError("an interval up to 2")
    return interval


FaceInterval = Annotated[PositiveInterval, AfterValidator(_at_most_twice)]


class Render(Section):
    """The clock renderer: number and size of the pictures, camera, light."""

    images_per_time: PositiveInt  # pictures of each of the 720 times
    # Pixels, square. Of the official clocks, those of this size are downloaded.
    image_size: Annotated[int, Field(ge=SMALLEST_CLOCK, le=1024)]
    roll_degrees: Interval  # rotation of the camera around its own axis, clockwise
    tilt_degrees: TiltInterval  # between the line of sight and the wall's normal
    diameter_fraction: PositiveInterval  # outer diameter of the ring, over the picture's width
    glare_probability: Probability  # that a picture has glare on the face
    glare_fraction: PositiveInterval  # diameter of its core, in which hands are invisible, over the picture's width
    noise_standard_deviation: NonNegativeFloat  # sensor noise, in grey levels of 0..255


class SplitClocks(Section):
    """The split of the clocks."""

    train_fraction: Fraction


class ClockHead(Section):
    """Training of one clock network."""

    learning_rate: PositiveFloat
    epochs: PositiveInt | None  # null: as many as ``clock.epochs``


class MultiHead(ClockHead):
    """The two-headed network and its training."""

    minute_filters: PositiveInt  # of the convolutions in the minute branch


class Clock(Section):
    """Training of the clock networks."""

    epochs: PositiveInt
    batch_size: PositiveInt
    classification: ClockHead
    regression: ClockHead
    multi_head: MultiHead
    cyclic: ClockHead
    double_classification: ClockHead


HEAD_NAMES = tuple(
    name
    for name, field in Clock.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, ClockHead)
)
"""Names of the heads, the networks on the report's trunk."""

NETWORK_NAMES = (*HEAD_NAMES, "reader")
"""Names of all networks that read clocks."""


class RandomClocks(Section):
    """Pictures of clocks of random designs: camera, and the share that cannot be read."""

    diameter_fraction: FaceInterval  # diameter of the face, over the picture's width
    # Largest distance, along each axis, of the pivot from the picture's middle, over the picture's width; less where
    # the face would lie beyond the edge.
    centre_reach: Annotated[float, Field(ge=0, le=0.5)]
    tilt_degrees: TiltInterval  # between the line of sight and the wall's normal
    unreadable_fraction: Probability  # pictures without a clock, or of a clock without both hands


class ReaderClocks(Section):
    """Clocks that are rendered for the reader alone: it trains on them, and is tested on unseen ones."""

    image_size: Annotated[int, Field(ge=SMALLEST_CLOCK, le=1024)]  # pixels, square; what the reader reads
    report_images_per_time: NonNegativeInt  # training pictures of each of the 720 times, of the report's design
    random_designs: NonNegativeInt  # training pictures, each of a design of its own
    localiser_pictures: PositiveInt  # further ones, also of random designs, in which the localiser finds the clock
    test: PositiveInt  # pictures of random designs; no network trains on them
    near: RandomClocks  # views of clocks to read
    far: RandomClocks  # views in which the localiser finds the clock

    @model_validator(mode="after")
    def _some_to_train_on(self) -> Self:
        if not self.report_images_per_time + self.random_designs:
            raise ValueError("report_images_per_time or random_designs above 0")
        return self


class ReaderNetwork(Section):
    """Sizes of the network that reads."""

    # Rays from the pivot; half as many directions are distinguished.
    angles: Annotated[int, Field(ge=120, multiple_of=120)]
    radii: Annotated[int, Field(ge=8, multiple_of=4)]  # samples on each ray
    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the convolutions over angle and radius
    width: PositiveInt  # features of a direction


class Localiser(Section):
    """The network that finds the clock, and its training."""

    image_size: Annotated[int, Field(ge=SMALLEST_CLOCK)]  # pixels, square; ``reader_clocks.image_size`` is a multiple
    filters: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt]  # of the convolutions; each halves the size
    width: PositiveInt  # of the dense layer
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat  # the largest, after the warm-up; then it decays to 0 along a cosine


class Reader(Section):
    """The network that reads, and its training."""

    network: ReaderNetwork
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat  # the largest, after the warm-up; then it decays to 0 along a cosine
    weight_decay: NonNegativeFloat
    averaging: BelowOne  # decay of the moving average of the weights, which reads in the end; 0: no average
    auxiliary_weight: NonNegativeFloat  # of the losses of the directions of hands and dial; 0: times only
