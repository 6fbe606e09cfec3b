"""Kill it: stages killed at random moments, run again, and compared with an undisturbed run."""

import json
import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from dvc.repo import Repo

from imagelab.classification.search.grid import points, trajectories
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.settings.clocks import HEAD_NAMES
from imagelab.settings.params import Params
from tests.conftest import REPOSITORY
from tests.pipeline.killing import Workspace, kill_dvc, kill_group, kill_stage
from tests.pipeline.tiny import tiny_settings
from tests.settings.test_params import merge

SEED = int(os.environ.get("IMAGELAB_TORTURE_SEED", "1"))

EPOCHS: dict[str, int] = {
    "train_keras_example@mlp": 30,
    "train_keras_example@cnn": 6,
    "train_best_classifier@fashion_mnist": 8,
    "train_best_classifier@cifar10": 8,
    **{f"train_clock@{head}": 12 for head in HEAD_NAMES},
    "train_clock@multi_head": 8,
    "train_localiser": 6,
    "train_reader": 6,
    "train_leaf_classifier": 15,
    "train_vae@small": 12,
    "train_vae@medium": 12,
    "train_vae@large": 12,
    "train_gan": 25,
}
SETTINGS: dict[str, Any] = {
    "keras_example": {"mlp": {"epochs": 30}, "cnn": {"epochs": 6}},
    "best_classifier": {  # flips in turns: a training that goes on must know which turn it is
        name: {"epochs": 8, "augmentation": {"flips": "alternating", "shift": 2, "cut_out": 3}}
        for name in BEST_CLASSIFIED
    },
    "clock": {"epochs": 12, **{head: {"epochs": None} for head in HEAD_NAMES}, "multi_head": {"epochs": 8}},
    "localiser": {"epochs": 6},
    "reader": {"epochs": 6},
    "leaf_classifier": {"epochs": 15},
    "vae": {"epochs": 12},
    "gan": {"epochs": 25},
}
TRAJECTORIES = {"search_grid@mlp": 2, "search_grid@cnn": 4, "search_grid@cnn_batch_norm": 2, "transfer_cifar10": 3}


class Kill(NamedTuple):
    """What is killed when."""

    stage: str
    how: Callable[[Any], None] = kill_group
    half_way: bool = False  # after some of the epochs or trajectories; else at any moment of the stage
    workers: str = ""  # of the search

    def __str__(self) -> str:
        workers = f", {self.workers} workers" if self.workers else ""
        return f"{self.stage}, {self.how.__name__}, {'half-way' if self.half_way else 'any moment'}{workers}"


KILLS = [
    Kill("fetch@mnist"),
    Kill("fetch@cifar10"),
    Kill("fetch@leaves"),
    Kill("fetch@leaves", kill_stage),
    Kill("fetch_clocks"),
    Kill("fetch_clocks", kill_stage),
    Kill("fetch_clocks", kill_dvc),
    Kill("render_reader_clocks"),
    Kill("render_reader_clocks", kill_stage),
    Kill("prepare@mnist"),
    Kill("prepare@fashion_mnist"),
    Kill("prepare@cifar10"),
    Kill("prepare_leaves"),
    Kill("prepare_leaves"),
    Kill("split_clocks"),
    Kill("show_data"),
    Kill("count_parameters"),
    Kill("train_keras_example@mlp"),
    Kill("train_keras_example@mlp", half_way=True),
    Kill("train_keras_example@cnn", half_way=True),
    Kill("search_grid@mlp"),
    Kill("search_grid@mlp", half_way=True),
    Kill("search_grid@mlp", kill_stage, half_way=True, workers="2"),
    Kill("search_grid@cnn", half_way=True, workers="2"),
    Kill("search_grid@cnn", kill_stage),
    Kill("search_grid@cnn_batch_norm"),
    Kill("rank_grid"),
    Kill("transfer_cifar10", half_way=True),
    Kill("train_best_classifier@fashion_mnist", half_way=True),
    Kill("train_best_classifier@fashion_mnist"),
    Kill("train_best_classifier@cifar10", half_way=True),
    Kill("train_best_classifier@cifar10", kill_stage),
    Kill("train_clock@classification", half_way=True),
    Kill("train_clock@classification", kill_dvc, half_way=True),
    Kill("train_clock@regression", half_way=True),
    Kill("train_clock@multi_head", half_way=True),
    Kill("train_clock@multi_head"),
    Kill("train_clock@cyclic", kill_stage, half_way=True),
    Kill("train_clock@double_classification"),
    Kill("train_localiser", half_way=True),
    Kill("train_reader", half_way=True),
    Kill("train_reader"),
    Kill("train_leaf_classifier", half_way=True),
    Kill("train_leaf_classifier", kill_stage),
    Kill("train_vae@small", half_way=True),
    Kill("train_vae@large"),
    Kill("train_gan", half_way=True),
    Kill("train_gan", kill_stage, half_way=True),
    Kill("train_gan"),
    Kill("sample_generators"),
    Kill("sample_generators", kill_stage),
    Kill("evaluate_keras_example@cnn"),
    Kill("evaluate_transfer"),
    Kill("evaluate_best_classifier@cifar10"),
    Kill("evaluate_clock@multi_head"),
    Kill("evaluate_random_clocks"),
    Kill("evaluate_leaf_classifier"),
    Kill("evaluate_generator@gan"),
    Kill("evaluate_generator@vae_small", kill_stage),
    Kill("compare_generators"),
    Kill("write_report"),
]
CHEAP = [Kill("fetch@mnist"), Kill("prepare@mnist", kill_stage), Kill("train_keras_example@mlp", half_way=True)]


def test_every_stage_that_is_to_be_killed_exists() -> None:
    names = {stage.addressing for stage in Repo(str(REPOSITORY)).index.stages}
    assert {kill.stage for kill in KILLS} | EPOCHS.keys() | TRAJECTORIES.keys() <= names
    assert {kill.stage for kill in KILLS if kill.half_way} <= EPOCHS.keys() | TRAJECTORIES.keys()


@pytest.mark.parametrize("family", [name.removeprefix("search_grid@") for name in TRAJECTORIES if "@" in name])
def test_as_many_trajectories_are_expected_as_the_grids_have(family: str) -> None:
    search = Params.model_validate_json(json.dumps(settings())).search
    assert len(trajectories(points(getattr(search, family)))) == TRAJECTORIES[f"search_grid@{family}"]


def settings() -> dict[str, Any]:
    found = tiny_settings(search_epochs=15)
    merge(found, SETTINGS)
    return found


@pytest.fixture(scope="module")
def small_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("small") / "workspace", settings(), "train_keras_example@mlp")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("whole") / "workspace", settings())


@pytest.mark.parametrize(("number", "kill"), list(enumerate(CHEAP)), ids=map(str, CHEAP))
def test_a_stage_that_is_killed_ends_as_if_nothing_had_happened(
    number: int, kill: Kill, small_workspace: Workspace
) -> None:
    check(number, kill, small_workspace)


@pytest.mark.torture
@pytest.mark.parametrize(("number", "kill"), list(enumerate(KILLS)), ids=map(str, KILLS))
def test_any_stage_killed_at_any_moment_ends_as_if_nothing_had_happened(
    number: int, kill: Kill, workspace: Workspace
) -> None:
    check(number, kill, workspace)


@pytest.mark.torture
@pytest.mark.parametrize("how", [kill_group, kill_dvc])
def test_two_stages_at_a_time_killed_again_and_again_end_as_if_nothing_had_happened(
    how: Callable[[Any], None], workspace: Workspace
) -> None:
    random = np.random.default_rng([SEED, len(KILLS)])

    def forget() -> None:
        for stage in (*EPOCHS, *TRAJECTORIES, "fetch_clocks", "prepare_leaves", "evaluate_clock@cyclic", "show_data"):
            workspace.forget(stage)

    forget()
    for _ in range(10):
        started = workspace.start_run()
        moment, soon = random.uniform(2, 20), random.uniform(2, 5)
        time.sleep(moment)
        if started.poll() is not None:  # all is done, so that nothing would be killed
            assert started.returncode == 0
            forget()
            started = workspace.start_run()
            time.sleep(moment := soon)
        assert started.poll() is None
        how(started)
        print(f"\nkilled after {moment:.1f} s: {started.returncode}", flush=True)
    ended = workspace.start_run()
    text, _ = ended.communicate()
    assert ended.returncode == 0, text
    assert workspace.read_lock() == workspace.lock
    assert workspace.digest() == workspace.digests
    assert workspace.stray_files() == []


@pytest.mark.torture
def test_after_all_kills_everything_is_up_to_date(workspace: Workspace) -> None:
    assert "up to date" in workspace.repro().text


def check(number: int, kill: Kill, workspace: Workspace) -> None:
    random = np.random.default_rng([SEED, number])
    variables = {"IMAGELAB_WORKERS": kill.workers} if kill.workers else {}
    workspace.forget(kill.stage)
    started = workspace.start_stage(kill.stage, **variables)
    moment = (
        wait_until_half_way(kill, workspace, random) if kill.half_way else wait_for_any_moment(kill, workspace, random)
    )
    kill.how(started)

    total = EPOCHS.get(kill.stage) or TRAJECTORIES.get(kill.stage, 0)
    kept = workspace.finished_trajectories() if kill.stage in TRAJECTORIES else workspace.finished_epochs()
    again, mended = workspace.repro(kill.stage, **variables), "nothing to mend"
    if again.returncode:  # what make run does too, is wanted only where DVC does not start without
        mended = workspace.recover().strip()
        assert mended, again.text
        again = workspace.repro(kill.stage, **variables)
    assert again.returncode == 0, again.text
    begun, ended = again.trained()
    trained = round((ended - begun) * total)
    print(f"\nseed {SEED}, kill {number}: {kill}: {moment}; ", end="")
    print(f"kept {kept} of {total}, then trained {trained}; {mended}" if total else mended, flush=True)

    if total and again.ran(kill.stage):
        assert ended == 1
        assert trained == total - kept
    assert workspace.read_lock() == workspace.lock
    assert workspace.digest() == workspace.digests
    assert workspace.stray_files() == []
    if kill.half_way:
        assert 0 < kept < total
        assert again.ran(kill.stage)


def wait_for_any_moment(kill: Kill, workspace: Workspace, random: np.random.Generator) -> str:
    seconds = workspace.seconds[kill.stage]
    moment = random.uniform(0, seconds)
    time.sleep(moment)
    return f"after {moment:.2f} of {seconds:.2f} s"


def wait_until_half_way(kill: Kill, workspace: Workspace, random: np.random.Generator) -> str:
    """Wait for some epochs, or for the first trajectory, and then for a part of the next."""
    searching = kill.stage in TRAJECTORIES
    wanted = 1 if searching else random.integers(1, EPOCHS[kill.stage] - 1)
    end = time.monotonic() + 300
    while (workspace.finished_trajectories() if searching else workspace.finished_epochs()) < wanted:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    time.sleep(moment := random.uniform(0, 0.05))
    return f"{moment:.2f} s after {wanted} {'trajectories' if searching else 'epochs'}"
