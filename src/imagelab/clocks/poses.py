"""Poses: where in a picture a clock is, and how its face is foreshortened.

A pose is five numbers: the pivot, at which the hands turn, and a symmetric map from the clock's plane to the picture.
The vector ``[x, y, xx, xy, yy]`` says that a point ``(u, v)``, u radii of the face to the right of the pivot and v
down, appears at ``(x + xx u + xy v, y + xy u + yy v)``. In arrays for networks the unit is the picture's width.

A clock that is seen obliquely is mapped by ``M = S R``, with a rotation R and a symmetric S. A pose holds S. The
rotation, ``roll``, stays open: only the dial can tell it.
"""

import numpy as np
from numpy.typing import NDArray


def from_maps(
    pivots: NDArray[np.floating], maps: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split maps into poses and rolls.

    Args:
        pivots: x and y, (n, 2).
        maps: from radii of the face, right and down on the dial, to the picture, (n, 2, 2).

    Returns:
        Poses, (n, 5), in the unit of the arguments; and rolls, turns clockwise in [0, 1), (n,): the dial's twelve
        points to ``roll`` turns clockwise from up, in the clock's plane.
    """
    left, stretches, right = np.linalg.svd(maps)
    rotations = left @ right
    symmetric = (left * stretches[:, None, :]) @ np.swapaxes(left, 1, 2)
    rolls = np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0]) / (2 * np.pi) % 1
    parts = [pivots[:, 0], pivots[:, 1], symmetric[:, 0, 0], symmetric[:, 0, 1], symmetric[:, 1, 1]]
    return np.stack(parts, axis=1), rolls


def symmetric_maps(poses: NDArray[np.floating]) -> NDArray[np.float64]:
    """The maps of poses, (n, 5), as matrices, (n, 2, 2)."""
    _, _, xx, xy, yy = np.asarray(poses, np.float64).T
    return np.stack([np.stack([xx, xy], axis=-1), np.stack([xy, yy], axis=-1)], axis=-2)


def longest_radius(poses: NDArray[np.floating]) -> NDArray[np.float64]:
    """The longer half axis of the face's ellipse, (n,), in the poses' unit."""
    return np.asarray(np.abs(np.linalg.eigvalsh(symmetric_maps(poses))).max(axis=1))
