"""The import of Keras and TensorFlow: without start-up notices, and in less than half the time.

- Their libraries write notices directly to file descriptor 2 (missing GPU drivers, instruction sets), which no setting
  switches off. They are held back during the import, and shown if it fails.
- Keras imports scikit-learn and matplotlib for wrappers and plots that this project does not use. It can do without
  both, so it is told that they are missing. Whoever imports them later finds them.
- Python's garbage collector would search the growing million of objects again and again, during the import and in each
  training after it, although modules are never freed.
"""

import gc
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

_STANDARD_ERROR = 2
_HOOKED = ("keras", "tensorflow")  # each imports the other one
_UNUSED = ("sklearn", "matplotlib")


def install_hook() -> None:
    """Prepare this process's first import of Keras or TensorFlow, whichever module imports it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # switches off later notices
    sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds Keras or TensorFlow as usual, and wraps the loader of whichever is first."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return None for every other module, so that Python asks the next finder."""
        if name not in _HOOKED:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    """Runs a module's code quietly, without unused libraries and without garbage collection."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with _notices_held_back(), _unused_hidden(), _garbage_kept():
            self.loader.exec_module(module)


@contextmanager
def _notices_held_back() -> Iterator[None]:
    sys.stderr.flush()
    screen = os.dup(_STANDARD_ERROR)
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), _STANDARD_ERROR)
        try:
            yield
        except Exception:
            if not _is_interrupted():
                notices.seek(0)
                os.write(screen, notices.read())
            raise
        finally:
            os.dup2(screen, _STANDARD_ERROR)
            os.close(screen)


def _is_interrupted() -> bool:
    """Libraries turn a KeyboardInterrupt during their import into other exceptions; it is no failure of the import."""
    interruption = sys.modules.get("imagelab.runtime.interruption")  # every stage has imported it
    return interruption is not None and interruption.is_interrupted()


@contextmanager
def _unused_hidden() -> Iterator[None]:
    hidden = [name for name in _UNUSED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment] # an import then fails as if nothing were installed
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _garbage_kept() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was imported is never searched again
        if enabled:
            gc.enable()
