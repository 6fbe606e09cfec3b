"""Determinism, threads and precision of the numerical backend; the only importer of TensorFlow."""

import gc
import logging
import os
import platform
from importlib.metadata import version
from typing import Any

import keras
import numpy as np

from imagelab.runtime.errors import InputError
from imagelab.training import processor, variables

FORCE_BFLOAT16 = "IMAGELAB_FORCE_BFLOAT16"  # environment variable: 1 lets mixed_bfloat16 run where it is slow

_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
_INSTRUCTION_LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")  # TensorFlow's kernels obey the first that is set
_LIMITS_WITH_BFLOAT16 = ("AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX10", "DEFAULT")


def configure(*, seed: int, precision: str, threads: int) -> None:
    """Make what this process computes repeatable, and set the precision of layers built from now on.

    Args:
        seed: of whatever has no seed of its own; all of this project's layers have one.
        precision: ``float32`` or ``mixed_bfloat16``.
        threads: that share one operation. Sums are split between them, so another number rounds differently.

    Raises:
        InputError: for ``mixed_bfloat16`` on a processor without bfloat16 instructions, where it is more than ten
            times slower, unless the environment says ``IMAGELAB_FORCE_BFLOAT16=1``; as of ``variables.check``.
    """
    variables.check()  # for those who come here by another way than a stage
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # not on the other backends

        logging.getLogger("tensorflow").addFilter(_is_no_retracing_warning)
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        # One operation after the other. Where TensorFlow knows the size of a batch and finds its gradients large, it
        # adds them up in the order in which they are ready ("tmp_var_accum" in its graphs), and
        # enable_op_determinism does not know of that. ``Batches`` do not tell their size; train_on_batch does.
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        for gpu in (gpus := tf.config.list_physical_devices("GPU")):
            tf.config.experimental.set_memory_growth(gpu, True)  # else one process takes all of it
        slow = not cpu_has_bfloat16() and not gpus
        if precision == "mixed_bfloat16" and slow and os.environ.get(FORCE_BFLOAT16) != "1":
            raise InputError(
                "precision",
                where="params.yaml",
                expected="float32, since this processor lacks bfloat16 instructions and would be over ten times slower "
                f"without ({FORCE_BFLOAT16}=1 runs it all the same)",
                received=precision,
            )
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)


def fuses_batch_normalization() -> bool:
    """Tell whether this backend has ``fused_batch_normalization``: TensorFlow's, since XLA fuses by itself."""
    return bool(keras.backend.backend() == "tensorflow")


def fused_batch_normalization(
    pictures: Any, *, scale: Any, offset: Any, statistics: tuple[Any, Any] | None, epsilon: float
) -> tuple[Any, Any, Any]:
    """Normalise each channel in one operation.

    Args:
        pictures: (b, h, w, c), of any precision.
        scale: (c,).
        offset: (c,).
        statistics: mean and variance to normalise by, each (c,); None: those of the pictures.
        epsilon: added to the variance.

    Returns:
        The normalised pictures in their precision, and the mean and the (biased) variance, (c,), float32.
    """
    import tensorflow as tf

    mean, variance = (None, None) if statistics is None else (tf.cast(value, tf.float32) for value in statistics)
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        pictures,
        tf.cast(scale, tf.float32),
        tf.cast(offset, tf.float32),
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=statistics is None,
    )
    if statistics is None:  # the operation divides by one less than the count
        count = tf.cast(tf.reduce_prod(tf.shape(pictures)[:-1]), tf.float32)
        variance *= (count - 1) / count
    return outputs, mean, variance


def release_memory() -> None:
    """Forget every network built so far, so that its memory can be used for the next one.

    ``clear_session`` alone does not on TensorFlow: gradients that a traced optimizer step registers for itself
    ("CustomGradient-12") stay in a global registry, and each keeps its whole graph. Compare TensorFlow's issues 80895
    and 97697. Networks that are still in use cannot be trained further afterwards.
    """
    keras.backend.clear_session()
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework import ops  # no public name leads there

        registered: dict[str, Any] = ops.gradient_registry._registry
        for name in [name for name in registered if name.startswith("CustomGradient-")]:
            del registered[name]
    gc.collect()


def cpu_has_bfloat16() -> bool:
    """Tell whether this processor multiplies bfloat16 numbers itself, and TensorFlow's kernels may use that.

    False where it cannot be read (not Linux).
    """
    limit = next((os.environ[name] for name in _INSTRUCTION_LIMITS if os.environ.get(name)), "DEFAULT")
    return bool(_BFLOAT16_FLAGS & processor.flags()) and limit.upper().startswith(_LIMITS_WITH_BFLOAT16)


def environment() -> dict[str, Any]:
    """Describe what besides code, data and settings decides the last digits of what this process computes."""
    name = keras.backend.backend()
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": f"{name} {version(name)}",
        "numpy": np.__version__,
        "processor": processor.name(),
        "instructions": processor.instructions(),
        "accelerators": _accelerators(),
        "keras_settings": [keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()],
        "switches": variables.switches(),
    }


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an operation failed because the processor's or the GPU's memory is full, on any backend."""
    if isinstance(error, MemoryError):
        return True
    return type(error).__name__ == "ResourceExhaustedError" or "RESOURCE_EXHAUSTED" in str(error)


def _accelerators() -> list[str]:
    """Name the devices other than the processor."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]


def _is_no_retracing_warning(record: logging.LogRecord) -> bool:
    """Hold back a false alarm: every network of a search is traced once, as it should be."""
    return "triggered tf.function retracing" not in record.getMessage()
