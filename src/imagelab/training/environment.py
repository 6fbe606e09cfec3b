"""What besides code, data and settings decides the last digits of a run's numbers; does not start the backend."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from imagelab.runtime import cores
from imagelab.training import processor, variables

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
    name = variables.backend_name()
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


def _gpus() -> str:
    """Name the GPUs that NVIDIA's driver shows; only a started backend knows whether it uses them."""
    files = sorted(_GPUS.glob("*/information"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    models = [line for line in lines if line.startswith("Model:")]
    return ", ".join(line.removeprefix("Model:").strip() for line in models) or "none"


def _switches() -> str:
    found = variables.switches((*variables.RECORDED, *variables.DESCRIBED))
    return " ".join(f"{name}={value}" for name, value in found.items()) or "none"
