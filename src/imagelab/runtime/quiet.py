"""Hide TensorFlow's start-up notices: six lines at every start that no setting of TensorFlow switches off.

Its libraries write them directly to file descriptor 2 (missing GPU drivers, instruction sets). The lines are held back
during the import, and shown if it fails.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

_STANDARD_ERROR = 2


def quieten_tensorflow() -> None:
    """Make this process's first import of TensorFlow quiet, whichever module imports it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # switches off later notices
    sys.meta_path.insert(0, _QuietFinder())


class _QuietFinder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as usual, and wraps its loader in a quiet one."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return None for every other module, so that Python asks the next finder."""
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    """Runs a module's code while the standard error stream is held back."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with _held_back():
            self.loader.exec_module(module)


@contextmanager
def _held_back() -> Iterator[None]:
    sys.stderr.flush()
    screen = os.dup(_STANDARD_ERROR)
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), _STANDARD_ERROR)
        try:
            yield
        except Exception:  # but not for KeyboardInterrupt, which is no failure of the import
            notices.seek(0)
            os.write(screen, notices.read())
            raise
        finally:
            os.dup2(screen, _STANDARD_ERROR)
            os.close(screen)
