"""Environment variables that change what libraries compute or draw: set by the project, refused, or recorded.

No variable and no ``keras.json`` or ``matplotlibrc`` of the user may change a result unnoticed.
``docs/environment_variables.md`` lists what each variable would change.
"""

import json
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

from imagelab.runtime.errors import InputError

BACKEND = "KERAS_BACKEND"  # the only way to choose a backend

ANY_PROCESSOR = "IMAGELAB_ANY_PROCESSOR"  # 1: take what other processors have trained, if nothing else differs

_LIBRARY_SETTINGS = Path(__file__).with_name("library_settings")
SET = {
    "KERAS_HOME": str(_LIBRARY_SETTINGS),  # the folder of keras.json
    "KERAS_NNX_ENABLED": "0",  # other layers, on JAX
    "MATPLOTLIBRC": str(_LIBRARY_SETTINGS / "matplotlibrc"),
    # Keep freed memory for the next step. By default TensorFlow returns large blocks to the system at once and then
    # faults them in again, 2,800 pages for each clock of 150 pixels.
    "TF_CPU_ALLOCATOR_USE_BFC": "1",
}

_PRECISION = "the precision of params.yaml, which this variable would overrule"
REFUSED = {
    "KERAS_MAX_EPOCHS": "the epochs of params.yaml, which this variable would cut short",
    "KERAS_MAX_STEPS_PER_EPOCH": "whole epochs and predictions, which this variable would cut short",
    "ONEDNN_DEFAULT_FPMATH_MODE": _PRECISION,
    "DNNL_DEFAULT_FPMATH_MODE": _PRECISION,
    "TF_SET_ONEDNN_FPMATH_MODE": _PRECISION,
}

# Prefixes of variables that change what a training computes: recorded with the run, and part of the digests of kept
# trainings. TF_ alone would include Terraform's variables, which may hold secrets.
RECORDED = (
    "KERAS_",
    "TF_AUTOTUNE_",
    "TF_AUTO_MIXED_PRECISION_",
    "TF_CONV2D_",
    "TF_CUBLAS_",
    "TF_OPTIONALS_IN_GRADIENTS",
    "TF_PLUGGABLE_DEVICE_",
    "TF_CUDNN_",
    "TF_DEBUG_CUDNN_",
    "TF_DETERMINISTIC_",
    "TF_DISABLE_",
    "TF_ENABLE",
    "TF_FLAG_",
    "TF_FORCE_",
    "TF_FP16_",
    "TF_FUNCTION_",
    "TF_JIT",
    "TF_MATMUL_",
    "TF_MKL_",
    "TF_NUM_",
    "TF_ONEDNN_",
    "TF_OVERRIDE_",
    "TF_SET_",
    "TF_USE_",
    "TF_XLA_",
    "ONEDNN_",
    "DNNL_",
    "ZENDNN_",
    "XLA_",
    "JAX_",
    "NVIDIA_TF32_",
    "CUBLAS_",
    "CUDNN_",
    "GLIBC_TUNABLES",
)

# Prefixes of variables that change measurements or pictures, but no training: recorded with the run only.
DESCRIBED = (
    ANY_PROCESSOR,
    "CUDA_VISIBLE_DEVICES",  # the digests hold the model of the GPU in use
    "OMP_",  # Ray sets the number of threads in its tasks
    "KMP_",
    "OPENBLAS_",
    "GOTO_",
    "BLIS_",
    "MKL_",
    "NVPL_",
    "VECLIB_",
    "NPY_",
    "SCIPY_",
    "SKLEARN_",
    "JSIMD_",
)

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch", "numpy": "jax", "openvino": "openvino"}
_TRAINING = ("tensorflow", "jax")  # torch is not tested; Keras's other backends cannot train


def set_variables() -> None:
    """Set the variables of ``SET``, before Keras and matplotlib are imported and read them.

    Raises:
        InputError: if Keras was imported before and has read other settings.
    """
    os.environ.update(SET)
    if "keras" not in sys.modules:
        return
    config = sys.modules["keras"].config
    for name, value in json.loads((_LIBRARY_SETTINGS / "keras.json").read_text(encoding="utf-8")).items():
        if name != "backend" and (found := getattr(config, name)()) != value:
            expected = f"{value} (import imagelab before Keras, which then does not read your keras.json)"
            raise InputError(name, where="Keras", expected=expected, received=found)


def check(*, training: bool = True) -> None:
    """Refuse variables that contradict the settings. Keras need not be imported.

    Args:
        training: whether the backend must be able to train.

    Raises:
        InputError: for a variable of ``REFUSED``, and for a backend that is unknown, not installed, or cannot train.
    """
    for name, expected in REFUSED.items():
        if name in os.environ:
            raise InputError(name, where="environment", expected=expected, received=repr(os.environ[name]))
    name = backend_name()
    known = _TRAINING if training else tuple(_PACKAGES)
    if name not in known:
        expected = ", ".join(known[:-1]) + f" or {known[-1]}" + " for the pipeline" * training
        raise InputError(BACKEND, where="environment", expected=expected, received=repr(name))
    package = _PACKAGES[name]
    # Only a chosen backend can be missing. importlib.util.find_spec would trigger the import hook of keras_import.py.
    if os.environ.get(BACKEND) and PathFinder.find_spec(package) is None:
        expected = f"the package {package} (pip install {package})"
        raise InputError(BACKEND, where="environment", expected=expected, received=f"{name!r} without it")


def backend_name() -> str:
    """Return the name of the backend that Keras starts, without starting it, which takes six seconds."""
    return os.environ.get(BACKEND) or "tensorflow"


def any_processor() -> bool:
    """Tell whether the user wants kept trainings of other processors, too."""
    return os.environ.get(ANY_PROCESSOR) == "1"


def switches(prefixes: tuple[str, ...] = RECORDED) -> dict[str, str]:
    """Return the variables whose names have one of the prefixes, except those of ``SET``, sorted by name."""
    found = sorted(os.environ.items())
    return {name: value for name, value in found if name.startswith(prefixes) and name not in SET}
