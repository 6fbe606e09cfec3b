"""One short script a stage: read settings, load, call the library, write."""

import sys
from pathlib import Path

# The library beside this folder goes before an installed one: ``dvc exp run --queue`` runs the stages in a copy of
# the repository.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from imagelab.runtime import stage
from imagelab.runtime.stage import run
from imagelab.training import variables

__all__ = ["run"]

if sys.argv[0] == "-m":  # the beginning of ``python -m stages.<name>``; not an import by a test
    stage.begin(variables.check)
