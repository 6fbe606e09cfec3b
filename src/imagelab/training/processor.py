"""What is known of the processor, without starting a backend."""

import platform
from pathlib import Path

_DESCRIPTION = Path("/proc/cpuinfo")
_INSTRUCTION_PREFIXES = ("sse", "fma", "avx", "amx")


def name() -> str:
    """Return what the processor calls itself."""
    return field("model name") or platform.processor() or platform.machine()


def flags() -> set[str]:
    """Return the names of what it can do; empty where they cannot be read (not Linux)."""
    return set(field("flags").split())


def instructions() -> list[str]:
    """Return its instruction sets for many numbers at a time, sorted."""
    return sorted(flag for flag in flags() if flag.startswith(_INSTRUCTION_PREFIXES))


def field(name: str) -> str:
    """Read one field of the first processor's description; empty where there is none (not Linux)."""
    if not _DESCRIPTION.exists():
        return ""
    lines = _DESCRIPTION.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == name), "")
