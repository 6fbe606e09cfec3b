"""Image models of three tasks as a reproducible pipeline: classify, tell the time, generate leaves."""

from imagelab.runtime.keras_import import install_hook
from imagelab.training.variables import set_variables

set_variables()
install_hook()
