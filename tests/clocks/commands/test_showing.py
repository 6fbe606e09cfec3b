import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from imagelab.clocks.commands import showing
from imagelab.clocks.reader.readings import Readings
from imagelab.datasets.photographs import Photograph

RED, CYAN, YELLOW = (np.array(to_rgb(name)) for name in ("tab:red", "tab:cyan", "yellow"))


def reading(time: float = 180, second_time: float = 540) -> Readings:
    """3:00 and 9:00 on a face of radius 100 around (300, 200)."""
    found = (time, 0.9, second_time, 0.05, [[100, 0, 300], [0, 100, 200]], 0, 0)
    return Readings(*(np.array([value], np.float64) for value in found))


def grey(width: int, height: int, scale: float = 1.0) -> Photograph:
    return Photograph(np.full((height, width, 3), 128, np.uint8), scale)


def lines(drawing: showing.Drawing) -> dict[tuple[str, str], list[np.ndarray]]:
    """What is drawn, by colour and style: the points of each line, (n, 2)."""
    (axis,) = showing.show_drawings([drawing]).axes
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for line in axis.lines:
        found.setdefault((line.get_color(), line.get_linestyle()), []).append(line.get_xydata())
    return found


def test_the_edge_of_the_face_and_both_hands_of_both_times_are_drawn() -> None:
    found = lines(showing.draw(grey(600, 400), reading(), "clock", longest_side=600))
    (edge,) = found["yellow", "-"]
    assert np.hypot(*(edge - [300, 200]).T) == pytest.approx(100)
    (hour_hand, minute_hand), (other_hour_hand, _) = found["tab:red", "-"], found["tab:cyan", "--"]
    assert np.array([hour_hand[0], minute_hand[0]]) == pytest.approx(np.array([[300, 200]] * 2))
    assert hour_hand[1] - [300, 200] == pytest.approx([50, 0])
    assert minute_hand[1] - [300, 200] == pytest.approx([0, -85])
    assert other_hour_hand[1] - [300, 200] == pytest.approx([-50, 0])


@pytest.mark.parametrize("longest_side", [600, 150])
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_a_reduced_photograph_is_drawn_on_at_the_same_places(scale: float, longest_side: int) -> None:
    """The pose is in the file's pixels; the photograph was reduced when it was read, and is again to be shown."""
    small = grey(600, 400, scale)
    in_file = reading()._replace(poses=reading().poses * scale)
    found = lines(showing.draw(small, in_file, "clock", longest_side=longest_side))
    tips = np.array([line[1] for line in found["tab:red", "-"]]) * 600 / longest_side
    assert tips == pytest.approx(np.array([[350, 200], [300, 115]]))


def test_the_colours_are_where_they_belong_in_the_picture() -> None:
    photograph = grey(600, 400)
    photograph.pixels[:100, :100] = (0, 255, 0)
    figure = showing.show_drawings([showing.draw(photograph, reading(), "clock", longest_side=600)])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    (axis,) = figure.axes

    def colour_at(x: float, y: float) -> np.ndarray:
        column, row = axis.transData.transform((x, y))
        return pixels[pixels.shape[0] - 1 - round(row), round(column)]

    assert colour_at(325, 200) == pytest.approx(RED, abs=0.02)  # hour hand, to the right
    assert colour_at(300, 150) == pytest.approx(RED, abs=0.02)  # minute hand, up
    assert colour_at(400, 200) == pytest.approx(YELLOW, abs=0.4)  # a thin line
    assert colour_at(450, 350) == pytest.approx(128 / 255, abs=0.01)
    assert colour_at(50, 50) == pytest.approx([0, 1, 0], abs=0.01)
    (left_end, upper_end), (right_end, lower_end) = axis.transData.transform([(0, 0), (600, 400)])
    assert left_end < right_end and upper_end > lower_end  # as in the file, neither turned nor mirrored
    left = np.array([colour_at(x, 200) for x in range(252, 298)])
    near_cyan = (abs(left - CYAN) < 0.1).all(axis=1)
    assert 0.3 < near_cyan.mean() < 0.95  # a dashed line


@pytest.mark.parametrize(("count", "columns", "expected"), [(1, None, (1, 1)), (5, None, (2, 3)), (5, 4, (2, 4))])
def test_several_photographs_make_a_grid(count: int, columns: int | None, expected: tuple[int, int]) -> None:
    sizes = [(600, 400), (300, 500), (80, 80)]
    drawings = [
        showing.draw(grey(*sizes[number % 3]), reading(), f"clock {number}", longest_side=showing.IN_GRID)
        for number in range(count)
    ]
    figure = showing.show_drawings(drawings, columns=columns)
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == expected
    assert [axis.get_title() for axis in figure.axes if axis.get_title()] == [f"clock {n}" for n in range(count)]
    assert all(len(drawing.pixels) <= showing.IN_GRID for drawing in drawings)
