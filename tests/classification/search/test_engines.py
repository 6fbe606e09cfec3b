import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from imagelab.classification.search import engines
from imagelab.classification.search.engines import Lost
from imagelab.classification.search.grid import trajectories
from imagelab.classification.search.trajectory import Study, train
from imagelab.runtime.errors import InputError
from tests.classification.search import engine_tasks
from tests.classification.search.conftest import cnn_points, mlp_points
from tests.conftest import REPOSITORY

needs_ray = pytest.mark.skipif(sys.platform == "win32", reason="no wheels of Ray for every Python on Windows")


def ignore(_: int) -> None:
    pass


def results(engine: engines.Engine, work: engines.Work, shared: Any, items: list[Any]) -> list[Any]:
    found = dict(engine(work, shared, items, ignore))
    return [found[index] for index in range(len(items))]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Ray cluster of two nodes on this machine; the second one can be removed by a test."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    try:
        yield found
    finally:
        found.shutdown()


@pytest.fixture
def ray_engine(cluster: Any) -> engines.Engine:
    return engines.choose({"RAY_ADDRESS": cluster.address}, threads=1)


@pytest.fixture(params=["pool", pytest.param("ray", marks=needs_ray)])
def remote_engine(request: pytest.FixtureRequest) -> engines.Engine:
    """Each of the engines that work in other processes."""
    if request.param == "ray":
        engine: engines.Engine = request.getfixturevalue("ray_engine")
        return engine
    return engines.choose({"IMAGELAB_WORKERS": "2"}, threads=1)


def test_the_environment_chooses_the_engine() -> None:
    assert engines.choose({}, threads=1) is engines.in_process
    chosen: Any = engines.choose({"IMAGELAB_WORKERS": "1"}, threads=1)
    assert (chosen.func, chosen.keywords) == (engines.pool, {"workers": 1})
    chosen = engines.choose({"RAY_ADDRESS": "auto", "IMAGELAB_RAY_GPUS": "0.5"}, threads=4)
    assert (chosen.func, chosen.keywords) == (engines.ray_tasks, {"address": "auto", "cpus": 4, "gpus": 0.5})


@pytest.mark.parametrize(
    "environment",
    [
        {"IMAGELAB_WORKERS": "many"},
        {"IMAGELAB_WORKERS": "0"},
        {"IMAGELAB_WORKERS": "-2"},
        {"RAY_ADDRESS": "auto", "IMAGELAB_RAY_GPUS": "-1"},
        {"RAY_ADDRESS": "auto", "IMAGELAB_RAY_GPUS": "nan"},
        {"RAY_ADDRESS": "auto", "IMAGELAB_RAY_GPUS": "inf"},
        {"RAY_ADDRESS": "auto", "IMAGELAB_RAY_GPUS": "1.5"},
        {"RAY_ADDRESS": "auto", "IMAGELAB_WORKERS": "2"},
    ],
    ids=str,
)
def test_a_variable_without_sense_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"^environment: IMAGELAB_"):
        engines.choose(environment, threads=1)


def test_in_this_process_items_come_in_order_and_tell_what_they_saw() -> None:
    seen: list[int] = []
    found = list(engines.in_process(engine_tasks.square, 10, [3, 4], seen.append))
    assert found == [(0, (19, os.getpid())), (1, (26, os.getpid()))]
    assert seen == [1, 1]


def test_the_pool_uses_its_processes_again() -> None:
    found = results(engines.choose({"IMAGELAB_WORKERS": "2"}, threads=1), engine_tasks.square, 1, list(range(8)))
    assert [value for value, _ in found] == [item * item + 1 for item in range(8)]
    processes = {process for _, process in found}
    assert len(processes) <= 2
    assert os.getpid() not in processes
    assert not multiprocessing.active_children()


def test_a_worker_that_is_killed_is_replaced_and_its_item_tried_again(
    remote_engine: engines.Engine, tmp_path: Path
) -> None:
    assert results(remote_engine, engine_tasks.die_once, tmp_path, list(range(4))) == list(range(4))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "3"]


def test_an_item_that_kills_every_worker_is_given_up_and_the_others_finish(
    remote_engine: engines.Engine, tmp_path: Path
) -> None:
    *others, lost = results(remote_engine, engine_tasks.die_always, tmp_path, [0, 1, 3, 4, 2])
    assert others == [0, 1, 3, 4]
    assert isinstance(lost, Lost)
    assert lost.reason.startswith("given up after 3 attempts: its ")
    assert len(list(tmp_path.iterdir())) == engines.ATTEMPTS


@pytest.mark.parametrize("times", [1, 10**6])
def test_a_process_of_the_pool_that_dies_at_its_start_does_not_end_the_search(times: int, tmp_path: Path) -> None:
    engine = engines.choose({"IMAGELAB_WORKERS": "2"}, threads=1)
    shared = engine_tasks.DeadlyToUnpickle(tmp_path, times)
    if times == 1:
        assert results(engine, engine_tasks.identity, shared, list(range(4))) == list(range(4))
    else:
        with pytest.raises(InputError, match="IMAGELAB_WORKERS: expected room for so many processes"):
            results(engine, engine_tasks.identity, shared, list(range(4)))


def test_a_users_mistake_comes_back_as_such(remote_engine: engines.Engine) -> None:
    with pytest.raises(InputError, match=r"^params\.yaml: precision: expected float32, received 7$"):
        results(remote_engine, engine_tasks.fail, None, [7])


@pytest.mark.slow
@needs_ray
def test_the_three_engines_give_the_same_bits(study: Study, ray_engine: engines.Engine) -> None:
    items = trajectories([*mlp_points(learning_rate=[0.01, 0.02]), *cnn_points()])

    def measured(engine: engines.Engine) -> list[Any]:
        return [outcome._replace(parts=()) for outcome in results(engine, train, study, items)]  # but the durations

    here = measured(engines.in_process)
    assert measured(engines.choose({"IMAGELAB_WORKERS": "2"}, threads=1)) == here
    assert measured(ray_engine) == here
    assert len({str(outcome) for outcome in here}) == len(items)


@pytest.mark.slow
@needs_ray
def test_a_node_that_is_lost_on_the_way_costs_no_result(
    cluster: Any, ray_engine: engines.Engine, tmp_path: Path
) -> None:
    second = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    begun: list[set[str]] = []

    def remove_the_second_node() -> None:
        try:
            wait_until(lambda: sum(path.stat().st_size > 0 for path in tmp_path.iterdir()) == 3)  # on both nodes
            begun.append({path.name.partition("_")[2] for path in tmp_path.iterdir()})
            pids = [int(path.read_text()) for path in tmp_path.iterdir() if path.name.endswith(second.node_id)]
            cluster.remove_node(second, allow_graceful=False)
            wait_until(lambda: not any(map(psutil.pid_exists, pids)))  # its process outlives the node for a moment
        finally:
            (tmp_path / "go").touch()

    helper = threading.Thread(target=remove_the_second_node)
    helper.start()
    found = results(ray_engine, engine_tasks.wait_and_tell, tmp_path, [0, 1, 2])
    helper.join()
    assert [item for item, _ in found] == [0, 1, 2]
    assert len(begun[0]) == 2
    assert len({node for _, node in found}) == 1  # all ended on the one that is left


@needs_ray
def test_a_cluster_too_small_for_a_task_is_refused(cluster: Any) -> None:
    engine = engines.choose({"RAY_ADDRESS": cluster.address}, threads=64)
    with pytest.raises(
        InputError, match=r"Ray cluster: expected a machine with 64 processors .* for a task, received 2"
    ):
        results(engine, engine_tasks.square, 0, [1])
    engine = engines.choose({"RAY_ADDRESS": cluster.address, "IMAGELAB_RAY_GPUS": "1"}, threads=1)
    with pytest.raises(InputError, match=r"and 1 GPUs \(IMAGELAB_RAY_GPUS\) for a task, received 2 and 0"):
        results(engine, engine_tasks.square, 0, [1])


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere.invalid:6379"])
def test_a_cluster_that_is_not_there_is_named(address: str) -> None:
    engine = engines.choose({"RAY_ADDRESS": address}, threads=1)
    with pytest.raises(InputError, match=r"environment: RAY_ADDRESS: expected the address of a running Ray cluster"):
        results(engine, engine_tasks.square, 0, [1])


DRIVER = """
import sys
from pathlib import Path
from imagelab.classification.search import engines
from tests.classification.search import engine_tasks
if __name__ == "__main__":
    engine = engines.choose({"IMAGELAB_WORKERS": "2"}, threads=1)
    list(engine(engine_tasks.sleep, Path(sys.argv[1]), [1, 2], print))
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_no_process_of_the_pool_outlives_its_parent(sent: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    (folder := tmp_path / "processes").mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])}
    with subprocess.Popen([sys.executable, script, folder], env=environment, stderr=subprocess.DEVNULL) as driver:
        wait_until(lambda: len(list(folder.iterdir())) == 2)
        driver.send_signal(sent)
        driver.wait(10)
    processes = [int(path.name) for path in folder.iterdir()]
    wait_until(lambda: not any(psutil.pid_exists(process) for process in processes))


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
