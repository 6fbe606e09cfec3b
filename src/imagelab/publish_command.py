"""The command ``publish``: a trained network as a small file that says what it was trained on."""

from pathlib import Path

from imagelab.runtime import outputs
from imagelab.runtime.errors import InputError
from imagelab.storage import model_files, writing
from imagelab.training import variables

MOST_BYTES = 6_000_000  # of a file in the repository, which keeps every version


def publish(model: Path, *, out: Path) -> str:
    """Write a model for distribution, and return a line about it.

    Args:
        model: the ``.keras`` file of a training.
        out: the file to write.

    Raises:
        InputError: for bad input, for a model that was trained on stand-ins or does not say on what, and if the file
            would have more than ``MOST_BYTES``.
    """
    if out.suffix != ".keras":
        raise InputError("--out", where="publish", expected="a name that ends with .keras", received=out)
    outputs.check_is_apart(out, model, option="--out", command="publish")
    model_files.check_exists(model, what="a trained network")
    trained_on = model_files.read_trained_on(model)
    if trained_on is None or trained_on.stand_in:
        received = f"no {model_files.RECORD} in it" if trained_on is None else trained_on.data
        expected = "a model that says what it was trained on, and not on stand-ins"
        raise InputError("model", where=model, expected=expected, received=received)
    variables.check(training=False)
    # Keras takes seconds to import. The readers of clocks and the generators register layers of their own.
    from imagelab.clocks.reader import reading  # noqa: F401
    from imagelab.leaves.generators import drawing  # noqa: F401
    from imagelab.training import distribution, inference

    rounded = trained_on.precision == "mixed_bfloat16"
    network = inference.load_model(model)
    published = distribution.for_distribution(network, rounded=rounded)
    change = distribution.change_of_outputs(inference.in_float32(network), published)
    writing.write_model(published, out, trained_on=trained_on, compressed=True, most_bytes=MOST_BYTES)
    kernels = "kernels rounded to bfloat16" if rounded else "weights unchanged"
    changed = f"outputs on random inputs change by {change:.1%}"
    return f"{out}: {out.stat().st_size / 1e6:.2f} MB, {kernels}, {changed}; trained on {trained_on.data}"
