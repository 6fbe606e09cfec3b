"""What all benchmarks have in common: their options, and the file that keeps what was measured, where and of what."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import REPOSITORY
from imagelab.runtime.commit import Commit, read_commit
from imagelab.runtime.errors import InputError
from imagelab.storage import writing
from imagelab.training import environment

KEPT = "results/benchmarks"  # earlier measurements; a change of them is no change of the measured code


def options(description: str | None, *, rounds: int | None) -> argparse.ArgumentParser:
    """Return a parser of the options that every benchmark has; without ``rounds`` nothing takes turns."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="keep the numbers with machine and commit")
    if rounds is not None:
        parser.add_argument(
            "--rounds", type=whole, default=rounds, help=f"turns of the contestants (default: {rounds})"
        )
    return parser


def commit_to_keep(arguments: argparse.Namespace) -> Commit | None:
    """Return the commit if the options ask for a file; to be called before anything is measured.

    The program exits with one line if the file does not end with .json, or Git has no commit to name.
    """
    if arguments.out is None:
        return None
    try:
        if arguments.out.suffix != ".json":
            raise InputError("--out", where="benchmark", expected="a name that ends with .json", received=arguments.out)
        return read_commit(REPOSITORY, results=[KEPT])
    except InputError as error:
        sys.exit(f"error: {error}")


def publish(
    report: Mapping[str, Any], as_text: Callable[[dict[str, Any]], str], *, arguments: argparse.Namespace, **of_run: Any
) -> None:
    """Print a report, and keep it as ``keep`` does.

    Args:
        report: the numbers; plain values.
        as_text: the report for people.
        arguments: of ``options``.
        of_run: the other arguments of ``keep``.
    """
    print(json.dumps(report, indent=2) if arguments.json else as_text(dict(report)))
    keep(report, arguments=arguments, **of_run)


def keep(
    report: Mapping[str, Any],
    *,
    arguments: argparse.Namespace,
    measured_at: Commit | None,
    settings: Mapping[str, Any],
    precision: str,
    threads: int,
) -> None:
    """Write a report to the file that the options name, if they do. A long benchmark does so after each part.

    Args:
        report: the numbers; plain values.
        arguments: of ``options``.
        measured_at: of ``commit_to_keep``.
        settings: with which it was measured; plain values.
        precision: of what was computed.
        threads: that shared one operation.
    """
    if measured_at is None:
        return
    kept = {
        "benchmark": Path(sys.argv[0]).stem,
        "code": measured_at._asdict(),
        "machine": environment.describe(precision=precision, threads=threads),
        "settings": dict(settings),
        "measured": dict(report),
    }
    try:
        writing.write_metrics(kept, arguments.out)
    except InputError as error:
        sys.exit(f"error: {error}")


def whole(text: str) -> int:
    """Return the value of an option that is a whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, received {text}")
    return number
