"""Measurements of speed and cost, each as a ratio within one run."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(REPOSITORY / "src"))  # the library beside this folder goes before an installed one

import imagelab  # noqa: E402, F401 - before a benchmark imports Keras, whose settings it sets
