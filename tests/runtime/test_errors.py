import pickle

from imagelab.runtime.errors import InputError
from imagelab.training.fit import Diverged


def test_an_error_passes_between_processes_with_its_kind_and_message() -> None:
    for kind in (InputError, Diverged):
        error = kind("loss", where="here", expected="a number", received="nan")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is kind
        assert str(again) == str(error) == "here: loss: expected a number, received nan"
