"""``python -m imagelab``: look at what the pipeline made."""

import argparse
import sys
from pathlib import Path

from imagelab.errors import InputError
from imagelab.summary import summarise

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
    parser.parse_args()
    try:
        print(summarise(Path("metrics")).to_string(index=False, float_format="{:.3f}".format))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    print(_NEXT)


if __name__ == "__main__":
    main()
