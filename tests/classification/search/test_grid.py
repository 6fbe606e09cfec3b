from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab.classification.search.grid import Point, Trajectory, points, seed_of, trajectories
from imagelab.reproduction import published
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS, CnnNetwork, Search
from tests.classification.search.conftest import mlp_points
from tests.conftest import REPOSITORY, read_yaml

NETWORK = CnnNetwork(filters=(1, 1, 1), dense=(1, 1), dropout=0.5, batch_normalization=False)


def profile(name: str) -> Search:
    return params.load(REPOSITORY / "params" / f"{name}.yaml").search


@pytest.mark.parametrize("family", ["cnn", "cnn_batch_norm"])
def test_the_paper_profile_has_exactly_the_runs_that_the_report_prints(family: str) -> None:
    ours = Counter(
        (point.optimizer, point.learning_rate, point.batch_size, point.epochs)
        for point in points(getattr(profile("paper"), family))
    )
    printed = published.runs(family)[list(SETTINGS)]
    assert ours == Counter(printed.itertuples(index=False, name=None))
    assert ours.total() == {"cnn": 62, "cnn_batch_norm": 12}[family]


@pytest.mark.parametrize(
    ("name", "family", "count", "trainings", "epochs", "epochs_alone"),
    [
        ("paper", "cnn", 62, 42, 460, 615),
        ("paper", "cnn_batch_norm", 12, 12, 120, 120),
        ("paper", "mlp", 6 * 280, 6 * 70, 6 * 2100, 6 * 4550),
        ("paper_cpu", "mlp", 6 * 72, 6 * 18, 6 * 540, 6 * 1170),
        ("full_grid", "cnn", 280, 70, 2100, 4550),
    ],
)
def test_points_that_differ_in_epochs_share_a_training(
    name: str, family: str, count: int, trainings: int, epochs: int, epochs_alone: int
) -> None:
    found = points(getattr(profile(name), family))
    joined = trajectories(found)
    assert (len(found), sum(point.epochs for point in found)) == (count, epochs_alone)
    assert (len(joined), sum(trajectory.epochs[-1] for trajectory in joined)) == (trainings, epochs)


def test_the_full_grid_differs_from_the_paper_profile_in_the_points_of_the_cnn_only() -> None:
    paper, full = (read_yaml(REPOSITORY / "params" / f"{name}.yaml") for name in ("paper", "full_grid"))
    assert paper["search"]["cnn"].pop("grid") != full["search"]["cnn"].pop("grid")
    assert paper == full


def test_the_profile_for_two_cores_differs_from_the_paper_profile_in_precision_sources_and_the_grid_of_mlps_only() -> (
    None
):
    paper, cpu = (params.load(REPOSITORY / "params" / f"{name}.yaml").model_dump() for name in ("paper", "paper_cpu"))
    for settings in (paper, cpu):
        del settings["precision"], settings["threads"], settings["fetch"], settings["search"]["mlp"]["grid"]
    assert cpu == paper


def test_the_grid_of_mlps_for_two_cores_is_a_part_of_the_paper_profiles_with_the_points_that_the_report_prints() -> (
    None
):
    cpu, paper = (points(profile(name).mlp) for name in ("paper_cpu", "paper"))
    assert set(cpu) < set(paper)
    assert len(set(cpu)) == len(cpu)
    tried = [point.row() for point in cpu]
    facts = read_yaml(REPOSITORY / "src" / "imagelab" / "reproduction" / "published.yaml")["fashion_mnist"]["mlp"]
    printed = {name: {key: row[key] for key in SETTINGS} for name, row in facts.items() if "optimizer" in row}
    assert len(printed) == 2
    for variant, settings in printed.items():
        assert {"variant": variant, **settings, "run": 1} in tried


def test_the_values_of_table_1_are_those_of_the_full_grid() -> None:
    facts = read_yaml(REPOSITORY / "src" / "imagelab" / "reproduction" / "published.yaml")
    table = facts["fashion_mnist"]["search_values"]
    (sub_grid,) = profile("full_grid").cnn.grid
    assert {name: sorted(values) for name, values in sub_grid} == {
        name: sorted(values) for name, values in table.items()
    }


def test_a_point_listed_twice_is_two_runs_with_a_training_each() -> None:
    found = mlp_points(epochs=[2, 1, 2])
    assert [(point.epochs, point.run) for point in found] == [(2, 1), (1, 1), (2, 2)]
    assert [(trajectory.epochs, trajectory.run) for trajectory in trajectories(found)] == [((1, 2), 1), ((2,), 2)]
    assert [str(trajectory) for trajectory in trajectories(found)] == [
        "adam, 0.01, batch 16, 2 epochs; 16, dropout 0.2",
        "adam, 0.01, batch 16, 2 epochs, run 2; 16, dropout 0.2",
    ]


def test_our_runs_are_numbered_as_those_of_the_report_are() -> None:
    keys = [*SETTINGS, "run"]
    ours = {tuple(point.row()[name] for name in keys) for point in points(profile("paper").cnn)}
    assert ours == set(published.runs("cnn")[keys].itertuples(index=False, name=None))


@given(st.integers(0, 2**32 - 2), st.integers(2, 9))
def test_the_first_run_has_the_seed_of_the_settings_and_every_other_one_of_its_own(seed: int, run: int) -> None:
    assert seed_of(seed, 1) == seed
    assert 0 <= seed_of(seed, run) < 2**31
    assert len({seed_of(seed, number) for number in range(1, run + 1)}) == run
    assert seed_of(seed, run) != seed_of(seed + 1, run)


def test_the_seed_of_a_second_run_is_the_same_everywhere() -> None:
    assert seed_of(1, 2) == 798405205


SETTINGS_OF_POINTS = st.tuples(
    st.sampled_from(["adam", "sgd"]), st.sampled_from([0.1, 0.01]), st.sampled_from([8, 16]), st.integers(1, 9)
)


@given(st.lists(SETTINGS_OF_POINTS, min_size=1))
def test_every_point_lies_on_exactly_one_trajectory_and_no_trajectory_is_longer_than_asked(settings: Any) -> None:
    found = [Point(None, NETWORK, *values) for values in settings]
    joined = trajectories(found)
    for point in found:
        assert [_passes(trajectory, point) for trajectory in joined].count(True) == 1
    for trajectory in joined:
        assert list(trajectory.epochs) == sorted({point.epochs for point in found if _passes(trajectory, point)})


def _passes(trajectory: Trajectory, point: Point) -> bool:
    same = (trajectory.network, trajectory.optimizer, trajectory.learning_rate, trajectory.batch_size) == point[1:5]
    return same and point.epochs in trajectory.epochs
