"""The base class of sections, and the types of their values."""

import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, lt=1)]  # neither nothing nor everything
Probability = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Text = Annotated[str, Field(min_length=1)]


def _ordered(interval: tuple[float, float]) -> tuple[float, float]:
    if not -math.inf < interval[0] <= interval[1] < math.inf:
        raise ValueError("an interval [low, high] with low <= high")
    return interval


def _positive(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] <= 0:
        raise ValueError("an interval above 0")
    return interval


Interval = Annotated[tuple[float, float], AfterValidator(_ordered)]
PositiveInterval = Annotated[Interval, AfterValidator(_positive)]


class Section(BaseModel):
    """A section of ``params.yaml``: no unknown keys, no conversions, no changes after reading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
