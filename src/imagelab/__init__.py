"""Image models of three tasks as a reproducible pipeline: classify, tell the time, generate leaves."""

from imagelab.numerics import set_variables
from imagelab.quiet import quieten_tensorflow

set_variables()
quieten_tensorflow()
