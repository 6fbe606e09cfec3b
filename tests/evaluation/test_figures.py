import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from imagelab.evaluation.figures import TILE_INCHES, image_grid, titled_images


def test_a_grid_without_titles_holds_nothing_but_its_pictures() -> None:
    figure = image_grid(np.zeros((6, 8, 8, 1), np.uint8), columns=3)
    assert figure.get_size_inches().tolist() == [3 * TILE_INCHES, 2 * TILE_INCHES]
    assert figure.axes[0].get_position().bounds == (0, 0, 1, 1)


@pytest.mark.parametrize("title", ["one line", "two\nlines", "two dollars $_{$,\nthree\nlines"])
@pytest.mark.parametrize("channels", [1, 3])
def test_titles_of_any_number_of_lines_lie_inside_the_figure_and_above_their_own_pictures(
    title: str, channels: int
) -> None:
    figure = titled_images(np.zeros((5, 8, 8, channels), np.uint8), [title] * 5, columns=3, inches=1.5)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 5
    pictures = [axis.get_window_extent() for axis in shown]
    titles = [axis.title.get_window_extent() for axis in shown]
    assert max(extent.y1 for extent in titles) <= figure.bbox.y1
    # An empty place for descenders may reach into the picture.
    assert all(above.y0 > below.y1 - 3 for above, below in zip(titles, pictures, strict=True))
    assert titles[3].y1 <= pictures[0].y0  # the second row
    assert all(extent.width == pytest.approx(extent.height, rel=0.02) for extent in pictures)
