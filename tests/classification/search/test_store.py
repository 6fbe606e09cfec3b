import json
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import grimp
import keras
import pytest

from imagelab.classification.search import store as store_module
from imagelab.classification.search.grid import Trajectory, trajectories
from imagelab.classification.search.store import CODE, Store
from imagelab.classification.search.trajectory import Outcome, Study
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import CnnNetwork
from imagelab.training import backend, digests, variables
from imagelab.training.durations import Part
from tests.classification.search.conftest import made_up, make_study, mlp_points
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "src" / "imagelab"
(TRAJECTORY,) = trajectories(mlp_points(epochs=[2, 4]))

# The digest holds the values of these modules instead of their code: the data that they read, settings, the number of
# classes, the description of the environment. The others write to the screen or to disk.
WITHOUT_INFLUENCE = (
    *("imagelab.runtime.", "imagelab.settings.", "imagelab.storage."),
    *("imagelab.training.durations", "imagelab.training.environment", "imagelab.training.processor"),
)


def test_the_digest_covers_every_module_that_a_trajectory_needs() -> None:
    trajectory = "imagelab.classification.search.trajectory"
    needed = grimp.build_graph("imagelab", cache_dir=None).find_upstream_modules(trajectory) | {trajectory}
    modules = {name for name in needed if (PACKAGE.parent / name.replace(".", "/")).with_suffix(".py").exists()}
    covered = {f"imagelab.{name.removesuffix('.py').replace('/', '.')}" for name in CODE}
    expected = {name for name in modules if not name.startswith(WITHOUT_INFLUENCE)}
    assert covered == expected, f"search/store.py: CODE: add or remove {', '.join(covered ^ expected)}"


def test_what_is_kept_is_found_again_bit_for_bit(store: Store) -> None:
    measured = {2: {"validation_loss": 0.1 + 0.2}, 4: {"validation_loss": 1 / 3}}
    part = Part("a processor", "none", 4, 200, 1 / 3)
    outcome = Outcome(measured, None, backend.environment(), (part,))
    store.keep(TRAJECTORY, outcome)
    assert store.find(TRAJECTORY) == outcome


def test_a_longer_trajectory_serves_shorter_ones_and_not_the_other_way_round(store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    assert store.find(TRAJECTORY._replace(epochs=(2,))) == made_up(TRAJECTORY._replace(epochs=(2,)))
    assert store.find(TRAJECTORY._replace(epochs=(2, 3))) is None
    assert store.find(TRAJECTORY._replace(epochs=(8,))) is None


def test_another_number_of_epochs_is_kept_beside_those_that_are_known(store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    longer = TRAJECTORY._replace(epochs=(8,))
    store.keep(longer, made_up(longer))
    for epochs in ((2, 4), (8,), (2, 8)):
        asked = TRAJECTORY._replace(epochs=epochs)
        assert store.find(asked) == made_up(asked)


def test_the_durations_of_all_trainings_behind_the_known_epochs_are_kept(store: Store) -> None:
    first, second = Part("a processor", "none", 4, 200, 3.0), Part("a processor", "none", 8, 400, 5.0)
    store.keep(TRAJECTORY, made_up(TRAJECTORY)._replace(parts=(first,)))
    longer = TRAJECTORY._replace(epochs=(8,))
    store.keep(longer, made_up(longer)._replace(parts=(second,)))
    found = store.find(TRAJECTORY._replace(epochs=(2, 8)))
    assert found is not None
    assert found.parts == (first, second)
    all_again = TRAJECTORY._replace(epochs=(2, 4, 8))
    store.keep(all_again, made_up(all_again)._replace(parts=(second,)))
    found = store.find(all_again)
    assert found is not None
    assert found.parts == (second,)


def test_what_another_kind_of_machine_computed_is_not_taken_for_ones_own(store: Store) -> None:
    elsewhere = {**backend.environment(), "processor": "another one"}
    store.keep(TRAJECTORY, made_up(TRAJECTORY)._replace(computed_on=elsewhere))
    assert store.find(TRAJECTORY) is None
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    assert store.find(TRAJECTORY) == made_up(TRAJECTORY)
    assert len(list(store.folder.iterdir())) == 2


@pytest.fixture
def elsewhere() -> dict[str, Any]:
    """The environment on another processor."""
    return {**backend.environment(), "processor": "another one", "instructions": "none", "cache": "small"}


def test_what_another_processor_computed_is_taken_if_the_user_says_so(
    store: Store, elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = made_up(TRAJECTORY)._replace(computed_on=elsewhere)
    store.keep(TRAJECTORY, there)
    monkeypatch.setenv(variables.ANY_PROCESSOR, "1")
    assert store.find(TRAJECTORY) == there
    assert store.find(TRAJECTORY._replace(epochs=(2, 8))) is None
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    assert store.find(TRAJECTORY) == made_up(TRAJECTORY)  # one's own goes first
    monkeypatch.setenv(variables.ANY_PROCESSOR, "0")
    assert store.find(TRAJECTORY) == made_up(TRAJECTORY)


@pytest.mark.parametrize(
    "change",
    [
        {"backend": "another"},
        {"accelerator": "another"},
        {"switches": "XLA_FLAGS=another"},
        {"system": "another"},
        {"python": "3.0"},
        {"versions": {**backend.environment()["versions"], "keras": "4.0"}},
        {"keras_settings": ["float64", 1e-07, "channels_last"]},
    ],
    ids=str,
)
def test_what_differs_in_more_than_the_processor_is_never_taken(
    change: dict[str, Any], store: Store, elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variables.ANY_PROCESSOR, "1")
    assert change.keys() < elsewhere.keys()
    store.keep(TRAJECTORY, made_up(TRAJECTORY)._replace(computed_on={**elsewhere, **change}))
    assert store.find(TRAJECTORY) is None


@pytest.mark.parametrize(
    "other",
    [
        make_study(seed=2),
        make_study(brightness=140),
        make_study()._replace(precision="mixed_bfloat16"),
        make_study()._replace(threads=2),
    ],
    ids=["seed", "pictures", "precision", "threads"],
)
def test_another_study_finds_nothing_of_other_processors(
    other: Study, store: Store, elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variables.ANY_PROCESSOR, "1")
    store.keep(TRAJECTORY, made_up(TRAJECTORY)._replace(computed_on=elsewhere))
    assert store.find(TRAJECTORY._replace(run=2)) is None
    assert Store(other, store.folder).find(TRAJECTORY) is None
    monkeypatch.setattr(digests, "of_code", lambda folder, names: "other code")
    assert Store(make_study(), store.folder).find(TRAJECTORY) is None


def test_the_files_can_be_committed(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small texts that name the processor, and no other property of the machine such as its name or a folder."""
    monkeypatch.chdir(tmp_path)
    store = Store(study, Path("results/trajectories"))
    part = Part("a processor", "none", 4, 200, 1 / 3)
    store.keep(TRAJECTORY, made_up(TRAJECTORY)._replace(parts=(part,)))
    (path,) = store.folder.iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{8}\.json", path.name)
    text = path.read_text()
    assert json.loads(text)["parts"] == [part._asdict()]
    assert len(text) < 4_000
    for own in (str(tmp_path), str(Path.home()), str(REPOSITORY), platform.node()):
        assert own not in text
    ignored = subprocess.run(["git", "check-ignore", f"results/paper/{path.name}"], cwd=REPOSITORY, check=False)
    assert ignored.returncode == 1


@pytest.mark.parametrize("name", ["TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "ONEDNN_MAX_CPU_ISA"])
def test_a_switch_of_the_kernels_is_part_of_the_digest_and_other_variables_are_not(
    name: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    monkeypatch.setenv("TF_CPP_MAX_VLOG_LEVEL", "0")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "of Terraform")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert store.find(TRAJECTORY) is not None
    monkeypatch.setenv(name, "0")
    assert store.find(TRAJECTORY) is None


def test_the_settings_of_keras_are_part_of_the_digest(store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    for change, before in (
        (keras.config.set_floatx, keras.config.floatx()),
        (keras.config.set_epsilon, keras.config.epsilon()),
        (keras.config.set_image_data_format, keras.config.image_data_format()),
    ):
        change({"float32": "float64", 1e-7: 1e-3, "channels_last": "channels_first"}[before])
        try:
            assert store.find(TRAJECTORY) is None
        finally:
            change(before)
    assert store.find(TRAJECTORY) is not None


def test_the_number_of_classes_is_part_of_the_digest(store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    assert Store(make_study(classes=20), store.folder).find(TRAJECTORY) is None


def test_a_failure_is_not_kept(store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY)._replace(failure="out of memory"))
    assert store.find(TRAJECTORY) is None


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": "sgd"},
        {"learning_rate": 0.02},
        {"batch_size": 17},
        {"run": 2},
        {"network": TRAJECTORY.network.model_copy(update={"hidden": (9,)})},
        {"network": CnnNetwork(filters=(1, 1, 1), dense=(1, 1), dropout=0.5, batch_normalization=False)},
    ],
    ids=str,
)
def test_other_settings_are_another_trajectory(change: dict[str, Any], store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    assert store.find(Trajectory(**{**TRAJECTORY._asdict(), **change})) is None


@pytest.mark.parametrize(
    "other",
    [
        make_study(seed=2),
        make_study(brightness=140),
        make_study()._replace(precision="mixed_bfloat16"),
        make_study()._replace(threads=2),
        make_study()._replace(splits={**make_study().splits, "test": make_study().splits["validation"]}),
    ],
    ids=["seed", "pictures", "precision", "threads", "test split"],
)
def test_another_study_finds_nothing(other: Study, store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    assert Store(make_study(), store.folder).find(TRAJECTORY) is not None
    assert Store(other, store.folder).find(TRAJECTORY) is None


def test_another_version_of_a_library_finds_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    environment = {**backend.environment(), "keras": "4.0"}
    monkeypatch.setattr(store_module.backend, "environment", lambda: environment)
    assert Store(make_study(), store.folder).find(TRAJECTORY) is None


@pytest.mark.parametrize("name", CODE)
def test_a_change_of_code_changes_the_digest_and_a_comment_does_not(name: str, tmp_path: Path) -> None:
    package = shutil.copytree(PACKAGE, tmp_path / "imagelab", ignore=shutil.ignore_patterns("__pycache__"))
    before = digests.of_code(package, CODE)
    source = (package / name).read_text()
    (package / name).write_text(source.replace('"""', '"""Once upon a time. ', 1) + "\n# a comment\n")
    assert digests.of_code(package, CODE) == before
    (package / name).write_text(source + "\nMORE = 1\n")
    assert digests.of_code(package, CODE) != before


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"measured": {"two": {}}}', '{"measured": null}'])
def test_a_damaged_file_is_named(content: str, store: Store) -> None:
    store.keep(TRAJECTORY, made_up(TRAJECTORY))
    (path,) = store.folder.iterdir()
    path.write_text(content)
    with pytest.raises(InputError, match=rf"{path.name}: trajectory: expected what this program wrote"):
        store.find(TRAJECTORY)
