"""Image models of three tasks as a reproducible pipeline: classify, tell the time, generate leaves."""

from imagelab.runtime.quiet import quieten_tensorflow
from imagelab.training.variables import set_variables

set_variables()
quieten_tensorflow()
