"""What becomes stale when something is touched, in DVC's own words; the outputs are made up."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from dvc.repo import Repo
from dvc.stage.serialize import to_single_stage_lockfile

from imagelab.settings.leaves import VaeSize
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.pipeline.test_graph import imports, needed_files  # noqa: F401 - the first is a fixture

CODE = ("stages", "src/imagelab")
SIZES = get_args(VaeSize)
CLOCKS = ("classification", "regression", "multi_head", "cyclic", "double_classification")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The whole graph, up to date, with a few bytes in the place of each output."""
    folder = tmp_path_factory.mktemp("pipeline")
    for name in CODE:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
        shutil.copy(REPOSITORY / name, folder)
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


def test_touching_a_module_makes_exactly_the_stages_stale_that_import_it(
    pipeline: Path,
    imports: Any,  # noqa: F811
) -> None:
    files = [path for name in CODE for path in (pipeline / name).rglob("*") if path.is_file()]
    originals = {path: path.read_text() for path in files}
    try:
        for path in files:
            path.write_text(f"{originals[path]}\n# touched\n")
        found = stale(pipeline)
    finally:
        for path, content in originals.items():
            path.write_text(content)
    stages = Repo(str(pipeline)).index.stages
    assert found == {stage.addressing: needed_files(stage.cmd.split()[2].split(".")[1], imports) for stage in stages}
    by_file = defaultdict(set)
    for stage, touched in found.items():
        for path in touched:
            by_file[path].add(stage)
    assert by_file["stages/train_gan.py"] == {"train_gan"}
    assert by_file["src/imagelab/environment.py"] == {"describe_environment"}
    assert by_file["src/imagelab/reproduction/published.yaml"] == {
        "compare_with_report",
        "evaluate_transfer",
        "rank_grid",
    }
    assert by_file["src/imagelab/models/vae.py"] == {
        "count_parameters",
        *(f"train_vae@{size}" for size in SIZES),
    }
    assert by_file["src/imagelab/training/clock.py"] == {f"train_clock@{head}" for head in CLOCKS}


def test_touching_a_setting_makes_exactly_the_stages_stale_that_read_it(pipeline: Path) -> None:
    before = (pipeline / "params.yaml").read_text()
    settings = read_yaml(pipeline / "params.yaml")
    settings["fetch"]["cifar10"] = "a/folder"
    settings["demo"]["leaves_per_class"] += 1
    settings["render"]["image_size"] += 1
    settings["prepare"]["most_training_images"] = 100
    settings["keras_example"]["cnn"]["epochs"] += 1
    settings["search"]["mlp"]["grid"][0]["epochs"] = [1]
    settings["search"]["cnn"]["network"]["dropout"] = 0.4
    settings["rank"]["best"] -= 1
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
    generators = ("vae_small", "vae_medium", "vae_large", "gan")
    assert found == {
        "check_params": {"params.yaml"},
        "fetch@cifar10": {"fetch.cifar10"},
        "evaluate_transfer": {"fetch.cifar10"},  # names the data; no training does
        "fetch@leaves": {"demo.leaves_per_class"},
        "fetch@clocks": {"render"},
        "render_unlike_clocks": {"render"},
        **{f"prepare@{name}": {"prepare"} for name in ("mnist", "fashion_mnist", "cifar10")},
        "train_keras_example@cnn": {"keras_example.cnn"},
        "search_grid@mlp": {"search.mlp"},
        "search_grid@cnn": {"search.cnn"},
        "transfer_cifar10": {"search.cnn.network"},
        "rank_grid": {"rank"},
        **{f"train_clock@{head}": {"clock.batch_size"} for head in CLOCKS},
        "train_clock@multi_head": {"clock.batch_size", "clock.multi_head"},
        "train_reader": {"reader"},
        **{f"train_vae@{size}": {"sample.snapshot_images"} for size in SIZES},
        "train_gan": {"gan", "sample.snapshot_images"},
        **{f"evaluate_generator@{name}": {"sample.on_collapse"} for name in generators},
    }
