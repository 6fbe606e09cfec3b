"""Views: camera and light of a picture, drawn at random, and the camera's projection."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import Array, direction
from imagelab.settings.clocks import Render

HALF_FIELD = math.tan(math.radians(15))  # half the picture's width over the distance: a field of 30 degrees
LARGEST_PIVOT_SHIFT = 0.02  # of the picture's width, along each axis
GLARE_REACH = 0.85  # largest distance of the spot's centre from the pivot, in radii, so that it lies on the face


@dataclass(frozen=True)
class View:
    """Camera and light of one picture.

    Positions are in pixels from the picture's left and upper edge, diameters in pixels. Directions are clockwise from
    the picture's upper edge.
    """

    roll_degrees: float  # of the camera around its axis, clockwise; the clock appears turned the other way
    tilt_degrees: float  # between the line of sight and the wall's normal
    tilt_direction_degrees: float  # where the wall recedes
    diameter_fraction: float  # of the ring, if it were not tilted, over the picture's width
    pivot_x: float  # where the hands are fixed
    pivot_y: float
    brightness: float  # gain where it is brightest; 1 leaves the template's levels as they are
    brightness_fall: float  # share of the gain that is lost towards the opposite side
    brightness_direction_degrees: float  # where it is brightest
    glare_x: float  # NaN where there is none
    glare_y: float
    glare_diameter: float


def draw_view(settings: Render, rng: np.random.Generator) -> View:
    """Draw a camera and a light at random from the settings' intervals."""
    size = settings.image_size
    roll, tilt = rng.uniform(*settings.roll_degrees), rng.uniform(*settings.tilt_degrees)
    tilt_direction, fraction = rng.uniform(0, 360), rng.uniform(*settings.diameter_fraction)
    pivot = size * (0.5 + rng.uniform(-LARGEST_PIVOT_SHIFT, LARGEST_PIVOT_SHIFT, 2))
    to_picture = camera(size, roll, tilt, tilt_direction, fraction, pivot)
    brightness, fall, fall_direction = rng.uniform(0.82, 1.04), rng.uniform(0.05, 0.4), rng.uniform(0, 360)
    # Drawn for every picture, with glare or not, so that the probability of glare changes nothing else.
    shown, distance, turn = rng.random(3)
    diameter = size * rng.uniform(*settings.glare_fraction)
    place = GLARE_REACH * math.sqrt(distance)  # the root spreads the spots evenly over the face's area
    spot = np.clip(project(to_picture, place * direction(turn)), 0, size)  # visible in cropped clocks too
    if shown >= settings.glare_probability:
        spot, diameter = np.full(2, np.nan), math.nan
    return View(
        roll_degrees=roll,
        tilt_degrees=tilt,
        tilt_direction_degrees=tilt_direction,
        diameter_fraction=fraction,
        pivot_x=float(pivot[0]),
        pivot_y=float(pivot[1]),
        brightness=brightness,
        brightness_fall=fall,
        brightness_direction_degrees=fall_direction,
        glare_x=float(spot[0]),
        glare_y=float(spot[1]),
        glare_diameter=diameter,
    )


def camera_of(view: View, size: int) -> NDArray[np.float64]:
    """Homography from the wall to the picture for one view; as ``camera``, (3, 3)."""
    pivot = np.array([view.pivot_x, view.pivot_y])
    return camera(
        size, view.roll_degrees, view.tilt_degrees, view.tilt_direction_degrees, view.diameter_fraction, pivot
    )


def camera(
    size: float,
    roll_degrees: float,
    tilt_degrees: float,
    tilt_direction_degrees: float,
    fraction: float,
    pivot: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Homography from the wall (in radii, x right, y down) to the picture (in pixels), of a pinhole camera; (3, 3).

    The camera looks at the pivot from such a distance that the ring's diameter is ``fraction`` of the picture's width.
    """
    roll, tilt, direction = (math.radians(value) for value in (-roll_degrees, tilt_degrees, tilt_direction_degrees))
    turned = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    recede = np.array([math.sin(direction), -math.cos(direction)])  # unit vector in the picture
    in_picture = np.eye(2) + (math.cos(tilt) - 1) * np.outer(recede, recede)
    depth = math.sin(tilt) * recede
    distance = 1 / (fraction * HALF_FIELD)
    wall_to_camera = np.zeros((3, 3))  # columns: where one step right, one step down and the origin end up
    wall_to_camera[:2, :2] = in_picture @ turned
    wall_to_camera[2, :2] = depth @ turned
    wall_to_camera[2, 2] = distance
    focal = size / 2 / HALF_FIELD  # in pixels
    lens = np.array([[focal, 0, pivot[0]], [0, focal, pivot[1]], [0, 0, 1]])
    return lens @ wall_to_camera


def project(homography: NDArray[np.float64], points: Array) -> NDArray[np.float64]:
    """Images of points under a homography; both of shape (..., 2)."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[..., :2] / mapped[..., 2:])
