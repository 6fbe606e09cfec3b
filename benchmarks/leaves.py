"""How fast leaves are decoded and reduced against the report's way, and how much memory that takes.

    python -m benchmarks.leaves [--data PATH] [--json] [--out FILE.json] [--rounds N]

PATH is a folder or archive as ``fetch.leaves`` takes it; without it the project draws leaves. The report's way is
matplotlib's ``imread`` in a loop over files, and slicing. Nothing else should run beside it.
"""

import platform
import statistics
import subprocess
import sys
import tarfile
import tempfile
from argparse import SUPPRESS
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
from numpy.typing import NDArray

from benchmarks import REPOSITORY, contest, record
from imagelab.datasets import decoding, demo_leaves, leaf_archive, leaf_groups, leaf_lists
from imagelab.datasets.leaf_layout import LEAF_LIST
from imagelab.leaves.choosing import choose
from imagelab.leaves.preparing import choose_and_reduce
from imagelab.runtime import cores
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.leaves import PrepareLeaves

DRAWN_PER_CLASS = 120
ROUNDS = 5


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = record.options(__doc__, rounds=ROUNDS)
    parser.add_argument("--data", type=Path, help="real leaves")
    parser.add_argument("--memory-of", type=Path, help=SUPPRESS)  # for the process that measures memory
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    settings = params.load(REPOSITORY / "params" / "paper.yaml").prepare_leaves
    try:
        if arguments.memory_of is not None:
            print(peak_memory_ratio(arguments.memory_of, settings))
            return
        with tempfile.TemporaryDirectory() as name:
            report = measure(Path(name), arguments.data, settings, rounds=arguments.rounds)
    except InputError as error:
        sys.exit(f"error: {error}")
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "leaves": "drawn by the project" if arguments.data is None else "real",
            **settings.model_dump(mode="json"),
            "rounds": arguments.rounds,
        },
        precision="float32",
        threads=cores.available(),
    )


def measure(folder: Path, data: Path | None, settings: PrepareLeaves, *, rounds: int) -> dict[str, Any]:
    """Pack the leaves, unpack them as files for the report's way, and let the ways take turns."""
    packed = folder / "leaves.tar"
    if data is None:
        leaf_archive.write(demo_leaves.draw_leaves(images_per_class=DRAWN_PER_CLASS, seed=1), packed)
    else:
        leaf_archive.pack(data, packed)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    path = folder / LEAF_LIST
    listed = leaf_lists.read_list(path.read_bytes(), where=path) if path.exists() else {}
    shown = dict(zip(files, leaf_groups.by_name(files, listed).tolist(), strict=True))
    chosen = choose(shown, settings, seed=1)
    paths = [folder / name for names in chosen.values() for name in names]
    area = settings.model_copy(update={"reduction": "area"})
    ways: dict[str, Callable[[], NDArray[np.float32]]] = {
        "report": lambda: report_way(paths, settings.image_size),
        "slice": lambda: choose_and_reduce(packed, settings, seed=1).images,
        "area": lambda: choose_and_reduce(packed, area, seed=1).images,
    }
    contents = [path.read_bytes() for path in paths]
    alone: dict[str, Callable[[], object]] = {"decoder_alone": lambda: decode_all(contents, settings.image_size)}
    same = bool(np.array_equal(ways["report"](), ways["slice"]()))
    command = [sys.executable, "-m", "benchmarks.leaves", "--memory-of", str(packed)]
    memory = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout
    speeds = contest.take_turns({**ways, **alone}, images=len(paths), rounds=rounds)
    return {
        "ratio_slice": contest.ratio(speeds, "slice", "report"),
        "ratio_area": contest.ratio(speeds, "area", "report"),
        "share_of_decoder": contest.ratio(speeds, "area", "decoder_alone"),
        "same_bits": same,
        "peak_memory_ratio": float(memory),
        "images": len(paths),
        "cores": cores.available(),
        "processor": platform.processor() or platform.machine(),
        "images_per_second": speeds,
    }


def report_way(paths: list[Path], size: int) -> NDArray[np.float32]:
    """Read one file after the other, keep every n-th pixel, divide by 255."""
    pictures = []
    for path in paths:
        picture = matplotlib.image.imread(path)
        if picture.dtype != np.uint8:  # it scales PNG files to [0, 1] itself
            picture = np.round(picture[..., :3] * 255).astype(np.uint8)
        step = len(picture) // size
        pictures.append(picture[::step, ::step] / 255)
    return np.array(pictures, np.float32)


def decode_all(contents: list[bytes], size: int) -> None:
    """Decode pictures in memory on all cores, as ``area`` does, and nothing else: what preparing can reach at most."""

    def decode_some(some: list[bytes]) -> None:
        for content in some:
            decoding.decode(content, at_least=size)

    with ThreadPoolExecutor(cores.available()) as pool:
        list(pool.map(decode_some, (contents[start : start + 64] for start in range(0, len(contents), 64))))


def peak_memory_ratio(packed: Path, settings: PrepareLeaves) -> float:
    """Return by how much memory grows at most, over the size of the output (Linux only)."""
    before = _memory("VmRSS")
    images = choose_and_reduce(packed, settings, seed=1).images
    return (_memory("VmHWM") - before) / images.nbytes


def _memory(field: str) -> int:
    """Return a size from the kernel's description of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def _as_text(report: dict[str, Any]) -> str:
    rows = [
        f"{name:20}{report[name]:8.2f}"
        for name in ("ratio_slice", "ratio_area", "share_of_decoder", "peak_memory_ratio")
    ]
    rows.append(f"{'same bits':20}{'yes' if report['same_bits'] else 'no':>8}")
    rows += [f"{way + ', images/s':20}{statistics.median(v):8.0f}" for way, v in report["images_per_second"].items()]
    rows.append(f"{report['images']} images, {report['cores']} cores")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
