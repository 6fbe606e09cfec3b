"""The command ``measure-reader``."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagelab.clocks.commands import answers, showing
from imagelab.clocks.commands.clock_photographs import read_clock_photographs
from imagelab.clocks.commands.picture_sets import LabelledPicture, find_pictures
from imagelab.clocks.commands.reading_files import load, read_files
from imagelab.clocks.evaluation import labelled_pictures, plots
from imagelab.clocks.evaluation.metrics import common_sense_error_minutes
from imagelab.clocks.reader.readings import Readings, concatenate
from imagelab.clocks.times import as_text
from imagelab.evaluation import reliability
from imagelab.runtime import outputs, terminal
from imagelab.runtime.errors import InputError
from imagelab.storage import model_files, writing

WORST = 12
_FIGURES = ("worst.png", "reliability.csv", "reliability.png", "surest_without_clock.png")  # as far as they apply


def measure_reader(source: Path, *, model: Path, threshold: float, out: Path) -> str:
    """Read labelled pictures, and write metrics, readings and figures; return the main numbers as text.

    Args:
        source: pictures, as for ``find_pictures``; those whose names state no time are pictures without a clock.
        model: a trained reader.
        threshold: least probability of a reading that is sure.
        out: the folder to write into: ``metrics.json`` and ``readings.csv``; for pictures with a clock ``worst.png``,
            ``reliability.csv`` and ``reliability.png``; for those without ``surest_without_clock.png``.

    Raises:
        InputError: for bad input, or if ``out`` lies in ``source``. One picture that cannot be read is enough: the
            others would not be the set.
    """
    answers.check_threshold(threshold, command="measure-reader")
    outputs.check_is_apart(out, source, option="--out", command="measure-reader")  # figures would count as pictures
    pictures = find_pictures(source)
    reader = load(model)
    if warning := model_files.note(model_files.read_trained_on(model)):
        print(warning, file=sys.stderr)
    parts = []
    for found in read_files(reader, [picture.file for picture in pictures]):
        if isinstance(found, InputError):
            raise found
        parts.append(found.reading)
    readings = concatenate(parts)
    metrics: dict[str, Any] = {
        "data": terminal.printable(source.resolve().name),
        "weights_sha256": _digest(model),
        "threshold": threshold,
    }
    for name in _FIGURES:
        (out / name).unlink(missing_ok=True)  # of an earlier set of pictures, which may have had other kinds
    with_clock = np.flatnonzero([picture.time is not None for picture in pictures])
    without = np.flatnonzero([picture.time is None for picture in pictures])
    if len(with_clock):
        metrics["clocks"] = _measure_clocks(
            pictures, readings, with_clock, out, data=metrics["data"], threshold=threshold
        )
    if len(without):
        stated = readings.probabilities[without]
        metrics["without_clock"] = labelled_pictures.measure_without_clock(stated, threshold=threshold)
        surest = without[np.argsort(-stated, kind="stable")[:WORST]]
        writing.write_figure(_figure(pictures, readings, surest), out / "surest_without_clock.png")
    table = readings_table(
        [terminal.printable(picture.name) for picture in pictures],
        [picture.time for picture in pictures],
        readings.times,
        readings.probabilities,
        threshold=threshold,
    )
    writing.write_table(table, out / "readings.csv", data=None)
    writing.write_metrics(metrics, out / "metrics.json")
    return _summary(metrics, out)


def _measure_clocks(
    pictures: Sequence[LabelledPicture],
    readings: Readings,
    rows: NDArray[np.int64],
    out: Path,
    *,
    data: str,
    threshold: float,
) -> dict[str, Any]:
    """Write the files about the pictures with a clock, in these rows; return their metrics."""
    true = np.array([picture.time for picture in pictures if picture.time is not None])
    read, stated = readings.times[rows], readings.probabilities[rows]
    errors = common_sense_error_minutes(read, true)
    worst = rows[np.lexsort((-stated, -errors))[:WORST]]  # of equal errors the surer one
    writing.write_figure(_figure(pictures, readings, worst), out / "worst.png")
    table = labelled_pictures.reliability_table(read, stated, true)
    writing.write_table(table, out / "reliability.csv", data=data)
    table = table.assign(set="within a minute", data=data)
    writing.write_figure(plots.reliability(table, width=1 / reliability.BINS), out / "reliability.png")
    return labelled_pictures.measure_clocks(read, stated, true, threshold=threshold)


def readings_table(
    names: Sequence[str],
    true: Sequence[int | None],
    read: NDArray[np.floating],
    stated: NDArray[np.floating],
    *,
    threshold: float,
) -> pd.DataFrame:
    """List readings.

    Args:
        names: of the pictures.
        true: minutes past twelve, in [0, 720), or None where there is no clock.
        read: as in ``labelled_pictures.measure_clocks``.
        stated: as in ``labelled_pictures.measure_clocks``.
        threshold: as in ``labelled_pictures.measure_clocks``.

    Returns:
        ``picture``; ``true_time`` and ``read_time`` as text; ``probability``; ``error_minutes``; ``sure``. True time
        and error are missing where there is no clock.
    """
    known = np.array([np.nan if time is None else time for time in true], np.float64)
    return pd.DataFrame(
        {
            "picture": list(names),
            "true_time": [None if time is None else as_text(time) for time in true],
            "read_time": [as_text(time) for time in read],
            "probability": stated,
            "error_minutes": common_sense_error_minutes(read, known),
            "sure": stated >= threshold,
        }
    )


def _figure(pictures: Sequence[LabelledPicture], readings: Readings, rows: NDArray[np.int64]) -> Figure:
    """Show what was found in the pictures of these rows, which are read again."""
    drawings = []
    for row, photograph in zip(rows, read_clock_photographs([pictures[row].file for row in rows]), strict=True):
        if isinstance(photograph, InputError):  # changed since it was read
            raise photograph
        picture, reading = pictures[row], readings.of(row)
        true = "no clock" if picture.time is None else as_text(picture.time)
        read = f"read {as_text(readings.times[row])} ({readings.probabilities[row]:.2f})"
        title = f"{terminal.printable(Path(picture.name).name)}\n{true}, {read}"
        drawings.append(showing.draw(photograph, reading, title, longest_side=showing.IN_GRID))
    return showing.show_drawings(drawings, columns=4)


def _digest(model: Path) -> str:
    return hashlib.sha256(model_files.read_weights(model)).hexdigest()


def _summary(metrics: dict[str, Any], out: Path) -> str:
    def share(found: dict[str, Any], name: str) -> str:
        if found[name] is None:
            return "none"
        return f"{found[name]:.1%} ({found[f'{name}_low']:.1%} to {found[f'{name}_high']:.1%})"

    lines = []
    if found := metrics.get("clocks"):
        lines += [
            f"pictures with a clock: {found['pictures']}",
            f"  mean error          {found['common_sense_error_minutes']:.2f} minutes",
            f"  within a minute     {share(found, 'share_within_1_minute')}",
            f"  exact               {share(found, 'share_exact')}",
            f"  sure                {share(found, 'share_sure')}",
            f"  right of the sure   {share(found, 'share_right_of_sure')}",
        ]
    if found := metrics.get("without_clock"):
        lines += [
            f"pictures without a clock: {found['pictures']}",
            f"  sure                {share(found, 'share_sure')}",
        ]
    return "\n".join([*lines, f"{out}: metrics, readings and figures"])
