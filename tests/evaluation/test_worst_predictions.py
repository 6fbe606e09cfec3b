import numpy as np
import pytest

from imagelab.evaluation.worst_predictions import COUNT, show_worst


@pytest.mark.parametrize("channels", [1, 3])
def test_the_worst_pictures_are_shown_with_their_class_the_predicted_one_and_its_probability(channels: int) -> None:
    images = np.arange(3 * 16 * channels, dtype=np.uint8).reshape(3, 4, 4, channels)
    logits = np.log([[0.5, 0.25, 0.25], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]])
    names = ["cat", "dog", "a name that is longer than a picture is wide"]
    figure = show_worst(images, logits, np.array([0, 0, 1]), names)
    shown = [axis for axis in figure.axes if axis.images]
    for axis, row in zip(shown, [2, 1, 0], strict=True):
        assert np.array_equal(axis.images[0].get_array(), images[row].squeeze())
    assert [axis.get_title().splitlines() for axis in shown] == [
        ["dog", "predicted a name tha…", "0.800"],
        ["cat", "predicted dog", "0.700"],
        ["cat", "predicted cat", "0.500"],
    ]


def test_so_many_pictures_are_shown_at_most() -> None:
    random = np.random.default_rng(0)
    figure = show_worst(np.zeros((50, 4, 4, 1)), random.normal(size=(50, 2)), random.integers(0, 2, 50), ["a", "b"])
    assert sum(len(axis.images) for axis in figure.axes) == COUNT
