"""Every number and claim of the report with ours beside it, and a verdict."""

from pathlib import Path

from imagelab.reproduction import reproduction_table
from stages import run


def main() -> None:
    """Write the verdicts, and how many there are of each."""
    reproduction_table.write(reproduction_table.compare(Path()), Path())


if __name__ == "__main__":
    run(main)
