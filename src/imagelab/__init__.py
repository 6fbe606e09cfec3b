"""Image models of three tasks as a reproducible pipeline: classify, tell the time, generate leaves."""

import os

# Before anything imports TensorFlow: it writes a dozen lines at every start that are no news to a user (missing GPU drivers and the like).
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
