"""Settings that the trainings of several tasks may share."""

from typing import Literal

from imagelab.settings.section import NonNegativeInt, Section


class Augmentation(Section):
    """How training pictures vary from epoch to epoch."""

    # Mirrored left to right: not at all; each with probability 1/2; or in turns, so that two epochs show both.
    flips: Literal["none", "random", "alternating"]
    shift: NonNegativeInt  # pixels: the largest, up, down, left and right
    cut_out: NonNegativeInt  # pixels: side of a square that is covered with the mean colour; 0: none


class Views(Section):
    """Views of a picture, beside the picture itself, whose logits are averaged when it is classified."""

    flips: bool  # mirror images
    shift: NonNegativeInt  # pixels, diagonally, both ways; 0: none
