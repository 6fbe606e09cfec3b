"""What besides code, data and settings decides the last digits of a run's numbers; does not start the backend."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from imagelab import cores, processor

LIBRARIES = (  # those of pyproject.toml that compute, draw or encode; the backend comes besides
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pillow",
    "simplejpeg",
    "matplotlib",
)

_GPUS = Path("/proc/driver/nvidia/gpus")
_GPU_SWITCH = "CUDA_VISIBLE_DEVICES"


def describe(*, precision: str, threads: int) -> dict[str, Any]:
    """Describe machine, libraries and arithmetic as plain texts and numbers, which ``dvc metrics`` can show.

    Nothing in it changes from run to run on the same machine: no time, no load, no name of a host or a folder.

    Args:
        precision: as of the settings.
        threads: as of the settings.

    Returns:
        Texts and numbers by name, and under ``versions`` those of the libraries.
    """
    family, model, stepping = (processor.field(name) or "unknown" for name in ("cpu family", "model", "stepping"))
    name = backend_name()
    return {
        "backend": name,
        "precision": precision,
        "threads": threads,
        "processor": f"{processor.name()}, family {family}, model {model}, stepping {stepping}",
        "instructions": " ".join(processor.instructions()) or "unknown",
        "cache": processor.field("cache size") or "unknown",  # matrix products are cut to fit it
        "cores": cores.available(),  # NumPy's matrix products use all of them, whatever ``threads`` is
        "gpus": _gpus(),
        "switches": _switches(),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver()) or 'C library unknown'}",
        "python": platform.python_version(),
        "versions": {library: version(library) for library in sorted({*LIBRARIES, name})},
    }


def backend_name() -> str:
    """Return the backend that Keras would start, by the rule of its ``keras/src/backend/config.py``.

    Asking Keras itself means to start it, which takes six seconds.
    """
    home = Path.home() if os.access(Path.home(), os.W_OK) else Path("/tmp")
    path = Path(os.environ.get("KERAS_HOME", home / ".keras")).expanduser() / "keras.json"
    try:
        configured = json.loads(path.read_text()).get("backend")
    except (FileNotFoundError, ValueError):  # Keras goes on without such a file, too
        configured = None
    return os.environ.get("KERAS_BACKEND") or configured or "tensorflow"


def _gpus() -> str:
    """Name the GPUs that NVIDIA's driver shows; only a started backend knows whether it uses them."""
    files = sorted(_GPUS.glob("*/information"))
    lines = [line for file in files for line in file.read_text().splitlines() if line.startswith("Model:")]
    return ", ".join(line.removeprefix("Model:").strip() for line in lines) or "none"


def _switches() -> str:
    found = processor.switches()
    if _GPU_SWITCH in os.environ:
        found[_GPU_SWITCH] = os.environ[_GPU_SWITCH]
    return " ".join(f"{name}={value}" for name, value in found.items()) or "none"
