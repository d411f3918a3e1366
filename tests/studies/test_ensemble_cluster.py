"""Draws over a real Dask cluster on the loopback: the same bytes, whoever ends half-way."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from tests.clusters import Cluster, two_workers
from tests.studies import ensemble_jobs as jobs

from indranet.errors import NoAnswerError, UsageError
from indranet.studies import executors
from indranet.studies.ensemble import Job, cluster_executor, run_draws

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL: dict[str, Any] = {"seed": 7, "weights": np.array([1.0, 2.0, 3.0])}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with two_workers(tmp_path / "cluster") as made:
        yield made


def slow(**more: Any) -> Job:
    return Job(jobs.numbers, {**MODEL, "seconds": 0.05, **more}, "some key")


def test_a_cluster_gives_the_bytes_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    """Also when a worker is killed half-way, and with a model larger than Dask likes to send."""
    run_draws(slow(seconds=0), 40, tmp_path / "alone")
    large = {"large": np.zeros(2_000_000)}

    def kill_one(done: int) -> None:
        if done >= 10 and cluster.workers[0].poll() is None:
            cluster.kill(cluster.workers[0])

    with cluster_executor(cluster.address) as executor:
        run_draws(slow(), 40, tmp_path / "both", executor=executor, batch=3)
        run_draws(
            slow(**large), 40, tmp_path / "killed", executor=executor, batch=2, progress=kill_one
        )
    assert cluster.workers[0].poll() is not None
    assert bytes_of(tmp_path / "both") == bytes_of(tmp_path / "alone")
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "alone")


def test_workers_that_are_replaced_in_time_go_on(cluster: Cluster, tmp_path: Path) -> None:
    def replace_all(done: int) -> None:
        if done >= 10 and len(cluster.workers) == 2:
            cluster.kill(*cluster.workers)
            cluster.add_worker()

    run_draws(slow(seconds=0), 20, tmp_path / "alone")
    with cluster_executor(cluster.address) as executor:
        run_draws(slow(), 20, tmp_path / "a", executor=executor, batch=2, progress=replace_all)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "alone")


def test_without_workers_there_is_soon_no_answer(cluster: Cluster, tmp_path: Path) -> None:
    def kill_all(done: int) -> None:
        if done >= 10:
            cluster.kill(*cluster.workers)

    with (
        pytest.raises(NoAnswerError, match=r"no worker has been .* for 1 s"),
        cluster_executor(cluster.address, patience=1) as executor,
    ):
        run_draws(slow(), 40, tmp_path / "a", executor=executor, batch=2, progress=kill_all)
    done = len(list((tmp_path / "a").glob("draw-*")))
    assert 10 <= done < 40
    told: list[int] = []
    run_draws(slow(), 40, tmp_path / "a", progress=told.append)
    assert told[0] == done


def test_without_a_scheduler_there_is_at_once_no_answer(cluster: Cluster, tmp_path: Path) -> None:
    def kill_it(done: int) -> None:
        if done >= 10:
            cluster.kill(cluster.scheduler)

    with (
        pytest.raises(NoAnswerError, match=r"scheduler is lost|no scheduler has"),
        cluster_executor(cluster.address) as executor,
    ):
        run_draws(slow(), 40, tmp_path / "a", executor=executor, batch=2, progress=kill_it)


def test_errors_of_a_cluster_are_those_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.add_worker()
    with cluster_executor(cluster.address) as executor:
        with pytest.raises(UsageError, match="draw 3 fails"):
            run_draws(Job(jobs.failing, 3, "k"), 40, tmp_path / "a", executor=executor, batch=2)
        with pytest.raises(UsageError, match="No module named 'elsewhere' on a worker"):
            run_draws(Job(jobs.lacking, None, "k"), 9, tmp_path / "b", executor=executor)
        # The fourth worker that ends over a draw is the last that is tried.
        with pytest.raises(NoAnswerError, match="lack of memory"):
            run_draws(Job(jobs.ending, MODEL, "k"), 4, tmp_path / "c", executor=executor)


@pytest.mark.parametrize(
    ("lost", "raised"),
    [
        (CommClosedError("closed"), CancelledError),
        (FutureCancelledError("key", "scheduler-connection-lost"), CancelledError),
        (OSError("of the function"), OSError),
    ],
)
def test_a_result_that_is_lost_on_the_way_ends_its_future(
    lost: Exception, raised: type[Exception]
) -> None:
    async def task() -> None:
        raise lost

    future: Future[None] = Future()
    asyncio.run(executors._settle(task(), future))
    with pytest.raises(raised):
        future.result(0)
    given_up: Future[None] = Future()
    given_up.cancel()
    asyncio.run(executors._settle(task(), given_up))
    assert given_up.cancelled()


@pytest.mark.parametrize("address", ["nonsense", "", "http://127.0.0.1:1"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(UsageError, match="no scheduler answers"), cluster_executor(address):
        pass


def test_what_is_no_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the call and says nothing, and none at all."""
    monkeypatch.setattr(executors, "_CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UsageError, match="no scheduler answers"), cluster_executor(address):
            pass
    with pytest.raises(UsageError, match="start one with"), cluster_executor(address):
        pass


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError, match=r"pip install 'indranet\[cluster\]'"),
        cluster_executor("tcp://127.0.0.1:1"),
    ):
        pass
