"""The map of the pipeline: dvc.yaml against the code and the settings."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import grimp
import networkx
import pytest
from dvc.repo import Repo

from imagelab.params import Head, VaeSize
from tests.conftest import REPOSITORY, read_yaml

STAGES = sorted(read_yaml(REPOSITORY / "dvc.yaml")["stages"])
FOLDERS_AS_DEPENDENCIES = {"src/imagelab/sources"}
READ_BY = {  # what a module reads, or lets a library read, of the package's own files
    "src/imagelab/published.py": "src/imagelab/published.yaml",
    "src/imagelab/numerics.py": "src/imagelab/library_settings",
}


def commands_in_order() -> list[str]:
    """The commands of all stages, each after those that it depends on."""
    graph = Repo(str(REPOSITORY)).index.graph  # edges go from a stage to what it depends on
    return [stage.cmd for stage in reversed(list(networkx.topological_sort(graph)))]


@pytest.fixture(scope="module")
def imports() -> Any:
    return grimp.build_graph("imagelab", "stages", cache_dir=None)


def file_of(module: str) -> str:
    path = Path("src" if module.startswith("imagelab") else "") / module.replace(".", "/")
    found = path / "__init__.py" if (REPOSITORY / path).is_dir() else path.with_suffix(".py")
    return found.as_posix()


def needed_files(stage: str, imports: Any) -> set[str]:
    """Every module of the project that a stage imports, directly or not, and the packages they lie in."""
    needed: set[str] = set()
    found = {f"stages.{stage}"}
    while found - needed:
        needed |= found
        packages = {".".join(name.split(".")[:depth]) for name in needed for depth in range(1, name.count(".") + 1)}
        found = packages.union(*(imports.find_upstream_modules(name) for name in needed | packages))
    files = {file_of(module) for module in needed}
    files |= {read for module, read in READ_BY.items() if module in files}
    for folder in FOLDERS_AS_DEPENDENCIES:
        if any(file.startswith(f"{folder}/") for file in files):
            files = {file for file in files if not file.startswith(f"{folder}/")} | {folder}
    return files


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_lists_exactly_the_modules_that_it_imports(stage: str, imports: Any) -> None:
    definition = read_yaml(REPOSITORY / "dvc.yaml")["stages"][stage]
    listed = definition.get("do", definition)["deps"]
    assert {
        path for path in listed if not path.startswith(("data/", "metrics/", "plots/", "params.yaml"))
    } == needed_files(stage, imports)
    assert len(listed) == len(set(listed))


def test_every_script_is_a_stage_and_every_stage_has_a_script() -> None:
    assert sorted(path.stem for path in (REPOSITORY / "stages").glob("[!_]*.py")) == STAGES


def test_the_stages_of_the_report_have_their_names() -> None:
    names = {stage.addressing for stage in Repo(str(REPOSITORY)).index.stages}
    assert {
        *(f"fetch@{name}" for name in ("mnist", "fashion_mnist", "cifar10", "leaves", "clocks")),
        *(f"search_grid@{name}" for name in ("mlp", "cnn", "cnn_batch_norm")),
        *(f"train_clock@{name}" for name in get_args(Head)),
        *(f"train_vae@{name}" for name in get_args(VaeSize)),
        "sample_generators",
    } <= names
    assert len(names) < 60  # DVC's own time grows faster than the number of stages


def test_every_parameter_that_a_stage_lists_exists() -> None:
    settings = read_yaml(REPOSITORY / "params.yaml")
    for stage in Repo(str(REPOSITORY)).index.stages:
        for dependency in stage.params:
            for key in dependency.params:
                value: Any = settings
                for part in key.split("."):
                    assert part in value, f"{stage.addressing}: {key}"
                    value = value[part]


def test_no_stage_mixes_cached_outputs_with_tracked_metrics_but_for_tables() -> None:
    """A stage with an uncached output runs again where a fully cached one comes back from the run-cache."""
    mixed = [
        stage.addressing
        for stage in Repo(str(REPOSITORY)).index.stages
        if len({out.use_cache for out in stage.outs}) > 1
    ]
    assert mixed == ["rank_grid"]  # takes a second


def test_only_networks_need_tensorflow(imports: Any) -> None:
    """It takes seven seconds to start, so the number of such stages decides how long the default run takes."""
    outside = grimp.build_graph("imagelab", "stages", include_external_packages=True, cache_dir=None)
    starting = {stage for stage in STAGES if "keras" in outside.find_upstream_modules(f"stages.{stage}")}
    assert starting == {
        "count_parameters",
        "sample_generators",
        "search_grid",
        "train_clock",
        "train_reader",
        "train_gan",
        "train_keras_example",
        "train_leaf_classifier",
        "train_vae",
        "transfer_cifar10",
    }


def test_the_machine_is_described_anew_whenever_a_network_computes_something_new(imports: Any) -> None:
    outside = grimp.build_graph("imagelab", "stages", include_external_packages=True, cache_dir=None)
    stages = Repo(str(REPOSITORY)).index.stages
    computed = {
        out.def_path
        for stage in stages
        if "keras" in outside.find_upstream_modules(stage.cmd.split()[2])
        for out in stage.outs
        if out.use_cache  # metrics/models.json counts, it does not compute
    }
    (describing,) = (stage for stage in stages if stage.addressing == "describe_environment")
    paths = {dependency.def_path for dependency in describing.deps}
    assert {path for path in paths if path.startswith("data/")} == computed
    assert not describing.always_changed


def test_no_definition_of_a_plot_is_broken() -> None:
    """On the committed files: a misspelt column or template shows up here only, ``dvc plots`` goes on without it."""
    command = [sys.executable, "-m", "dvc", "plots", "show", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown.get("errors", []) == []
    assert len(shown["data"]) > 40
    assert all(shown["data"].values())
