"""The command ``imagelab``, or ``python -m imagelab``: look at what the pipeline made, and use it."""

import argparse
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import get_args

from imagelab import publish_command
from imagelab.clocks.reader.readings import SURE_PROBABILITY
from imagelab.report.evidence import COMMITTED_PAGE, PAGE
from imagelab.report.open_command import open_page
from imagelab.reproduction import repeats
from imagelab.reproduction.finished_runs import read_runs
from imagelab.runtime import terminal
from imagelab.runtime.errors import InputError, of_system
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.settings.leaves import Generator
from imagelab.storage import model_files, writing
from imagelab.summary import score, summarise

READER = model_files.committed("clocks")
LEAVES = model_files.committed("leaves")

_NEXT = f"""
Look next at
  {PAGE}      the report as one page, ours beside the published (make report opens it)
  dvc plots show         curves and pictures as one page, dvc_plots/index.html
  dvc metrics show       every number
  params.yaml            change a setting and run again; params/paper.yaml has the report's"""


def main() -> None:
    """Run the command that the command line names."""
    terminal.replace_unencodable()
    arguments = _parser().parse_args()
    try:
        _run(arguments)
    except (InputError, OSError) as error:
        print(f"error: {error if isinstance(error, InputError) else of_system(error)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imagelab", description="Look at what the pipeline made, and use it.")
    parser.add_argument("--version", action="version", version=f"imagelab {version('imagelab')}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("summary", help="print the results of the last run")
    running = commands.add_parser("run", help="run the pipeline, two stages at a time, and print the results")
    running.add_argument(
        "--jobs", type=int, help="stages that run at a time; 1 is dvc repro (default: 2, on one core 1)"
    )
    what = "say where the page of the last run is, and open it where there is a screen"
    showing = commands.add_parser("report", help=what)
    what = f"write the page of the committed evidence alone, {COMMITTED_PAGE}, and open that one"
    showing.add_argument("--committed", action="store_true", help=what)
    commands.add_parser("recover", help="remove what DVC left half-written when it was killed")

    reading = commands.add_parser(
        "read-clock",
        help="print the time that clocks in pictures show",
        epilog="exit status: 0, or 3 if a reading is not sure, or 1 if a picture cannot be read",
    )
    what = "an image file with a clock in it"
    reading.add_argument("pictures", metavar="PICTURE", nargs="+", type=Path, help=what)
    _add_reader(reading)
    reading.add_argument("--json", action="store_true", help="print one JSON object per line")
    what = "where the clock is in the only picture: x,y,width,height in pixels (default: it is looked for)"
    reading.add_argument("--box", metavar="X,Y,W,H", help=what)
    reading.add_argument("--show", type=Path, metavar="OUT.png", help="draw what was found: the face and the hands")

    measuring = commands.add_parser("measure-reader", help="measure a clock reader on labelled pictures")
    what = "a folder, .tar or .zip of pictures named by their times, such as dial_10-08.jpg; others have no clock"
    measuring.add_argument("pictures", metavar="PICTURES", type=Path, help=what)
    _add_reader(measuring)
    where = "where to write metrics.json, readings.csv and figures"
    measuring.add_argument("--out", required=True, type=Path, metavar="FOLDER", help=where)

    classifying = commands.add_parser("classify", help="say what pictures show")
    classifying.add_argument(
        "pictures", metavar="PICTURE", nargs="+", type=Path, help="an image file, at least 8 pixels wide and high"
    )
    names = " or ".join(BEST_CLASSIFIED)
    what = f"{names} for the committed classifier of that data set, or a .keras file"
    classifying.add_argument("--model", required=True, help=what)
    classifying.add_argument("--json", action="store_true", help="print one JSON object per line")
    what = "how many classes to name, the most probable first (default: 3)"
    classifying.add_argument("--top", type=int, default=3, metavar="N", help=what)

    sampling = commands.add_parser("sample", help="draw leaves with a trained generator")
    names = ", ".join(get_args(Generator))
    what = f"a generator of your last run by its name ({names}), or a .keras file (default: {LEAVES})"
    sampling.add_argument("--model", default=str(LEAVES), help=what)
    sampling.add_argument("--count", type=int, default=64, help="how many leaves (default: 64)")
    sampling.add_argument("--seed", type=int, default=1, help="another seed draws other leaves (default: 1)")
    where = "where to write them, in a grid"
    sampling.add_argument("--out", required=True, type=Path, metavar="PICTURE.png", help=where)
    sampling.add_argument("--json", action="store_true", help="print one JSON object")

    publishing = commands.add_parser("publish", help="write a trained network as a small file for any processor")
    publishing.add_argument("model", metavar="MODEL.keras", type=Path, help="the file that a training wrote")
    where = f"where to write it, such as {model_files.committed('fashion_mnist')}"
    publishing.add_argument("--out", required=True, type=Path, metavar="OUT.keras", help=where)

    evidence = commands.add_parser("evidence", help="copy settings and results, with commit and durations")
    where = "where to write them, such as results/my_run"
    evidence.add_argument("folder", metavar="FOLDER", type=Path, help=where)
    what = "leave out the results of stages that are not up to date"
    evidence.add_argument("--partly", action="store_true", help=what)
    what = "collect even if the code differs from the commit"
    evidence.add_argument("--uncommitted", action="store_true", help=what)

    repeating = commands.add_parser("repeats", help="join runs that differ in their seed only")
    what = "a finished run: params.yaml and metrics/"
    repeating.add_argument("folders", metavar="FOLDER", nargs="+", type=Path, help=what)
    where = "where to write metrics.csv and claims.csv"
    repeating.add_argument("--out", required=True, type=Path, metavar="FOLDER", help=where)
    return parser


def _add_reader(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", type=Path, default=READER, help=f"a trained reader (default: {READER})")
    what = f"least probability of a reading that is sure (default: {SURE_PROBABILITY})"
    command.add_argument("--threshold", type=float, default=SURE_PROBABILITY, metavar="P", help=what)


def _run(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "summary":
            _print_summary()
        case "run":
            _run_pipeline(arguments.jobs)
        case "report":
            _show_report(committed=arguments.committed)
        case "recover":
            _recover()
        case "read-clock":
            _read_clocks(arguments)
        case "measure-reader":
            _measure_reader(arguments)
        case "classify":
            _classify(arguments)
        case "sample":
            _sample(arguments)
        case "publish":
            print(publish_command.publish(arguments.model, out=arguments.out))
        case "evidence":
            _collect_evidence(arguments)
        case "repeats":
            _join_repeats(arguments.folders, arguments.out)


def _print_summary() -> None:
    metrics = Path("metrics")
    print(summarise(metrics).to_string(index=False, float_format="{:.3f}".format))
    verdicts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in score(metrics).items() if count)
    print(f"\nThe report's numbers and claims: {verdicts}\n{_NEXT}")


def _run_pipeline(jobs: int | None) -> None:
    from imagelab.pipeline import runner  # imports DVC, which takes half a second

    jobs = runner.default_jobs() if jobs is None else jobs
    if jobs < 1:
        raise InputError("--jobs", where="run", expected="a whole number from 1", received=jobs)
    if status := runner.run(Path(), jobs=jobs):
        sys.exit(status)
    _print_summary()


def _show_report(*, committed: bool) -> None:
    if committed:
        from imagelab.report.page import render_committed  # imports Altair, which takes a second

        writing.write_bytes(render_committed(Path()), COMMITTED_PAGE)
    print(open_page(COMMITTED_PAGE if committed else PAGE))


def _recover() -> None:
    from imagelab.pipeline.recovery import recover  # imports DVC, which takes half a second

    for line in recover(Path()):
        print(line, file=sys.stderr)


def _read_clocks(arguments: argparse.Namespace) -> None:
    from imagelab.clocks.commands.read_command import read_clocks

    status = read_clocks(
        arguments.pictures,
        model=arguments.model,
        threshold=arguments.threshold,
        box=arguments.box,
        show=arguments.show,
        as_json=arguments.json,
    )
    if status:
        sys.exit(status)


def _measure_reader(arguments: argparse.Namespace) -> None:
    from imagelab.clocks.commands.measure_command import measure_reader  # imports matplotlib, which takes a second

    out, model, threshold = arguments.out, arguments.model, arguments.threshold
    print(measure_reader(arguments.pictures, model=model, threshold=threshold, out=out))


def _classify(arguments: argparse.Namespace) -> None:
    from imagelab.classification.classify_command import classify

    status = classify(arguments.pictures, model=arguments.model, top=arguments.top, as_json=arguments.json)
    if status:
        sys.exit(status)


def _sample(arguments: argparse.Namespace) -> None:
    from imagelab.leaves.sample_command import sample

    print(
        sample(arguments.model, count=arguments.count, seed=arguments.seed, out=arguments.out, as_json=arguments.json)
    )


def _collect_evidence(arguments: argparse.Namespace) -> None:
    from imagelab.pipeline import evidence  # imports DVC, which takes half a second

    print(evidence.collect(arguments.folder, partly=arguments.partly, uncommitted=arguments.uncommitted))


def _join_repeats(folders: list[Path], out: Path) -> None:
    runs = read_runs(folders)
    table = repeats.join(runs)
    writing.write_table(table, out / "metrics.csv", data=None)  # about several data sets, named in each run's metrics
    judged_claims = out / "claims.csv"
    if (judged := repeats.judge_claims(runs)) is not None:
        claims, data = judged
        writing.write_table(claims, judged_claims, data=data)
    else:
        judged_claims.unlink(missing_ok=True)  # of other runs
    print(repeats.describe(runs, table))


if __name__ == "__main__":
    main()
