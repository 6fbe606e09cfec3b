"""Image models of three tasks as a reproducible pipeline: classify, tell the time, generate leaves."""

from imagelab.quiet import quieten_tensorflow

quieten_tensorflow()
