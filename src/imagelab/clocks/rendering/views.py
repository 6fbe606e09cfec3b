"""Views: camera and light of a picture, drawn at random, and the camera's projection."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import Array, direction
from imagelab.settings.clocks import Render

HALF_FIELD = math.tan(math.radians(20))  # half the picture's width over the distance: a field of 40 degrees
LARGEST_PIVOT_SHIFT = 0.04  # of the picture's width, along each axis
LARGEST_LEAN_DEGREES = 15  # of the direction in which the wall recedes, from the picture's upper edge
GLARE_REACH = 0.8  # largest distance of the spot's centre from the pivot, in radii, so that it lies on the face
BRIGHTNESS = (0.92, 1.1)
BRIGHTNESS_FALL = (0.3, 0.65)


@dataclass(frozen=True)
class View:
    """Camera and light of one picture.

    Positions are in pixels from the picture's left and upper edge, diameters in pixels. Directions are clockwise from
    the picture's upper edge.
    """

    roll_degrees: float  # of the camera around its axis, clockwise; the clock appears turned the other way
    tilt_degrees: float  # between the line of sight and the wall's normal
    tilt_direction_degrees: float  # where the wall recedes
    diameter_fraction: float  # of the ring, untilted and at the hands' distance, over the picture's width
    pivot_x: float  # where the hands are fixed
    pivot_y: float
    brightness: float  # gain of clock and wall; 1 leaves the design's levels as they are
    brightness_fall: float  # share of the wall's light that is lost towards the side opposite to the lamp
    brightness_direction_degrees: float  # where the lamp is
    glare_x: float  # NaN where there is none
    glare_y: float
    glare_diameter: float  # of its core, in which a hand cannot be seen


def draw_view(settings: Render, rng: np.random.Generator) -> View:
    """Draw a camera and a light at random from the settings' intervals."""
    size = settings.image_size
    roll, tilt = rng.uniform(*settings.roll_degrees), rng.uniform(*settings.tilt_degrees)
    # The report's camera stands upright and looks up the wall from below the clock.
    tilt_direction = rng.uniform(-LARGEST_LEAN_DEGREES, LARGEST_LEAN_DEGREES) % 360
    fraction = rng.uniform(*settings.diameter_fraction)
    pivot = size * (0.5 + rng.uniform(-LARGEST_PIVOT_SHIFT, LARGEST_PIVOT_SHIFT, 2))
    to_picture = camera(size, roll, tilt, tilt_direction, fraction, pivot)
    brightness, fall, fall_direction = rng.uniform(*BRIGHTNESS), rng.uniform(*BRIGHTNESS_FALL), rng.uniform(0, 360)
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
    """Homography from the plane of the hands to the picture for one view; as ``camera``, (3, 3)."""
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
    """Homography of a pinhole camera from the plane of the hands (in radii, x right, y down) to the picture; (3, 3).

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


def behind(to_picture: NDArray[np.float64], depth: float) -> NDArray[np.float64]:
    """Homography from the plane that lies ``depth`` radii behind that of the given one; (3, 3)."""
    x, y, height = camera_position(to_picture)
    farther = height / (height + depth)
    to_plane = np.array([[farther, 0, (1 - farther) * x], [0, farther, (1 - farther) * y], [0, 0, 1]])
    return np.asarray(to_picture @ to_plane)


def camera_position(to_picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the camera of a homography of ``camera`` is: x, y and height above the plane, in radii; shape (3,)."""
    recede, distance = to_picture[2, :2], to_picture[2, 2]
    return np.array([*(-distance * recede), distance * math.sqrt(1 - recede @ recede)])


def jacobian(homography: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derivative of a homography at the origin, (2, 2): columns say where one step right and one step down lead.

    A line through the origin keeps the direction that this linear map gives it, however oblique the view.
    """
    origin = homography[:2, 2] / homography[2, 2]
    # The quotient rule: d((A x + b) / (c x + d)) / dx = (A - (b / d) c) / d
    return np.asarray((homography[:2, :2] - np.outer(origin, homography[2, :2])) / homography[2, 2])


def project(homography: NDArray[np.float64], points: Array) -> NDArray[np.float64]:
    """Images of points under a homography; both of shape (..., 2)."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[..., :2] / mapped[..., 2:])
