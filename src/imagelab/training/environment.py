"""Machine, libraries and variables: they decide a run's last digits, besides code, data and settings.

Nothing here starts the backend.
"""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from imagelab.runtime import cores
from imagelab.training import processor, variables

TRAINING_LIBRARIES = ("keras", "numpy", "pandas")  # what a training computes with, besides the backend
LIBRARIES = (  # those of pyproject.toml that compute, draw or encode, besides the backend
    *TRAINING_LIBRARIES,
    "scipy",
    "scikit-learn",
    "pillow",
    "simplejpeg",
    "matplotlib",
)

_PROCESSOR = ("processor", "instructions", "cache")  # what ``describe_for_training`` says about the processor

_ORDER = (  # of the description
    "backend",
    "precision",
    "threads",
    "processor",
    "instructions",
    "cache",
    "cores",
    "gpus",
    "switches",
    "system",
    "python",
    "versions",
)

_GPUS = Path("/proc/driver/nvidia/gpus")


def describe(*, precision: str, threads: int) -> dict[str, Any]:
    """Describe machine, libraries and arithmetic as plain texts and numbers, which ``dvc metrics`` can show.

    Two runs on the same machine have the same description: it holds no time, no load, and no name of a host or folder.

    Args:
        precision: the setting.
        threads: the setting.

    Returns:
        Texts and numbers by name, and under ``versions`` those of the libraries.
    """
    described = {
        **describe_for_training(),
        "precision": precision,
        "threads": threads,
        "cores": cores.available(),  # NumPy's matrix products use all of them, whatever ``threads`` is
        "gpus": _gpus(),
        "switches": _switches((*variables.RECORDED, *variables.DESCRIBED)),
        "versions": _versions(LIBRARIES),
    }
    return {name: described[name] for name in _ORDER}


def describe_for_training() -> dict[str, Any]:
    """Return the part of ``describe`` that decides the numbers of a training, without its settings.

    Left out are the number of cores, libraries that only measure or draw, variables that change no training, and the
    GPUs: which of them are used can be read from a started backend only.
    """
    family, model, stepping = (processor.field(name) or "unknown" for name in ("cpu family", "model", "stepping"))
    return {
        "backend": variables.backend_name(),
        "processor": f"{processor.name()}, family {family}, model {model}, stepping {stepping}",
        "instructions": " ".join(processor.instructions()) or "unknown",
        "cache": processor.field("cache size") or "unknown",  # matrix products are split to fit it
        "switches": _switches(variables.RECORDED),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver()) or 'C library unknown'}",
        "python": platform.python_version(),
        "versions": _versions(TRAINING_LIBRARIES),
    }


def processor_in(described: Mapping[str, Any]) -> dict[str, str]:
    """Return the part of a description that is about the processor."""
    return {name: value for name, value in described.items() if name in _PROCESSOR}


def without_processor(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rest of a description, which ``processor_in`` leaves out."""
    return {name: value for name, value in described.items() if name not in _PROCESSOR}


def _gpus() -> str:
    """Name the GPUs that NVIDIA's driver lists, whether the backend uses them or not."""
    files = sorted(_GPUS.glob("*/information"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    models = [line for line in lines if line.startswith("Model:")]
    return ", ".join(line.removeprefix("Model:").strip() for line in models) or "none"


def _switches(prefixes: tuple[str, ...]) -> str:
    return " ".join(f"{name}={value}" for name, value in variables.switches(prefixes).items()) or "none"


def _versions(libraries: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of libraries and of the backend, in the order of their names."""
    return {library: version(library) for library in sorted({*libraries, variables.backend_name()})}
