"""Finished trajectories on disk, each under a digest of everything that it depends on.

A killed search continues where it stopped, and a larger grid trains only what is new. DVC does not track the folder. It
can be deleted at any time.

The name of a file has two digests: of everything but the processor, and of the processor. Outcomes of other processors
are taken only if the user says so (``variables.ANY_PROCESSOR``).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import imagelab
from imagelab.classification.search.grid import Trajectory
from imagelab.classification.search.trajectory import Metrics, Outcome, Study
from imagelab.runtime.errors import InputError
from imagelab.storage import writing
from imagelab.training import backend, digests, variables
from imagelab.training.durations import Part
from imagelab.training.environment import processor_in, without_processor

FOLDER = Path(".imagelab/trajectories")
FOLDER_VARIABLE = "IMAGELAB_STORE"  # environment variable: another folder, e.g. one that copies of the repository share

# The modules whose code decides a trajectory's numbers: those that trajectory.py imports, directly or not, except for
# modules that only read data, hold settings, describe the environment, or write durations or to the screen. The digest
# has data, settings and environment themselves. tests/classification/search/test_store.py compares.
CODE = (
    "classification/cnn.py",
    "classification/mlp.py",
    "classification/search/grid.py",
    "classification/search/trajectory.py",
    "training/backend.py",
    "training/batches.py",
    "training/classifier.py",
    "training/fit.py",
    "training/fused_updates.py",
    "training/seeding.py",
    "training/steps.py",
    "training/variables.py",
    "training/weight_gradients.py",
)


_DIGITS, _PROCESSOR_DIGITS = 32, 8  # of the digests in a file's name


class _Kept(NamedTuple):
    """The content of a file."""

    processor: dict[str, str]  # on which it was computed
    measured: dict[int, Metrics]  # by epoch
    parts: tuple[Part, ...]


class Store:
    """Reads and writes outcomes of one study.

    Args:
        study: data, number of classes, seed, precision and threads, which are parts of every digest.
        folder: of the outcomes, one file each; made with the first one.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self.folder = folder
        self.study = {
            "data": digests.of_arrays(
                {
                    f"{name}_{field}": array
                    for name, split in study.splits.items()
                    for field, array in split._asdict().items()
                }
            ),
            "code": digests.of_code(Path(imagelab.__file__).parent, CODE),
            "classes": study.classes,
            "seed": study.seed,
            "precision": study.precision,
            "threads": study.threads,
        }

    def find(self, trajectory: Trajectory) -> Outcome | None:
        """Return the kept outcome of this environment, if it was measured at all epochs of the trajectory.

        With ``variables.ANY_PROCESSOR`` that of another processor is the next best.

        Raises:
            InputError: if a file is damaged.
        """
        environment = backend.environment()
        own = self._path(self._dependencies(trajectory, environment))
        others = sorted(own.parent.glob(f"{own.name[:_DIGITS]}-*.json")) if variables.any_processor() else []
        for path in (own, *others):
            processor, measured, parts = _read(path)
            if set(trajectory.epochs) <= set(measured):
                wanted = {epoch: measured[epoch] for epoch in trajectory.epochs}
                return Outcome(wanted, None, {**environment, **processor}, parts)
        return None

    def keep(self, trajectory: Trajectory, outcome: Outcome) -> None:
        """Keep an outcome under the environment that computed it, and join it with the known ones of other epochs.

        A failure is not kept, so that the next search tries again.
        """
        if outcome.failure is None:
            dependencies = self._dependencies(trajectory, outcome.computed_on)
            path = self._path(dependencies)
            known = _read(path)
            measured = dict(sorted({**known.measured, **outcome.measured}.items()))
            superseded = known.measured.keys() <= outcome.measured.keys()
            parts = [part._asdict() for part in (*(() if superseded else known.parts), *outcome.parts)]
            writing.write_json({"depends_on": dependencies, "measured": measured, "parts": parts}, path)

    def _path(self, dependencies: Mapping[str, Any]) -> Path:
        others = digests.of_settings(without_processor(dependencies))[:_DIGITS]
        return self.folder / f"{others}-{digests.of_settings(processor_in(dependencies))[:_PROCESSOR_DIGITS]}.json"

    def _dependencies(self, trajectory: Trajectory, environment: Mapping[str, Any]) -> dict[str, Any]:
        settings = trajectory._asdict() | {"network": trajectory.network.model_dump(mode="json")}
        del settings["epochs"]  # a longer trajectory also serves shorter ones
        return {**self.study, **environment, **settings}


def _read(path: Path) -> _Kept:
    if not path.exists():
        return _Kept({}, {}, ())
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        measured = {int(epoch): metrics for epoch, metrics in content["measured"].items()}
        return _Kept(processor_in(content["depends_on"]), measured, tuple(Part(**part) for part in content["parts"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        expected = "what this program wrote (the file can be deleted: then it is trained again)"
        received = f"something else ({type(error).__name__}: {error})"
        raise InputError("trajectory", where=path, expected=expected, received=received) from None
