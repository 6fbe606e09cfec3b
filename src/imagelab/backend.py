"""Determinism and precision of the numerical backend; the only importer of TensorFlow."""

from pathlib import Path

import keras

from imagelab.errors import InputError

_CPU_DESCRIPTION = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}


def configure(*, seed: int, precision: str) -> None:
    """Make a run of this process repeatable and set the precision of layers built from now on.

    Args:
        seed: of whatever has no seed of its own; all of this project's layers have one.
        precision: ``float32`` or ``mixed_bfloat16``.

    Raises:
        InputError: for ``mixed_bfloat16`` on a processor without bfloat16 instructions, where it is more than ten
        times slower.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # not on the other backends

        tf.config.experimental.enable_op_determinism()
        on_cpu = not tf.config.list_physical_devices("GPU")
        if precision == "mixed_bfloat16" and on_cpu and not cpu_has_bfloat16():
            raise InputError(
                "precision",
                where="params.yaml",
                expected="float32, since this processor has no bfloat16 instructions",
                received=precision,
            )
    keras.config.set_dtype_policy(precision)


def cpu_has_bfloat16() -> bool:
    """Tell whether this processor multiplies bfloat16 numbers itself; False where that cannot be read (not Linux)."""
    if not _CPU_DESCRIPTION.exists():  # not Linux
        return False
    flags = next((line for line in _CPU_DESCRIPTION.read_text().splitlines() if line.startswith("flags")), "")
    return bool(_BFLOAT16_FLAGS & set(flags.split()))
