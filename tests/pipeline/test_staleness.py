"""What becomes stale when something is touched, in DVC's own words; the outputs are made up."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from dvc.repo import Repo
from dvc.stage.serialize import to_single_stage_lockfile

from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.settings.clocks import HEAD_NAMES
from imagelab.settings.data import CLASSIFIED
from imagelab.settings.leaves import Generator, VaeSize
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.pipeline.test_graph import lies_in

CODE = ("stages", "src/imagelab")
SIZES = get_args(VaeSize)
TRAININGS = {  # the stages that compute with networks; the others take seconds
    *("train_keras_example", "search_grid", "transfer_cifar10", "train_best_classifier"),
    *("train_clock", "train_localiser", "train_reader"),
    *("train_leaf_classifier", "train_vae", "train_gan", "sample_generators"),
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The whole graph, up to date, with a few bytes in the place of each output."""
    folder = tmp_path_factory.mktemp("pipeline")
    for name in CODE:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "params", folder / "params")
    for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
        shutil.copy(REPOSITORY / name, folder)
    (folder / "results").mkdir()
    (folder / "results" / "evidence").touch()
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        repo = Repo(".")
        stages = list(repo.index.stages)
        for out in (out for stage in stages for out in stage.outs):
            path = folder / out.def_path
            path = path if path.suffix else path / "content"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(out.def_path)
        with repo.lock:  # what dvc commit does, less its run-cache, and with one writing of the lock
            for stage in stages:
                stage.save(run_cache=False)
                stage.commit()
        locked = {stage.addressing: to_single_stage_lockfile(stage) for stage in stages}
        write_yaml({"schema": "2.0", "stages": json.loads(json.dumps(locked))}, folder / "dvc.lock")
        yield folder


def stale(pipeline: Path) -> dict[str, set[str]]:
    """The stages that DVC calls stale, each with the files and settings that it names as the reason."""
    reasons = {}
    for stage, changes in Repo(str(pipeline)).status().items():
        (changed,) = changes
        assert list(changed) == ["changed deps"], stage
        found = changed["changed deps"]
        settings = found.pop("params.yaml") if isinstance(found.get("params.yaml"), dict) else {}
        assert {*found.values(), *settings.values()} == {"modified"}, stage
        reasons[stage] = {*found, *settings}
    return reasons


def test_nothing_is_stale_at_first(pipeline: Path) -> None:
    assert Repo(str(pipeline)).status() == {}


@pytest.fixture(scope="module")
def stale_by_file(pipeline: Path) -> dict[str, set[str]]:
    """The stages that an edit of each file of the code makes stale."""
    files = [path for name in CODE for path in (pipeline / name).rglob("*") if path.is_file()]
    originals = {path: path.read_text() for path in files}
    by_room: dict[str, set[str]] = defaultdict(set)
    try:
        for path in files:
            path.write_text(f"{originals[path]}\n# edited\n")
        for stage, rooms in stale(pipeline).items():
            for room in rooms:
                by_room[room].add(stage)
    finally:
        for path, content in originals.items():
            path.write_text(content)
    names = [path.relative_to(pipeline).as_posix() for path in files]
    return {name: set().union(*(found for room, found in by_room.items() if lies_in(name, room))) for name in names}


def test_an_edit_makes_exactly_the_stages_stale_that_list_a_room_around_it(
    pipeline: Path, stale_by_file: dict[str, set[str]]
) -> None:
    stages = Repo(str(pipeline)).index.stages
    for name, found in stale_by_file.items():
        listing = {stage.addressing for stage in stages if any(lies_in(name, dep.def_path) for dep in stage.deps)}
        assert found == listing, name


def test_no_file_of_the_code_is_ignored(pipeline: Path) -> None:
    """Whatever ``.dvcignore`` names is in no digest, so that an edit of it would make nothing stale."""
    files = [path for name in CODE for path in (pipeline / name).rglob("*") if path.is_file()]
    ignored = Repo(str(pipeline)).dvcignore
    assert [path for path in files if ignored.is_ignored_file(str(path))] == []
    assert {path.suffix for path in files} >= {".py", ".yaml", ".j2", ".css", ".js"}


def trainings_in(stages: set[str]) -> set[str]:
    return {stage for stage in stages if stage.split("@")[0] in TRAININGS}


@pytest.mark.parametrize("room", ["runtime", "settings"])
def test_an_edit_of_what_decides_no_number_makes_only_the_stages_about_all_code_stale(
    room: str, stale_by_file: dict[str, set[str]]
) -> None:
    found = {name: stages for name, stages in stale_by_file.items() if name.startswith(f"src/imagelab/{room}/")}
    assert len(found) > 5
    assert all(stages == {"check_params", "count_parameters"} for stages in found.values())


@pytest.mark.parametrize(
    ("task", "own"),
    [
        ("classification", {"train_keras_example", "search_grid", "transfer_cifar10", "train_best_classifier"}),
        ("clocks", {"train_clock", "train_localiser", "train_reader"}),
        ("leaves", {"train_leaf_classifier", "train_vae", "train_gan", "sample_generators"}),
    ],
)
def test_an_edit_in_the_folder_of_a_task_makes_no_training_of_another_task_stale(
    task: str, own: set[str], stale_by_file: dict[str, set[str]]
) -> None:
    found = {name: stages for name, stages in stale_by_file.items() if name.startswith(f"src/imagelab/{task}/")}
    assert len(found) > 5
    for name, stages in found.items():
        assert {stage.split("@")[0] for stage in trainings_in(stages)} <= own, name


def test_an_edit_makes_only_the_trainings_stale_that_it_can_change(stale_by_file: dict[str, set[str]]) -> None:
    source = "src/imagelab"
    for name, trainings in {
        f"{source}/classification/best/network.py": {f"train_best_classifier@{name}" for name in BEST_CLASSIFIED},
        f"{source}/clocks/reader/polar.py": {"train_localiser", "train_reader"},
        f"{source}/leaves/gan/augmentation.py": {"train_gan"},
        f"{source}/leaves/vae/network.py": {f"train_vae@{size}" for size in SIZES},
        f"{source}/clocks/evaluation/metrics.py": set(),
        f"{source}/datasets/official.py": set(),
        f"{source}/evaluation/figures.py": set(),
        f"{source}/reproduction/published.yaml": set(),
        "stages/train_gan.py": {"train_gan"},
    }.items():
        assert trainings_in(stale_by_file[name]) == trainings, name


def test_touching_a_setting_makes_exactly_the_stages_stale_that_read_it(pipeline: Path) -> None:
    before = (pipeline / "params.yaml").read_text()
    settings = read_yaml(pipeline / "params.yaml")
    settings["fetch"]["cifar10"] = "a/folder"
    settings["demo"]["leaves_per_class"] += 1
    settings["class_folders"]["image_size"] += 1
    settings["render"]["image_size"] += 1
    settings["prepare"]["most_training_images"] = 100
    settings["keras_example"]["cnn"]["epochs"] += 1
    settings["search"]["mlp"]["grid"][0]["epochs"] = [1]
    settings["search"]["cnn"]["network"]["dropout"] = 0.4
    settings["rank"]["best"] -= 1
    settings["best_classifier"]["fashion_mnist"]["epochs"] += 1
    settings["clock"]["batch_size"] += 1
    settings["clock"]["multi_head"]["epochs"] += 1
    settings["reader"]["network"]["width"] += 1
    settings["gan"]["filters"] += 1
    settings["sample"]["snapshot_images"] += 1
    settings["sample"]["on_collapse"] = "fail"
    try:
        write_yaml(settings, pipeline / "params.yaml")
        found = stale(pipeline)
    finally:
        (pipeline / "params.yaml").write_text(before)
    generators = get_args(Generator)
    assert found == {
        "check_params": {"params.yaml"},
        "write_report": {"params.yaml"},
        **{f"fetch@{name}": {"class_folders"} for name in CLASSIFIED},
        "fetch@cifar10": {"fetch.cifar10", "class_folders"},
        "evaluate_transfer": {"fetch.cifar10"},  # names the data
        "fetch@leaves": {"demo.leaves_per_class"},
        "fetch_clocks": {"render"},
        "render_reader_clocks": {"render"},
        **{f"prepare@{name}": {"prepare"} for name in CLASSIFIED},
        "train_keras_example@cnn": {"keras_example.cnn"},
        "search_grid@mlp": {"search.mlp"},
        "search_grid@cnn": {"search.cnn"},
        "transfer_cifar10": {"search.cnn.network"},
        "rank_grid": {"rank"},
        "train_best_classifier@fashion_mnist": {"best_classifier.fashion_mnist"},
        "train_best_classifier@cifar10": {"fetch.cifar10"},  # what it was trained on, in the model's file
        "evaluate_best_classifier@cifar10": {"fetch.cifar10"},
        **{f"train_clock@{head}": {"clock.batch_size"} for head in HEAD_NAMES},
        "train_clock@multi_head": {"clock.batch_size", "clock.multi_head"},
        "train_reader": {"reader"},
        **{f"train_vae@{size}": {"sample.snapshot_images"} for size in SIZES},
        "train_gan": {"gan", "sample.snapshot_images"},
        **{f"evaluate_generator@{name}": {"sample.on_collapse"} for name in generators},
        "compare_with_report": {
            *("fetch", "demo", "render", "prepare", "keras_example", "search", "clock", "gan", "sample")
        },
    }


def test_another_task_s_setting_makes_no_training_stale(pipeline: Path) -> None:
    before = (pipeline / "params.yaml").read_text()
    settings = read_yaml(pipeline / "params.yaml")
    for section, key in (("leaf_classifier", "epochs"), ("reader", "epochs"), ("keras_example", "batch_size")):
        settings[section][key] += 1
    try:
        write_yaml(settings, pipeline / "params.yaml")
        reasons = stale(pipeline)
    finally:
        (pipeline / "params.yaml").write_text(before)
    found = {
        (setting.split(".")[0], stage.split("@")[0])
        for stage in trainings_in(set(reasons))
        for setting in reasons[stage]
    }
    assert found == {
        ("leaf_classifier", "train_leaf_classifier"),
        ("reader", "train_reader"),
        ("keras_example", "train_keras_example"),
    }
