"""The whole of ``params.yaml``."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from imagelab.runtime import params_file
from imagelab.settings.classification import BestClassifiers, KerasExample, Prepare, Rank, Search
from imagelab.settings.clocks import Clock, Localiser, Reader, ReaderClocks, Render, SplitClocks
from imagelab.settings.data import ClassFolders, Demo, Fetch
from imagelab.settings.leaves import Gan, LeafClassifier, PrepareLeaves, Sample, Vae
from imagelab.settings.section import PositiveInt, Section

DEFAULT_PATH = Path("params.yaml")


class Params(Section):
    """All sections, and the settings outside sections."""

    seed: Annotated[int, Field(ge=0, lt=2**32 - 1)]  # NumPy and Keras take 32 bits
    precision: Literal["float32", "mixed_bfloat16"]
    threads: PositiveInt  # per operation; they decide the last digits, because sums are split between them
    fetch: Fetch
    demo: Demo
    class_folders: ClassFolders
    render: Render
    prepare: Prepare
    prepare_leaves: PrepareLeaves
    split_clocks: SplitClocks
    keras_example: KerasExample
    search: Search
    rank: Rank
    best_classifier: BestClassifiers
    clock: Clock
    reader_clocks: ReaderClocks
    localiser: Localiser
    reader: Reader
    leaf_classifier: LeafClassifier
    vae: Vae
    gan: Gan
    sample: Sample

    @field_validator("localiser")
    @classmethod
    def _sees_reduced_pictures(cls, localiser: Localiser, info: ValidationInfo) -> Localiser:
        clocks: ReaderClocks | None = info.data.get("reader_clocks")
        if clocks is not None and clocks.image_size % localiser.image_size:
            context = {"size": clocks.image_size, "key": "image_size", "received": localiser.image_size}
            raise PydanticCustomError("wrong_key", "a divisor of reader_clocks.image_size ({size})", context)
        return localiser


def load(path: Path = DEFAULT_PATH) -> Params:
    """Read and check all settings; raises ``InputError`` as ``params_file.read``."""
    return params_file.read(path, Params)
