"""Finished trajectories on disk, each under a digest of all that it depends on.

An accelerator outside DVC's outputs: a search that was killed goes on where it stopped, a larger grid trains what is
new only. The folder can be deleted at any time.
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import imagelab
from imagelab import artifacts, backend
from imagelab.datasets import Split
from imagelab.errors import InputError
from imagelab.raw_formats import CLASSES
from imagelab.search.grid import Trajectory
from imagelab.search.trajectory import Metrics, Outcome, Study

FOLDER = Path(".imagelab/trajectories")
FOLDER_VARIABLE = "IMAGELAB_STORE"  # environment variable: another folder, e.g. for copies of the repository to share

# The modules whose code decides a trajectory's numbers: those that search/trajectory.py imports, directly or not, less
# those that only read data (it is in the digest itself), hold settings (so are they) or write to the screen.
# tests/search/test_store.py compares.
CODE = (
    "backend.py",
    "batches.py",
    "models/cnn.py",
    "models/mlp.py",
    "models/seeding.py",
    "search/grid.py",
    "search/trajectory.py",
    "training/classifier.py",
    "training/fit.py",
)


class Store:
    """Reads and writes outcomes of one study.

    Args:
        study: data, seed, precision and threads, which are parts of every digest.
        folder: where the outcomes lie, one file each; made when the first one comes.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self.folder = folder
        self.study = {
            "data": data_digest(study.splits),
            "code": code_digest(Path(imagelab.__file__).parent),
            "classes": CLASSES,
            "seed": study.seed,
            "precision": study.precision,
            "threads": study.threads,
        }

    def find(self, trajectory: Trajectory) -> Outcome | None:
        """Return what a process like this one computed, if it was measured at all the epochs asked for.

        Raises:
            InputError: if its file is damaged.
        """
        environment = backend.environment()
        measured = _read(self._path(self._dependencies(trajectory, environment)))
        if not set(trajectory.epochs) <= set(measured):
            return None
        return Outcome({epoch: measured[epoch] for epoch in trajectory.epochs}, None, environment)

    def keep(self, trajectory: Trajectory, outcome: Outcome) -> None:
        """Write an outcome under the environment that computed it, beside what is known of other epochs.

        One with a failure is not kept, so that the next search tries again.
        """
        if outcome.failure is None:
            dependencies = self._dependencies(trajectory, outcome.computed_on)
            path = self._path(dependencies)
            measured = dict(sorted({**_read(path), **outcome.measured}.items()))
            artifacts.write_json({"depends_on": dependencies, "measured": measured}, path)

    def _path(self, dependencies: Mapping[str, Any]) -> Path:
        content = json.dumps(dependencies, sort_keys=True)
        return self.folder / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.json"

    def _dependencies(self, trajectory: Trajectory, environment: Mapping[str, Any]) -> dict[str, Any]:
        settings = trajectory._asdict() | {"network": trajectory.network.model_dump(mode="json")}
        del settings["epochs"]  # a longer trajectory serves the shorter ones
        return {**self.study, **environment, **settings}


def _read(path: Path) -> dict[int, Metrics]:
    if not path.exists():
        return {}
    try:
        return {int(epoch): metrics for epoch, metrics in json.loads(path.read_text())["measured"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        expected = "what this program wrote (the file can be deleted: then it is trained again)"
        raise InputError("trajectory", where=path, expected=expected, received="something else") from None


def data_digest(splits: Mapping[str, Split]) -> str:
    """Digest of all pictures and targets."""
    digest = hashlib.sha256()
    for name, split in sorted(splits.items()):
        for array in split:
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def code_digest(package: Path) -> str:
    """Digest of the code that decides a trajectory's numbers; comments, docstrings and layout do not count."""
    digest = hashlib.sha256()
    for name in CODE:
        digest.update(f"{name}\n{_bare_code((package / name).read_text())}".encode())
    return digest.hexdigest()


def _bare_code(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
