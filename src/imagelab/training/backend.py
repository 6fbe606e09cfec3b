"""The numerical backend: determinism, threads, precision, memory. The only importer of TensorFlow."""

import gc
import logging
import os
from typing import Any

import keras

from imagelab.runtime.errors import InputError
from imagelab.training import processor, variables
from imagelab.training.environment import describe_for_training

FORCE_BFLOAT16 = "IMAGELAB_FORCE_BFLOAT16"  # environment variable: 1 allows mixed_bfloat16 where it is slow

_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
_INSTRUCTION_LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")  # TensorFlow's kernels obey the first that is set
_LIMITS_WITH_BFLOAT16 = ("AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX10", "DEFAULT")


def configure(*, seed: int, precision: str, threads: int) -> None:
    """Make this process's results repeatable, and set the precision of layers built from now on.

    Args:
        seed: for whatever has no seed of its own; all layers of this project have one.
        precision: ``float32`` or ``mixed_bfloat16``.
        threads: that share one operation. Sums are split between them, so their number changes the rounding.

    Raises:
        InputError: for ``mixed_bfloat16`` on a processor without bfloat16 instructions, where it is more than ten
            times slower, unless the environment has ``IMAGELAB_FORCE_BFLOAT16=1``; also as ``variables.check``.
    """
    variables.check()  # not every caller is a stage, which checks at its start
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        logging.getLogger("tensorflow").addFilter(_is_no_retracing_warning)
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        # Run one operation at a time. For a batch of known size with large gradients, TensorFlow adds gradients in the
        # order in which they are ready ("tmp_var_accum" in its graphs), and enable_op_determinism does not cover that.
        # ``steps`` leaves the batch size unknown, but train_on_batch knows it.
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        for gpu in (gpus := tf.config.list_physical_devices("GPU")):
            tf.config.experimental.set_memory_growth(gpu, True)  # otherwise one process takes all memory
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
    """Tell whether this backend has ``fused_batch_normalization``: only TensorFlow; on JAX XLA fuses by itself."""
    return bool(keras.backend.backend() == "tensorflow")


def fused_batch_normalization(
    pictures: Any, *, scale: Any, offset: Any, statistics: tuple[Any, Any] | None, epsilon: float
) -> tuple[Any, Any, Any]:
    """Normalise each channel in one operation.

    Args:
        pictures: (b, h, w, c), of any precision.
        scale: (c,).
        offset: (c,).
        statistics: mean and variance to normalise with, each (c,); None takes those of the pictures.
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
    if statistics is None:  # the operation returns the unbiased variance
        count = tf.cast(tf.reduce_prod(tf.shape(pictures)[:-1]), tf.float32)
        variance *= (count - 1) / count
    return outputs, mean, variance


def release_memory() -> None:
    """Free the memory of every network built so far. Networks still in use cannot be trained further afterwards.

    On TensorFlow ``clear_session`` alone is not enough: the gradients that a traced optimizer step registers
    ("CustomGradient-12") stay in a global registry, and each keeps its whole graph. Compare TensorFlow's issues 80895
    and 97697.
    """
    keras.backend.clear_session()
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework import ops  # the registry has no public name

        registered: dict[str, Any] = ops.gradient_registry._registry
        for name in [name for name in registered if name.startswith("CustomGradient-")]:
            del registered[name]
    gc.collect()


def cpu_has_bfloat16() -> bool:
    """Tell whether this processor has bfloat16 instructions that TensorFlow's kernels may use.

    False where the instructions cannot be read (not Linux).
    """
    limit = next((os.environ[name] for name in _INSTRUCTION_LIMITS if os.environ.get(name)), "DEFAULT")
    return bool(_BFLOAT16_FLAGS & processor.flags()) and limit.upper().startswith(_LIMITS_WITH_BFLOAT16)


def environment() -> dict[str, Any]:
    """Describe what decides the last digits of a training in this process, besides code, data and settings.

    Returns:
        As ``environment.describe_for_training``, and what needs a started Keras: its accelerator and settings.
    """
    return {
        **describe_for_training(),
        "accelerator": _accelerator(),
        "keras_settings": [keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()],
    }


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an operation failed because the memory of the processor or the GPU is full, on any backend."""
    if isinstance(error, MemoryError):
        return True
    return type(error).__name__ == "ResourceExhaustedError" or "RESOURCE_EXHAUSTED" in str(error)


def _accelerator() -> str:
    """Name the model of the device that computes: the first that is no processor.

    A training uses no other. So a machine with several GPUs of one model finds what Ray's tasks computed on each.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        models = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus[:1]]
    else:
        import jax

        models = [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    return models[0] if models else "none"


def _is_no_retracing_warning(record: logging.LogRecord) -> bool:
    """Filter a false alarm: every network of a search is traced once, as it should be."""
    return "triggered tf.function retracing" not in record.getMessage()
