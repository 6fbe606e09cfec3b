import numpy as np

from imagelab.evaluation.figures import TILE_INCHES, image_grid


def test_a_grid_without_titles_holds_nothing_but_its_pictures() -> None:
    figure = image_grid(np.zeros((6, 8, 8, 1), np.uint8), columns=3)
    assert figure.get_size_inches().tolist() == [3 * TILE_INCHES, 2 * TILE_INCHES]
    assert figure.axes[0].get_position().bounds == (0, 0, 1, 1)
