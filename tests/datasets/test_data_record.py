"""The record of the raw data of a run."""

from pathlib import Path

import pytest

from imagelab.datasets import data_record
from imagelab.runtime.errors import InputError


def test_the_record_of_data_is_what_md5sum_says(tmp_path: Path) -> None:
    for name, content in (("b.txt", "2"), ("a/c.txt", "1")):
        path = tmp_path / "raw" / "mnist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    found = data_record.describe({"mnist": "MNIST"}, tmp_path / "raw")["mnist"]
    # As the command in the docstring of ``describe`` prints it.
    assert found == {"data": "MNIST", "files": 2, "bytes": 2, "md5": "2b66b10c11cdfaa839ca4299279f91b4"}
    (tmp_path / "raw" / "cifar10").mkdir()
    with pytest.raises(InputError, match="cifar10"):
        data_record.describe({"cifar10": "CIFAR-10"}, tmp_path / "raw")
