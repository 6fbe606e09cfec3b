import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab.clocks.rendering import pairs
from tests.conftest import REPOSITORY


def save(folder: Path, count: int, size: int = pairs.SIZE) -> list[np.ndarray]:
    pictures = [np.full((size, size), 20 * number, np.uint8) for number in range(count)]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number}.png")
    return pictures


def test_each_original_is_above_ours_with_the_same_view(tmp_path: Path) -> None:
    originals = save(tmp_path, 10)
    command = [sys.executable, "-m", "imagelab.clocks.rendering.pairs", tmp_path / "out" / "sheet.png"]
    subprocess.run([*command, "--originals", tmp_path], check=True)
    sheet, ours = np.asarray(Image.open(tmp_path / "out" / "sheet.png")), np.asarray(pairs.draw_sheet())
    tile = pairs.SIZE * pairs.ENLARGEMENT + pairs.MARGIN
    assert sheet.shape == (4 * tile - pairs.MARGIN, 5 * tile - pairs.MARGIN)
    for number, original in enumerate(originals):
        row, column = divmod(number, pairs.COLUMNS)
        place = slice(column * tile, column * tile + tile - pairs.MARGIN)
        above, below = (sheet[top * tile : (top + 1) * tile - pairs.MARGIN, place] for top in (2 * row, 2 * row + 1))
        assert (above == original[0, 0]).all()
        np.testing.assert_array_equal(below, ours[row * tile : (row + 1) * tile - pairs.MARGIN, place])


def test_the_sheet_in_the_docs_is_that_of_the_code() -> None:
    committed = np.asarray(Image.open(REPOSITORY / "docs" / "pictures" / "report_clocks.png")).astype(int)
    assert np.abs(committed - np.asarray(pairs.draw_sheet())).mean() < 0.1  # a processor may round differently


@pytest.mark.parametrize(
    ("count", "size", "message"),
    [
        (9, 150, "expected 10 PNG files, received 9"),
        (10, 75, r"0\.png: picture: expected 150x150 pixels, received 75x75"),
    ],
)
def test_other_folders_are_refused_in_one_line(tmp_path: Path, count: int, size: int, message: str) -> None:
    save(tmp_path, count, size)
    with pytest.raises(SystemExit, match=message) as end:
        pairs.main([str(tmp_path / "sheet.png"), "--originals", str(tmp_path)])
    assert "\n" not in str(end.value)


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 10)
    (tmp_path / "3.png").write_bytes(b"no picture")
    with pytest.raises(SystemExit, match=r"3\.png: picture: expected 150x150 pixels, received something else"):
        pairs.main([str(tmp_path / "sheet.png"), "--originals", str(tmp_path)])
