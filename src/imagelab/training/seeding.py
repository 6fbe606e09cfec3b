"""Seeds for layers: every initializer and dropout gets one of its own."""

from collections.abc import Iterator

import numpy as np


def seeds(seed: int) -> Iterator[int]:
    """Give an endless stream of seeds in [0, 2^31), the same for the same ``seed``.

    A builder takes them in the order of its layers. Without explicit seeds Keras draws from a global generator, and a
    network's first weights depend on what was built before it in the process.
    """
    generator = np.random.default_rng(seed)
    while True:
        yield int(generator.integers(2**31))
