"""One training from start to finish: configure, restore, train, write, keep the state."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import keras
import pandas as pd
from numpy.typing import NDArray

from imagelab.settings.params import Params
from imagelab.storage import writing
from imagelab.storage.model_files import TrainedOn
from imagelab.training import backend, checkpoint, durations
from imagelab.training.checkpoint import Checkpoint

Outputs = Mapping[str, keras.Model | pd.DataFrame | NDArray[Any] | Mapping[str, Any]]
"""What a training writes, by the name of the file: networks, tables, arrays, plain values."""

_WRITERS: Mapping[str, Callable[[Any, Path], None]] = {
    ".csv": writing.write_csv,
    ".npy": writing.write_array,
    ".json": writing.write_json,
}


def run_training(
    name: str,
    out: Path,
    *,
    settings: Params,
    own: Collection[str],
    arrays: Mapping[str, NDArray[Any]],
    train: Callable[[Checkpoint], Outputs],
    trained_on: Mapping[str, TrainedOn] | None = None,
) -> None:
    """Run a training, or restore its kept state, and write its outputs.

    The state after the last epoch is kept until the next training of this name finishes. So a stage that runs again
    with the same data, settings, code and environment restores that state and trains no epoch. How long the training
    took, interruptions and restored epochs included, is kept by ``durations``.

    Args:
        name: of the training, under which its state is kept.
        out: folder of the outputs; replaced as a whole, or left as it was.
        settings: all of them; seed, precision and threads configure the backend.
        own: sections or single settings that the training reads beside these three, as ``vae`` or ``clock.epochs``.
        arrays: all data that its numbers depend on, by any names.
        train: builds the networks, trains them from the state that the checkpoint holds, if any, and returns the
            outputs. It is called after the backend is configured: a layer takes the precision that is set when it is
            built.
        trained_on: for each network that is meant for use, by the name of its file, what it was trained on; its file
            will say so.

    Raises:
        InputError: if the backend cannot be configured, the kept state is damaged, a loss becomes NaN or infinite, or
            the outputs cannot be written.
    """
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    state = checkpoint.of_training(name, arrays=arrays, settings=checkpoint.settings_of(settings, own))
    outputs = train(state)
    with writing.new_folder(out) as folder:
        for file, content in outputs.items():
            _write(content, folder / file, (trained_on or {}).get(file))
    checkpoint.remove_others(name, state)
    environment = backend.environment()
    parts = [durations.Part(part.processor["processor"], environment["accelerator"], *part[1:]) for part in state.parts]
    durations.keep(
        name,
        [durations.Training(name, parts)],
        [out / file for file in outputs],
        backend=environment["backend"],
        precision=settings.precision,
        threads=settings.threads,
    )


def _write(content: Any, path: Path, trained_on: TrainedOn | None) -> None:
    if path.suffix == ".keras":
        writing.write_model(content, path, trained_on=trained_on)
    else:
        _WRITERS[path.suffix](content, path)
