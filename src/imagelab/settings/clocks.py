"""Settings of task 2: the renderer, the clock networks, the reader."""

from typing import Annotated

from pydantic import AfterValidator, Field

from imagelab.settings.section import (
    Fraction,
    Interval,
    NonNegativeFloat,
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


class Clock(Section):
    """Training of the clock networks."""

    epochs: PositiveInt
    batch_size: PositiveInt
    minute_filters: PositiveInt  # of the convolutions in the minute branch of multi_head
    classification: ClockHead
    regression: ClockHead
    multi_head: ClockHead
    cyclic: ClockHead
    double_classification: ClockHead


HEAD_NAMES = tuple(name for name, field in Clock.model_fields.items() if field.annotation is ClockHead)
"""Names of the heads, the networks on the report's trunk."""

NETWORK_NAMES = (*HEAD_NAMES, "reader")
"""Names of all networks that read clocks."""


class ReaderNetwork(Section):
    """Sizes of the clock reader."""

    # Rays from the centre; half as many directions are distinguished.
    angles: Annotated[int, Field(ge=32, multiple_of=8)]
    radii: Annotated[int, Field(ge=8, multiple_of=4)]  # samples on each ray
    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the convolutions over angle and radius
    width: PositiveInt  # features of a direction
    assume_upright: bool  # use that clocks hang upright; otherwise a rotated picture reads as the upright one does


class Reader(Section):
    """The clock reader and its training."""

    network: ReaderNetwork
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat  # the largest, after the warm-up; then it decays to 0 along a cosine
    weight_decay: NonNegativeFloat
    auxiliary_weight: NonNegativeFloat  # of the losses whose targets only the renderer knows; 0: times only


class UnlikeClocks(Section):
    """Clocks of another design, on which no network is trained."""

    images_per_time: PositiveInt


class RandomClocks(Section):
    """Pictures of clocks of random designs: camera, and the share that cannot be read."""

    diameter_fraction: PositiveInterval  # diameter of the face, over the picture's width
    centre_reach: Annotated[float, Field(ge=0, le=0.5)]  # largest distance, along each axis, of the pivot from the
    # picture's middle, over the picture's width; less where the face would lie beyond the edge
    tilt_degrees: TiltInterval  # between the line of sight and the wall's normal
    unreadable_fraction: Probability  # pictures without a clock, or of a clock without both hands
