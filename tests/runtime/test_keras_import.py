"""The import of Keras is quiet and quick, and changes nothing for whoever uses the hidden libraries later."""

import subprocess
import sys

import pytest


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize("first", ["keras", "tensorflow"])
def test_unused_libraries_are_not_imported_with_keras_but_can_be_later(first: str) -> None:
    code = (
        f"import imagelab, sys, gc; import {first}; assert 'keras' in sys.modules and 'tensorflow' in sys.modules;"
        "print('sklearn' in sys.modules, 'matplotlib' in sys.modules, gc.isenabled(), gc.get_freeze_count() > 100_000);"
        "import sklearn.metrics, matplotlib.pyplot; print(sklearn.__name__, matplotlib.__name__)"
    )
    done = run(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "False False True True\nsklearn matplotlib\n"
    assert done.stderr == ""


def test_a_library_that_is_there_already_stays() -> None:
    done = run("import imagelab, sklearn, sys; before = sys.modules['sklearn']; import keras; assert before is sklearn")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_failed_import_shows_what_was_held_back_and_restores_everything() -> None:
    code = """
import gc, importlib.machinery, os, sys
import imagelab
from imagelab.runtime.keras_import import _Loader

class Broken:
    def exec_module(self, module):
        os.write(2, b"a notice\\n")
        assert not gc.isenabled()
        import sklearn

try:
    _Loader(Broken()).exec_module(None)
except ImportError:
    print(gc.isenabled(), "sklearn" in sys.modules)
"""
    done = run(code)
    assert done.stdout == "True False\n"
    assert done.stderr == "a notice\n"
