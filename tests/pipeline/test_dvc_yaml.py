"""dvc.yaml as editors and other programs read it: its form, its artifacts, and the names of the headlines."""

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dvc.api
import pytest
import voluptuous
from dvc.cli import main as run_dvc
from dvc.repo import Repo
from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA

from imagelab.summary import headlines
from tests.conftest import REPOSITORY, read_yaml

FILES = ("dvc.yaml", "plots/dvc.yaml")
LISTS = ("deps", "params", "outs", "metrics", "plots")
ARTIFACTS: dict[str, dict[str, str]] = read_yaml(REPOSITORY / "dvc.yaml")["artifacts"]


# The form. Editors check it while one types, by a JSON schema. It says what DVC's own schema says. It also wants no
# item of a list twice, and names of artifacts in lower case.


@pytest.mark.parametrize("name", FILES)
def test_every_key_and_value_has_the_form_that_dvc_allows(name: str) -> None:
    COMPILED_MULTI_STAGE_SCHEMA(read_yaml(REPOSITORY / name))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content["stages"]["show_data"].update(outputs=[]),
        lambda content: content["stages"]["fetch"].update(params=["seed"]),
        lambda content: content["stages"]["train_gan"].pop("cmd"),
        lambda content: content["stages"]["train_gan"].update(deps="data/leaves"),
        lambda content: content["stages"]["write_report"]["metrics"][0]["metrics/summary.json"].update(cached=False),
        lambda content: content["artifacts"]["clock-reader"].pop("path"),
        lambda content: content.update(artefacts={}),
    ],
)
def test_a_mistake_in_the_form_is_found(spoil: Callable[[dict[str, Any]], object]) -> None:
    content = copy.deepcopy(read_yaml(REPOSITORY / "dvc.yaml"))
    spoil(content)
    with pytest.raises(voluptuous.Invalid):
        COMPILED_MULTI_STAGE_SCHEMA(content)


def test_no_list_of_a_stage_has_an_item_twice() -> None:
    for name, definition in read_yaml(REPOSITORY / "dvc.yaml")["stages"].items():
        stage = definition.get("do", definition)
        for key in LISTS:
            items = [json.dumps(item) for item in stage.get(key, [])]
            assert len(items) == len(set(items)), f"{name}: {key}"


# Artifacts: models that a program finds by their names.


def test_every_artifact_has_a_valid_name_and_is_a_model_that_dvc_caches() -> None:
    cached = {out.def_path for stage in Repo(str(REPOSITORY)).index.stages for out in stage.outs if out.use_cache}
    for name, artifact in ARTIFACTS.items():
        assert re.fullmatch("[a-z0-9]([a-z0-9-]*[a-z0-9])?", name), f"{name}: DVC takes it, editors do not"
        path = Path(artifact["path"])
        assert (artifact["type"], path.suffix) == ("model", ".keras"), name
        assert path.parent.as_posix() in cached, name


def test_an_artifact_of_a_tagged_version_is_found_and_downloaded_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for level in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"DVC_{level}_CONFIG_DIR", str(tmp_path / "no-config"))
        monkeypatch.setenv(f"GIT_CONFIG_{level}", "/dev/null")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@example.com")
    git("init", "-q")
    shutil.copy(REPOSITORY / "dvc.yaml", tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    repo = Repo(".")
    path = Path(ARTIFACTS["clock-reader"]["path"])
    path.parent.mkdir(parents=True)
    path.write_text("a reader")
    (out,) = (out for stage in repo.index.stages for out in stage.outs if out.def_path == path.parent.as_posix())
    with repo.lock:
        out.save()
        out.commit()
        out.stage.dump(update_pipeline=False)
    git("add", ".")
    git("commit", "-qm", "models")
    git("tag", "-a", "clock-reader@v1.0.0", "-m", "first")
    assert Path(dvc.api.artifacts_show("clock-reader")["path"]) == path
    assert run_dvc(["artifacts", "get", ".", "clock-reader", "-o", "reader.keras", "-q"]) == 0
    assert Path("reader.keras").read_text() == "a reader"


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


# Headlines.


def columns(content: dict[str, Any], before: str = "") -> Iterator[str]:
    """The names that ``dvc exp show`` gives the values of a file."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from columns(value, f"{before}{key}.")
        else:
            yield before + key


def test_the_ready_table_shows_six_headlines_and_no_other_metric_or_setting() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    (pattern,) = re.findall(r"^COLUMNS_SHOWN \?= (.+)$", makefile, re.MULTILINE)
    metrics = REPOSITORY / "metrics"
    others = [*(path for path in metrics.rglob("*.json") if path.name != "summary.json"), REPOSITORY / "params.yaml"]
    names = [*columns(headlines(metrics)), *(name for path in others for name in columns(read_yaml(path)))]
    assert [name for name in names if re.match(pattern, name)] == [
        *("mnist.mlp", "mnist.cnn", "fashion_mnist.best", "cifar10.best", "clocks.reader", "leaves.gan")
    ]
