"""The map of the pipeline: dvc.yaml against the code and the settings."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import grimp
import networkx
import pytest
from dvc.repo import Repo

from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES
from imagelab.settings.clocks import HEAD_NAMES, NETWORK_NAMES
from imagelab.settings.data import CLASSIFIED, DATASETS, Fetch
from imagelab.settings.leaves import Generator, VaeSize
from stages.rank_grid import TABLES
from tests.conftest import REPOSITORY, read_yaml

STAGES = sorted(read_yaml(REPOSITORY / "dvc.yaml")["stages"])
DECIDES_NO_NUMBER = ("imagelab.runtime", "imagelab.settings")
"""What is no dependency of a stage, but for the two that are about the settings and about all code."""

READ_BY = {  # what a module reads, or lets a library read, of the package's own files
    "src/imagelab/reproduction/published.py": "src/imagelab/reproduction/published.yaml",
    "src/imagelab/reproduction/rules.py": "src/imagelab/reproduction/rules.yaml",
    "src/imagelab/training/variables.py": "src/imagelab/training/library_settings",
}
LIBRARIES_THAT_READ_VARIABLES = {"keras", "matplotlib"}


def commands_in_order() -> list[str]:
    """The commands of all stages, each after those that it depends on."""
    graph = Repo(str(REPOSITORY)).index.graph  # edges go from a stage to what it depends on
    return [stage.cmd for stage in reversed(list(networkx.topological_sort(graph)))]


@pytest.fixture(scope="module")
def imports() -> Any:
    graph = grimp.build_graph("imagelab", "stages", include_external_packages=True, cache_dir=None)
    for imported in graph.find_modules_directly_imported_by("stages"):  # which only calls runtime/stage.py
        graph.remove_import(importer="stages", imported=imported)
    return graph


def file_of(module: str) -> str:
    path = Path("src" if module.startswith("imagelab") else "") / module.replace(".", "/")
    found = path / "__init__.py" if (REPOSITORY / path).is_dir() else path.with_suffix(".py")
    return found.as_posix()


def needed_files(stage: str, imports: Any) -> set[str]:
    """Every file of the project that decides the numbers of a stage: modules that it imports, directly or not.

    Each of them imports the package ``imagelab`` itself, which sets variables of the environment for Keras and
    matplotlib. So a stage that imports one of these libraries needs that module, too.
    """
    needed = {f"stages.{stage}"} | imports.find_upstream_modules(f"stages.{stage}")
    if needed & LIBRARIES_THAT_READ_VARIABLES:
        needed.add("imagelab.training.variables")
    own = {module for module in needed if module.startswith(("imagelab.", "stages."))}
    files = {file_of(module) for module in own if not module.startswith(DECIDES_NO_NUMBER)}
    files = {file for file in files if not file.endswith("/__init__.py")}  # they hold a docstring only
    return files | {READ_BY[file] for file in files & READ_BY.keys()}


def listed_code(stage: str) -> list[str]:
    definition = read_yaml(REPOSITORY / "dvc.yaml")["stages"][stage]
    listed = definition.get("do", definition)["deps"]
    return [path for path in listed if path.startswith(("src/", "stages/"))]


def lies_in(file: str, room: str) -> bool:
    return file == room or file.startswith(f"{room}/")


ABOUT_ALL_CODE = ("check_params", "count_parameters")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ABOUT_ALL_CODE])
def test_every_stage_lists_the_rooms_of_the_modules_that_it_imports_and_no_others(stage: str, imports: Any) -> None:
    needed, rooms = needed_files(stage, imports), listed_code(stage)
    missing = sorted(file for file in needed if not any(lies_in(file, room) for room in rooms))
    unused = sorted(room for room in rooms if not any(lies_in(file, room) for file in needed))
    assert not missing, f"dvc.yaml: {stage}: add to deps: {', '.join(missing)}"
    assert not unused, f"dvc.yaml: {stage}: remove from deps, it imports nothing there: {', '.join(unused)}"
    assert [room for room in rooms if any(lies_in(room, other) for other in rooms if other != room)] == []
    assert len(rooms) == len(set(rooms))
    assert all((REPOSITORY / room).exists() for room in rooms)


def test_only_the_stages_about_all_code_depend_on_the_runtime_and_the_settings() -> None:
    assert listed_code("check_params") == ["stages/check_params.py", "src/imagelab/runtime", "src/imagelab/settings"]
    assert listed_code("count_parameters") == ["stages/count_parameters.py", "src/imagelab"]


def test_packages_hold_a_docstring_only_and_the_outermost_one_sets_variables() -> None:
    for path in (REPOSITORY / "src" / "imagelab").rglob("__init__.py"):
        first, *others = ast.parse(path.read_text()).body
        assert isinstance(first, ast.Expr), path
        found = [ast.unparse(node) for node in others if not isinstance(node, ast.ImportFrom)]
        outermost = path.parent.name == "imagelab"
        assert found == (["set_variables()", "install_hook()"] if outermost else []), path


def test_the_map_fits_on_a_few_screens() -> None:
    assert len((REPOSITORY / "dvc.yaml").read_text().splitlines()) <= 450


def test_every_script_is_a_stage_and_every_stage_has_a_script() -> None:
    assert sorted(path.stem for path in (REPOSITORY / "stages").glob("[!_]*.py")) == STAGES


def test_the_stages_that_name_all_sources_depend_on_all_raw_data() -> None:
    raw = {f"data/raw/{name}" for name in Fetch.model_fields}
    for stage in ("compare_with_report", "write_report"):
        missing = raw - set(read_yaml(REPOSITORY / "dvc.yaml")["stages"][stage]["deps"])
        assert not missing, f"dvc.yaml: {stage}: expected deps {', '.join(sorted(missing))}"


def test_there_are_few_stages() -> None:
    names = {stage.addressing for stage in Repo(str(REPOSITORY)).index.stages}
    assert len(names) < 60  # DVC's own time grows faster than the number of stages


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("fetch", DATASETS),
        ("prepare", CLASSIFIED),
        ("search_grid", FAMILIES),
        ("train_best_classifier", BEST_CLASSIFIED),
        ("evaluate_best_classifier", BEST_CLASSIFIED),
        ("train_clock", HEAD_NAMES),
        ("evaluate_clock", NETWORK_NAMES),
        ("train_vae", get_args(VaeSize)),
        ("evaluate_generator", get_args(Generator)),
    ],
)
def test_a_stage_has_an_item_for_each_name_of_the_settings(stage: str, names: tuple[str, ...]) -> None:
    found = list(read_yaml(REPOSITORY / "dvc.yaml")["stages"][stage]["foreach"])
    assert found == list(names), (
        f"dvc.yaml: {stage}: foreach: expected the names {', '.join(names)}, as in the settings"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_ranked(family: str) -> None:
    (stage,) = (stage for stage in Repo(str(REPOSITORY)).index.stages if stage.addressing == "rank_grid")
    listed = {path.def_path for path in (*stage.deps, *stage.outs)}
    expected = {
        f"data/search/{family}.csv",
        f"metrics/search/{family}.json",
        f"plots/search/{TABLES.get(family, family)}.csv",
    }
    assert expected <= listed, f"dvc.yaml: rank_grid: add to deps, metrics and plots: {', '.join(expected - listed)}"


@pytest.mark.parametrize(
    ("plot", "expected"),
    [
        ("clock_test_errors", [f"clock/{network}/errors.csv" for network in NETWORK_NAMES]),
        ("best_classifier_accuracy", [f"best_classifier/{name}/history.csv" for name in BEST_CLASSIFIED]),
    ],
)
def test_all_networks_of_a_kind_are_in_one_plot(plot: str, expected: list[str]) -> None:
    plots = {
        name: plot for entry in read_yaml(REPOSITORY / "plots" / "dvc.yaml")["plots"] for name, plot in entry.items()
    }
    assert list(plots[plot]["y"]) == expected, f"plots/dvc.yaml: {plot}: expected {expected}"


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
    assert mixed == ["rank_grid", "write_report"]  # take seconds


def test_only_networks_need_tensorflow(imports: Any) -> None:
    """It takes seven seconds to start, so the number of such stages decides how long the default run takes."""
    starting = {stage for stage in STAGES if "keras" in imports.find_upstream_modules(f"stages.{stage}")}
    assert starting == {
        "count_parameters",
        "sample_generators",
        "search_grid",
        "train_best_classifier",
        "train_clock",
        "train_localiser",
        "train_reader",
        "train_gan",
        "train_keras_example",
        "train_leaf_classifier",
        "train_vae",
        "transfer_cifar10",
    }


def test_the_machine_is_described_anew_whenever_a_network_computes_something_new(imports: Any) -> None:
    stages = Repo(str(REPOSITORY)).index.stages
    computed = {
        out.def_path
        for stage in stages
        if "keras" in imports.find_upstream_modules(stage.cmd.split()[2])
        for out in stage.outs
        if out.use_cache  # metrics/models.json counts, it does not compute
    }
    (describing,) = (stage for stage in stages if stage.addressing == "describe_environment")
    listed = {path for path in (dependency.def_path for dependency in describing.deps) if path.startswith("data/")}
    assert not computed - listed, f"dvc.yaml: describe_environment: add to deps: {', '.join(computed - listed)}"
    assert not listed - computed, f"dvc.yaml: describe_environment: remove from deps: {', '.join(listed - computed)}"
    assert not describing.always_changed


def test_no_definition_of_a_plot_is_broken() -> None:
    """On the committed files: a misspelt column or template shows up here only, ``dvc plots`` goes on without it."""
    command = [sys.executable, "-m", "dvc", "plots", "show", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown.get("errors", []) == [], "run the stages that write these files, and commit them"
    assert len(shown["data"]) > 40
    assert all(shown["data"].values())


@pytest.mark.slow  # the lock is renewed last, when all code is written: make run
def test_the_committed_lock_is_of_the_committed_code_and_settings() -> None:
    checked = 0
    for stage in Repo(str(REPOSITORY)).index.stages:
        for dependency in stage.deps:
            if dependency.def_path.startswith(("src/", "stages/", "params", "results")):
                checked += 1
                assert not dependency.status(), f"{stage.addressing}: make run"
    assert checked > 300
