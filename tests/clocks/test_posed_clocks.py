from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagelab.clocks.posed_clocks import POSE_COLUMNS, read_posed_clocks, write_posed_clocks
from imagelab.runtime.errors import InputError
from stages import evaluate_random_clocks

IMAGES = np.zeros((2, 20, 20, 3), np.uint8)
MINUTES = np.array([0, 719])
TABLE = pd.DataFrame([[10.0, 8, 0, -6, 6, 0, True], [10, 10, 5, 0, 0, 5, False]], columns=list(POSE_COLUMNS))


def test_clocks_come_back_with_poses_in_widths_and_rolls_in_turns(tmp_path: Path) -> None:
    write_posed_clocks(tmp_path, IMAGES, MINUTES, TABLE)
    found = read_posed_clocks(tmp_path)
    assert found.images.shape == IMAGES.shape
    assert found.minutes.tolist() == [0, 719]
    np.testing.assert_allclose(found.poses, [[0.5, 0.4, 0.3, 0, 0.3], [0.5, 0.5, 0.25, 0, 0.25]], atol=1e-12)
    np.testing.assert_allclose(found.rolls, [0.25, 0])
    assert found.readable.tolist() == [True, False]


@pytest.mark.parametrize(
    ("images", "minutes", "table", "message"),
    [
        (IMAGES[..., 0], MINUTES, TABLE, r"images\.npy: array: expected 4 dimensions"),
        (
            IMAGES[..., :1],
            MINUTES,
            TABLE,
            r"expected uint8, \(n, size, size, 3\), not empty, received uint8, \(2, 20, 20, 1\)",
        ),
        (IMAGES, MINUTES[:1], TABLE, r"minutes\.npy: array: expected 2 rows, received 1"),
        (IMAGES, MINUTES + 1, TABLE, r"minutes\.npy: minutes: expected times 0\.\.719, received 1\.\.720"),
        (IMAGES, MINUTES, TABLE[:1], r"clocks\.csv: clocks: expected one for each of 2 images, received 1"),
        (IMAGES, MINUTES, TABLE.drop(columns="readable"), r"clocks\.csv.*readable"),
    ],
)
def test_clocks_that_do_not_fit_together_are_named(
    images: np.ndarray, minutes: np.ndarray, table: pd.DataFrame, message: str, tmp_path: Path
) -> None:
    write_posed_clocks(tmp_path, images, minutes, table)
    with pytest.raises(InputError, match=message):
        read_posed_clocks(tmp_path)


def test_a_test_set_without_a_readable_clock_cannot_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_posed_clocks(tmp_path / evaluate_random_clocks.CLOCKS, IMAGES, MINUTES, TABLE.assign(readable=False))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"reader_clocks/test: pictures: expected one with a clock that can be read"):
        evaluate_random_clocks.main()
