"""Lets no Python process wait that has this folder on its PYTHONPATH: ``pooch`` sleeps for seconds between tries."""

import time

time.sleep = lambda seconds: None
