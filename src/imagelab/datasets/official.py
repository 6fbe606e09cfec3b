"""Official downloads: addresses, checksums, and resuming a download that was interrupted."""

import importlib.util
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pooch
import requests

from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE
from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.storage import writing

CACHE = Path(".imagelab/downloads")  # outside DVC's outputs, so that a failed stage does not lose what was downloaded
# Kaggle publishes no checksum. Instead kagglehub compares the download with the MD5 that the server states, the version
# is fixed here, and the number of images is checked.
KAGGLE_LEAVES = "vipoooool/new-plant-diseases-dataset"
KAGGLE_LEAVES_VERSION = 2
KAGGLE_LEAVES_IMAGES = 70_295  # in the folder train
# Public data sets need no account unless their owner asks for consent; see ``kagglehub/exceptions.py``.
_KAGGLE_REFUSES = (requests.codes.unauthorized, requests.codes.forbidden)
_KAGGLE_TOKEN = (
    "a token, which Kaggle requires here, in ~/.kaggle/kaggle.json or KAGGLE_USERNAME and KAGGLE_KEY, "
    "of an account that has agreed to the terms at this address"
)

_TIMEOUT_SECONDS = 30  # without a byte
_CHUNK_BYTES = 1 << 16
_RETRIES = 3


class OfficialFile(NamedTuple):
    """A file, the address of its folder, and the checksum that it must have."""

    name: str
    address: str  # of its folder
    md5: str | None  # None: unknown, so the caller checks the content
    remote_name: str | None = None  # at the address, if it has another one there

    @property
    def url(self) -> str:
        """The address of the file itself."""
        return self.address + (self.remote_name or self.name)


_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"  # the mirror that torchvision uses; the original site is gone
_FASHION_MNIST = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
_CIFAR10 = "https://www.cs.toronto.edu/~kriz/"

FILES: dict[str, tuple[OfficialFile, ...]] = {
    "mnist": (
        OfficialFile("train-images-idx3-ubyte.gz", _MNIST, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        OfficialFile("train-labels-idx1-ubyte.gz", _MNIST, "d53e105ee54ea40749a09fcbcd1e9432"),
        OfficialFile("t10k-images-idx3-ubyte.gz", _MNIST, "9fb629c4189551a2d022fa330f9573f3"),
        OfficialFile("t10k-labels-idx1-ubyte.gz", _MNIST, "ec29112dd5afa0611ce80d1b7f02629c"),
    ),
    "fashion_mnist": (
        OfficialFile("train-images-idx3-ubyte.gz", _FASHION_MNIST, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        OfficialFile("train-labels-idx1-ubyte.gz", _FASHION_MNIST, "25c81989df183df01b3e8a0aad5dffbe"),
        OfficialFile("t10k-images-idx3-ubyte.gz", _FASHION_MNIST, "bef4ecab320f06d8554ea6380940ec79"),
        OfficialFile("t10k-labels-idx1-ubyte.gz", _FASHION_MNIST, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    "cifar10": (OfficialFile(CIFAR10_ARCHIVE, _CIFAR10, "c32a1d4ab5d03f1284b67883e8d87530"),),
}

_SURFDRIVE = "https://surfdrive.surf.nl/files/index.php/s/"

CLOCKS = {
    150: OfficialFile("clocks_150.zip", f"{_SURFDRIVE}B8emtQRGUeAaqmz/", None, remote_name="download"),
    75: OfficialFile("clocks_75.zip", f"{_SURFDRIVE}GsH5DxUdBgDR64B/", None, remote_name="download"),
}
"""The course's shares of the report's clocks, by the width of the pictures in pixels."""


def download(files: Sequence[OfficialFile], destination: Path, *, cache: Path) -> None:
    """Download files, check them, and put copies into a folder.

    Args:
        files: what to download.
        destination: an existing folder.
        cache: where finished and unfinished downloads are kept; one folder a data set.

    Raises:
        InputError: as ``download_to_cache``.
    """
    for file in files:
        shutil.copyfile(download_to_cache(file, cache), destination / file.name)


def download_to_cache(file: OfficialFile, cache: Path, *, expected: str = "the file") -> Path:
    """Download a file, unless it is in the cache, and check it if its checksum is known.

    A download that is interrupted is retried, then left in ``cache``, where the next run resumes it.

    Args:
        file: what to download.
        cache: where finished and unfinished downloads are kept; one folder a data set.
        expected: of the server, for the message.

    Returns:
        The file in the cache.

    Raises:
        InputError: if the server cannot be reached, refuses, breaks the connection each time, or sends other bytes than
            expected.
    """
    for left in cache.glob("tmp*"):  # pooch's, from a killed download; the bytes that arrived are in .partial files
        left.unlink()
    pooch.get_logger().setLevel("WARNING")  # the progress bar names the file
    fetcher = pooch.create(
        path=cache,
        base_url=file.address,
        registry={file.name: file.md5 and f"md5:{file.md5}"},
        urls={file.name: file.url},
        retry_if_failed=_RETRIES,
    )
    try:
        with writing.writing_to(cache / file.name):
            fetcher.fetch(file.name, downloader=_ResumingDownloader(cache / f"{file.name}.partial"))
    except requests.RequestException as error:
        received = f"{type(error).__name__} ({error})"
        raise InputError("download", where=file.url, expected=expected, received=received) from None
    except ValueError as error:  # pooch raises it for a wrong checksum
        raise InputError("download", where=file.url, expected=f"MD5 {file.md5}", received=f"{error}") from None
    return cache / file.name


class _ResumingDownloader:
    """A downloader for pooch, with byte ranges and a progress bar.

    Args:
        partial: the file for the bytes that have arrived, until all have.
    """

    def __init__(self, partial: Path) -> None:
        self.partial = partial

    def __call__(self, url: str, output_file: str, _: object) -> None:
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        present = self.partial.stat().st_size if self.partial.exists() else 0
        headers = {"Accept-Encoding": "identity"}  # the server must not compress .gz files again
        if present:
            headers["Range"] = f"bytes={present}-"
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self.partial.unlink()  # longer than the whole file, so useless; pooch retries from the start
            response.raise_for_status()
            resumed = response.status_code == requests.codes.partial_content
            self._receive(response, present if resumed else 0)
        shutil.move(self.partial, output_file)

    def _receive(self, response: requests.Response, present: int) -> None:
        length = response.headers.get("Content-Length")
        total = present + int(length) if length is not None and length.isdecimal() else None
        name = self.partial.stem
        with (
            self.partial.open("ab" if present else "wb") as file,
            progress.bar(total=total, label=name, unit="B", scale=True, done=present) as progress_bar,
        ):
            for chunk in response.iter_content(_CHUNK_BYTES):
                file.write(chunk)
                progress_bar.update(len(chunk))


def download_leaves() -> Path:
    """Download the leaves from Kaggle.

    Returns:
        The folder in which ``kagglehub`` keeps them.

    Raises:
        InputError: if ``kagglehub`` is not installed, or the download fails (no network, or Kaggle asks for consent).
    """
    if importlib.util.find_spec("kagglehub") is None:
        raise InputError(
            "package kagglehub",
            where="fetch.leaves: official",
            expected="it to be installed (pip install kagglehub), or fetch.leaves to be a path or 'demo'",
            received="no such package",
        )
    import kagglehub  # an optional dependency, so not imported at the top

    try:
        return Path(kagglehub.dataset_download(f"{KAGGLE_LEAVES}/versions/{KAGGLE_LEAVES_VERSION}"))
    except Exception as error:  # kagglehub raises many kinds, also those of its HTTP library
        status = getattr(getattr(error, "response", None), "status_code", None)
        expected = _KAGGLE_TOKEN if status in _KAGGLE_REFUSES else "the data set, which needs no account"
        raise InputError(
            "download from Kaggle",
            where=f"https://www.kaggle.com/datasets/{KAGGLE_LEAVES}",
            expected=expected,
            received=f"{type(error).__name__}: {' '.join(str(error).split())}",
        ) from None
