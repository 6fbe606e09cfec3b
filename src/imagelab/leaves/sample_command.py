"""The command ``sample``."""

import json
import math
import sys
from pathlib import Path
from typing import get_args

from imagelab.runtime import terminal
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import Generator
from imagelab.storage import model_files, writing
from imagelab.training import variables

GENERATORS = Path("data/models/generator")  # of the last run, a folder each
MOST_SAMPLES = 10_000  # a grid of 9,900 pixels


def sample(model: str, *, count: int, seed: int, out: Path, as_json: bool) -> str:
    """Draw leaves into a grid, and return a line about them.

    Args:
        model: the name of a generator of the last run, or the path of a ``.keras`` file.
        count: how many leaves, from 1 to ``MOST_SAMPLES``.
        seed: of the latent vectors, 32 bits.
        out: of the grid, a name that ends with .png.
        as_json: whether the line is a JSON object.

    Raises:
        InputError: for bad input, and if there is no such model or it is no generator.
    """
    for name, value, least, most in (("--count", count, 1, MOST_SAMPLES), ("--seed", seed, 0, 2**32 - 1)):
        if not least <= value <= most:
            raise InputError(name, where="sample", expected=f"a whole number from {least} to {most:,}", received=value)
    if out.suffix.lower() != ".png":
        raise InputError("--out", where="sample", expected="a name that ends with .png", received=out)
    path = GENERATORS / model / "generator.keras" if model in get_args(Generator) else Path(model)
    model_files.check_exists(path, what="a trained generator of leaves")
    variables.check(training=False)
    # Keras takes seconds to import, and bad input is said before.
    from imagelab.evaluation.figures import image_grid
    from imagelab.leaves.generators import drawing
    from imagelab.training import inference

    generator = inference.in_float32(drawing.load_generator(path))
    trained_on = model_files.read_trained_on(path)
    if warning := model_files.note(trained_on):
        print(warning, file=sys.stderr)
    latent = drawing.draw_latent(count, drawing.latent_dimension_of(generator), seed=seed)
    columns = math.ceil(math.sqrt(count))
    if classes := drawing.classes_of(generator):  # drawn in turn, so that each column holds one class
        columns = min(count, classes * max(1, columns // classes))
    writing.write_figure(image_grid(drawing.generate(generator, latent), columns=columns), out)
    if not as_json:
        return f"{out}: {count} leaves of {model}, seed {seed}"
    drawn = {"picture": terminal.name_for_json(out), "leaves": count, "seed": seed}
    return json.dumps(drawn | {"trained_on": model_files.as_object(trained_on)})
