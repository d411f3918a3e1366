"""A real Dask cluster on the loopback, and waiting for what happens."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def wait_until(happened: Callable[[], Any], seconds: float = 30) -> None:
    last = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < last, "it did not happen"
        time.sleep(0.02)


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.log = folder / "log"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--port", "0")
        wait_until(self.file.exists)
        self.address = str(json.loads(self.file.read_text())["address"])

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [
            sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--no-dashboard",
            "--scheduler-file", str(self.file),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def add_worker(self) -> None:
        self.workers.append(self._start("worker", "--nthreads", "1", "--no-nanny"))

    def kill(self, *processes: subprocess.Popen[bytes]) -> None:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def two_workers(folder: Path) -> Iterator[Cluster]:
    """Give a cluster of two workers, and end it."""
    folder.mkdir()
    made = Cluster(folder)
    try:
        made.add_worker()
        made.add_worker()
        wait_until(lambda: made.log.read_text().count("Register worker") == 2)
        yield made
    finally:
        made.kill(*made.workers, made.scheduler)
