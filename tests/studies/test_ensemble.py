"""Draws: the same bytes by any executor, in any batch, in one go or after a stop."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tests.clusters import wait_until
from tests.studies import ensemble_jobs as jobs

from indranet.errors import InputError, NoAnswerError, UsageError
from indranet.studies import ensemble
from indranet.studies.ensemble import Draw, Job, Parts, local_executor, quantiles, run_draws

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL: dict[str, Any] = {"seed": 7, "weights": np.array([1.0, 2.0, 3.0])}
JOB = Job(jobs.numbers, MODEL, "some key")

CHILD = """
import sys
from pathlib import Path
from tests.studies import ensemble_jobs as jobs
from tests.studies.test_ensemble import MODEL
from indranet.studies.ensemble import Job, local_executor, run_draws

if __name__ == "__main__":
    folder, marks, workers = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    job = Job(jobs.telling, {**MODEL, "seconds": 0.1, "marks": marks}, "some key")
    with local_executor(workers) as executor:
        run_draws(job, 40, folder, executor=executor, batch=2)
"""


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("expected")
    run_draws(JOB, 40, folder)
    return bytes_of(folder)


def test_each_draw_is_what_the_function_gives(tmp_path: Path) -> None:
    parts = run_draws(JOB, 20, tmp_path / "made" / "here")
    assert isinstance(parts, Parts)
    assert len(parts) == len(list(parts)) == 20
    for draw, (found, read) in enumerate(zip(jobs.numbers(MODEL, range(20)), parts, strict=True)):
        assert sorted(read) == ["draw", "total"]
        np.testing.assert_array_equal(read["total"], found["total"])
        assert read["draw"].shape == ()
        assert int(parts[draw]["draw"]) == draw
    for beyond in (20, -1):
        with pytest.raises(IndexError, match="no draw"):
            parts[beyond]


@pytest.mark.parametrize(
    ("make", "batch"),
    [
        (lambda: local_executor(1), 8),
        (lambda: local_executor(2), 3),
        (lambda: ThreadPoolExecutor(3), 5),
    ],
)
def test_any_executor_and_batch_gives_the_same_bytes(
    tmp_path: Path, expected: dict[str, bytes], make: Callable[[], Executor], batch: int
) -> None:
    with make() as executor:
        run_draws(JOB, 40, tmp_path, executor=executor, batch=batch, in_flight=3)
    assert bytes_of(tmp_path) == expected


def test_bytes_hang_on_names_and_numbers_alone(tmp_path: Path) -> None:
    table = np.arange(6.0).reshape(2, 3)

    def write(name: str, function: Callable[[Any, Sequence[int]], list[Draw]]) -> bytes:
        run_draws(Job(function, None, "k"), 1, tmp_path / name)
        return (tmp_path / name / "draw-00000000.npz").read_bytes()

    first = write("a", lambda _, __: [{"a": table, "file": table[0]}])
    assert first == write("b", lambda _, __: [{"file": table[0], "a": np.asfortranarray(table)}])
    assert first != write("c", lambda _, __: [{"a": table.astype(np.float32), "file": table[0]}])


def test_progress_counts_what_is_done(tmp_path: Path) -> None:
    told: list[int] = []
    run_draws(JOB, 20, tmp_path, progress=told.append)
    assert told == [0, 8, 16, 20]
    told.clear()
    (tmp_path / "draw-00000009.npz").unlink()
    run_draws(JOB, 20, tmp_path, progress=told.append)
    assert told == [19, 20]


def test_few_batches_are_in_flight_and_results_are_let_go(tmp_path: Path) -> None:
    class Watched(ThreadPoolExecutor):
        most = 0
        open = 0

        def submit(self, *args: Any, **more: Any) -> Any:
            self.open += 1
            self.most = max(self.most, self.open)
            future = super().submit(*args, **more)
            future.add_done_callback(lambda _: setattr(self, "open", self.open - 1))
            return future

    slow = Job(jobs.numbers, {**MODEL, "seconds": 0.002}, "k")
    with Watched(1) as executor:
        run_draws(slow, 40, tmp_path / "a", executor=executor, batch=1, in_flight=3)
        assert executor.most == 3
        executor.most = 0
        run_draws(slow, 40, tmp_path / "b", executor=executor, batch=1)
        assert executor.most == 8


def test_a_worker_gets_the_model_once_and_keeps_two(tmp_path: Path) -> None:
    ensemble._MODELS.clear()
    with ThreadPoolExecutor(1) as executor:
        for seed in (1, 2, 3):
            job = Job(jobs.numbers, {**MODEL, "seed": seed}, "k")
            run_draws(job, 9, tmp_path / str(seed), executor=executor, batch=1)
    assert [model["seed"] for model in ensemble._MODELS.values()] == [2, 3]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_is_taken_up_again(
    tmp_path: Path, expected: dict[str, bytes], workers: int
) -> None:
    """Kill it half-way: what is done stays, its workers end, and the bytes are as in one go."""
    folder, marks = tmp_path / "draws", tmp_path / "marks"
    marks.mkdir()
    command = [sys.executable, "-c", CHILD, str(folder), str(marks), str(workers)]
    paths = os.pathsep.join([str(REPOSITORY), *sys.path])
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths})
    wait_until(lambda: folder.is_dir() and len(list(folder.glob("draw-*"))) >= 6)
    process.send_signal(signal.SIGKILL)
    process.wait()
    workers_seen = {int(mark.name.split("-")[1]) for mark in marks.iterdir()}
    assert len(workers_seen) == workers
    wait_until(lambda: not any(alive(worker) for worker in workers_seen), 10)
    done = set(bytes_of(folder)) - {"job.json", ".partial"}
    assert 6 <= len(done) < 40

    # One of them is cut short, as by a machine that lost its power.
    cut = min(done)
    (folder / cut).write_bytes((folder / cut).read_bytes()[:100])
    kept = (folder / sorted(done)[2]).stat().st_mtime_ns
    again: list[int] = []
    run_draws(JOB, 40, folder, progress=again.append)
    assert again[0] == len(done) - 1
    assert (folder / sorted(done)[2]).stat().st_mtime_ns == kept
    assert bytes_of(folder) == expected


def test_more_draws_are_added_to_those_that_are_there(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    run_draws(JOB, 13, tmp_path)
    assert json.loads((tmp_path / "job.json").read_text())["draws"] == 13
    told: list[int] = []
    run_draws(JOB, 40, tmp_path, progress=told.append)
    assert told[0] == 13
    assert bytes_of(tmp_path) == expected


def test_draws_of_another_key_leave(tmp_path: Path, expected: dict[str, bytes]) -> None:
    run_draws(Job(jobs.numbers, {**MODEL, "seed": 8}, "another key"), 50, tmp_path)
    run_draws(JOB, 40, tmp_path)
    assert bytes_of(tmp_path) == expected


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "draw-00000000.npz").touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "job.json").write_text('{"key": "some key"}')
    (tmp_path / "c").touch()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    for name in "abc":
        with pytest.raises(UsageError, match="choose another"):
            run_draws(JOB, 1, tmp_path / name)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_a_draw_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    parts = run_draws(JOB, 3, tmp_path)
    (tmp_path / "draw-00000000.npz").write_bytes(b"")
    (tmp_path / "draw-00000001.npz").write_text("words")
    (tmp_path / "draw-00000002.npz").unlink()
    for draw in range(3):
        with pytest.raises(InputError, match="run the draws again"):
            parts[draw]
    run_draws(JOB, 3, tmp_path)
    assert [int(read["draw"]) for read in parts] == [0, 1, 2]


@given(cut=st.integers(0, 600), change=st.integers(1, 255), at=st.integers(0, 600))
@settings(max_examples=60, deadline=None)
def test_any_damage_is_found(cut: int, change: int, at: int) -> None:
    data = ensemble._packed(jobs.numbers(MODEL, [0])[0])
    damaged = bytearray(data)
    damaged[at % len(data)] ^= change
    with TemporaryDirectory() as folder:
        path = Path(folder, "draw-00000000.npz")
        for wrong in (data[: cut % len(data)], bytes(damaged)):
            path.write_bytes(wrong)
            with pytest.raises(InputError, match="damaged"):
                Parts(Path(folder), 1)[0]
        path.write_bytes(data)
        with np.load(path) as archive:
            assert int(archive["draw"]) == int(Parts(Path(folder), 1)[0]["draw"]) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_ends_the_run_and_keeps_what_is_done(tmp_path: Path, workers: int) -> None:
    with (
        pytest.raises(UsageError, match="draw 11 fails"),
        local_executor(workers) as executor,
    ):
        run_draws(Job(jobs.failing, 11, "k"), 4000, tmp_path, executor=executor, batch=2)
    assert not (tmp_path / "draw-00000011.npz").exists()
    assert not (tmp_path / "draw-00003999.npz").exists()
    parts = run_draws(Job(jobs.failing, -1, "k"), 20, tmp_path)
    assert [int(read["draw"]) for read in parts] == list(range(20))


def test_a_worker_that_ends_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match="lack of memory"), local_executor(2) as executor:
        run_draws(Job(jobs.ending, MODEL, "k"), 9, tmp_path, executor=executor, batch=1)


def test_an_executor_that_is_broken_already_is_no_answer(tmp_path: Path) -> None:
    with local_executor(2) as executor:
        for _ in range(2):
            with pytest.raises(NoAnswerError, match="lack of memory"):
                run_draws(Job(jobs.ending, MODEL, "k"), 9, tmp_path, executor=executor)


def test_leaving_by_an_error_waits_for_nobody(tmp_path: Path) -> None:
    slow = Job(jobs.telling, {**MODEL, "seconds": 300, "marks": str(tmp_path)}, "k")
    executor = local_executor(2)

    def interrupted() -> None:
        with executor:
            executor.submit(slow.function, slow.model, [0])
            wait_until(lambda: list(tmp_path.iterdir()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (mark,) = tmp_path.iterdir()
    assert not alive(int(mark.name.split("-")[1]))


@pytest.mark.parametrize(
    ("function", "problem"), [(jobs.too_few, "7 draws for 8"), (jobs.words, "not numbers")]
)
def test_what_is_no_draw_is_refused(
    tmp_path: Path, function: Callable[[Any, Sequence[int]], list[Draw]], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        run_draws(Job(function, None, "k"), 8, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]


@pytest.mark.parametrize("wrong", [{"draws": -1}, {"batch": 0}, {"in_flight": 0}])
def test_counts_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        run_draws(JOB, folder=tmp_path, **{"draws": 1, **wrong})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match="ask for 1 or more"):
        local_executor(0)


def test_no_draws_are_none(tmp_path: Path) -> None:
    assert list(run_draws(JOB, 0, tmp_path)) == []


def test_another_version_on_the_worker_is_told() -> None:
    with pytest.raises(UsageError, match="install the same version"):
        ensemble._work("0.0.0", "", None, b"", (0,))


def test_quantiles_of_known_numbers() -> None:
    """0..100: the mean is 50, and the quantile of rank q is 100 q."""
    ranks = np.random.default_rng(0).permutation(101)
    found = quantiles(np.stack([ranks, -ranks], axis=1))
    np.testing.assert_allclose(found.mean, [50, -50])
    np.testing.assert_allclose(found.q05, [5, -95])
    np.testing.assert_allclose(found.q50, [50, -50])
    np.testing.assert_allclose(found.q95, [95, -5])
    one = quantiles([[3.0]])
    assert [float(part[0]) for part in one] == [3, 3, 3, 3]


@given(
    values=arrays(
        np.float64, array_shapes(min_dims=2, max_dims=2, max_side=40),
        elements=st.floats(-1e9, 1e9),
    ),
    at=st.integers(0, 40),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_quantiles_do_not_hang_on_how_columns_are_cut(values: Any, at: int) -> None:
    whole = quantiles(values)
    parts = [quantiles(part) for part in (values[:, :at], values[:, at:]) if part.size]
    for number, column in enumerate(whole):
        joined = np.concatenate([part[number] for part in parts])
        assert joined.tobytes() == column.tobytes()
        assert quantiles(np.asfortranarray(values))[number].tobytes() == column.tobytes()
    assert (whole.q05 <= whole.q50).all()
    assert (whole.q50 <= whole.q95).all()


@pytest.mark.parametrize("wrong", [np.zeros((0, 3)), np.zeros(3)])
def test_quantiles_of_no_draws_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="shape"):
        quantiles(wrong)
