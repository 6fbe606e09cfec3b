"""Which prepared leaves belong together."""

from pathlib import Path

import numpy as np
import pytest

from imagelab.leaves.groups import read_groups
from imagelab.runtime.errors import InputError


def prepared(folder: Path, *, together: list[int]) -> Path:
    """Five leaves in a folder, the second and the last held out."""
    arrays = {"labels": [0, 0, 1, 1, 1], "held_out_rows": [1, 4], "training_rows": [0, 2, 3], "together": together}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", np.array(values))
    return folder


def test_the_groups_of_a_part_are_those_of_its_rows(tmp_path: Path) -> None:
    found = read_groups(prepared(tmp_path, together=[7, 7, 3, 3, 9]))
    assert (found.held_out.tolist(), found.training.tolist()) == ([7, 9], [7, 3, 3])


@pytest.mark.parametrize("together", [[7, 7, 3, 3], [7, 7, 3, 3, 9, 9]])
def test_more_or_fewer_groups_than_leaves_are_refused(tmp_path: Path, together: list[int]) -> None:
    with pytest.raises(InputError, match=rf"together\.npy: array: expected .*5.*, received {len(together)}"):
        read_groups(prepared(tmp_path, together=together))
