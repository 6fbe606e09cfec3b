"""``python -m imagelab``: look at what the pipeline made, and use it."""

import argparse
import json
import sys
from pathlib import Path

from imagelab import labels
from imagelab.errors import InputError
from imagelab.summary import summarise

READER = Path("data/models/clock/reader/model.keras")

_NEXT = """
Look next at
  plots/clock/classification/training.png, plots/generator/gan/samples.png, plots/data/clocks.png
  dvc plots show         curves and pictures as one page, dvc_plots/index.html
  dvc metrics show       every number
  params.yaml            change a setting and run again; params/paper.yaml has the report's"""


def main() -> None:
    """Run the command that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m imagelab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("summary", help="print the results of the last run")
    reading = commands.add_parser("read-clock", help="print the time that clocks in pictures show")
    reading.add_argument(
        "pictures", metavar="PICTURE", nargs="+", type=Path, help="an image file; the clock in its middle"
    )
    reading.add_argument("--model", type=Path, default=READER, help=f"a trained reader (default: {READER})")
    reading.add_argument("--json", action="store_true", help="print one JSON object a line")
    arguments = parser.parse_args()
    try:
        if arguments.command == "summary":
            _print_summary()
        else:
            _read_clocks(arguments.pictures, arguments.model, as_json=arguments.json)
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def _print_summary() -> None:
    print(summarise(Path("metrics")).to_string(index=False, float_format="{:.3f}".format))
    print(_NEXT)


def _read_clocks(paths: list[Path], model: Path, *, as_json: bool) -> None:
    if not model.exists():
        expected = "a trained reader (make run trains a small one; --model names another)"
        raise InputError("model", where=model, expected=expected, received="nothing of that name")
    from imagelab import clock_reading, pictures  # Keras takes seconds to import, which the rest does not need

    reader = clock_reading.load_reader(model)
    images = pictures.read_squares(paths, size=reader.input_shape[1])
    for path, time, confidence in zip(paths, *clock_reading.read_clocks(reader, images), strict=True):
        if as_json:
            hour, minute = divmod(int(time), labels.MINUTES_PER_HOUR)
            found = {"picture": str(path), "time": labels.as_text(time), "hour": hour, "minute": minute}
            print(json.dumps(found | {"confidence": round(float(confidence), 4)}))
        else:
            print(f"{path}: {labels.as_text(time)} (confidence {confidence:.2f})")


if __name__ == "__main__":
    main()
