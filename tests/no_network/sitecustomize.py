"""Refuses every connection of a Python process that has this folder on its PYTHONPATH, and notes the attempt."""

import os
import sys
from pathlib import Path
from typing import Any

EVENTS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in EVENTS and not isinstance(arguments[-1], str | bytes):  # a Unix socket's address is a path
        with Path(os.environ["IMAGELAB_TEST_CONNECTIONS"]).open("a") as log:
            log.write(f"{sys.argv}: {event} {arguments[1:]}\n")
        raise OSError("no network in this test")


sys.addaudithook(refuse)
