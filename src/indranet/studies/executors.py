"""Who runs the draws: this thread, processes of this machine, or the workers of a Dask cluster."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from indranet.errors import NoAnswerError, UsageError

if TYPE_CHECKING:
    from distributed import Client

P = ParamSpec("P")
T = TypeVar("T")

_CONNECT_SECONDS = 10.0
_ASK_SECONDS = 2.0


def local_executor(workers: int | None = None) -> Executor:
    """Return an executor over processes of this machine, or over this thread alone.

    Leaving its `with` block by an error ends the processes at once, and so does the end of this
    process, whatever ended it. A script that calls this must stand under
    ``if __name__ == "__main__":``, as processes start from nothing.

    Parameters
    ----------
    workers
        How many processes, default one for each core. 1 runs everything in this thread.

    Raises
    ------
    UsageError
        When fewer than one is asked for.
    """
    count = (os.cpu_count() or 1) if workers is None else workers
    if count < 1:
        raise UsageError(f"{count} workers can do nothing: ask for 1 or more")
    return ThisThread() if count == 1 else Processes(count)


@contextmanager
def cluster_executor(address: str, *, patience: float = 60.0) -> Iterator[Executor]:
    """Give an executor over the workers of a Dask cluster (extra ``cluster``).

    Workers may come and go. What a worker had not handed over when it ended is computed again by
    another one.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    patience
        Seconds without any worker after which `run_draws` gives up.

    Raises
    ------
    UsageError
        When the extra is not installed, or no scheduler answers within 10 s.
    """
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise UsageError(
            "a cluster needs more packages: python -m pip install 'indranet[cluster]'"
        ) from None
    # A client waits for ever for what is no scheduler: ask first, with an end to it.
    with ThreadPoolExecutor(1) as thread:
        answers = thread.submit(asyncio.run, _answers(address)).result()
    if not answers:
        raise UsageError(
            f"no scheduler answers at {address!r}: start one with `dask scheduler` and give the "
            "address that it prints, such as tcp://10.0.0.1:8786"
        )
    client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    # A model of any size goes out once a worker, on purpose: Dask need not warn of it.
    quiet = {"distributed.admin.large-graph-warning-threshold": "1 PB"}
    with _silent("distributed", "distributed.client"), client, dask.config.set(quiet):
        yield Cluster(client, address, patience)


@contextmanager
def _silent(*names: str) -> Iterator[None]:
    """Keep loggers from telling in their words what is told here in ours."""
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in levels:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


async def _answers(address: str) -> bool:
    """Say whether there is a Dask scheduler."""
    from distributed.core import rpc
    from distributed.security import Security

    security = Security().get_connection_args("client")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS), rpc(address, connection_args=security) as it:
            found = await it.identity()
    except (OSError, ValueError, TypeError):
        return False
    return bool(found["type"] == "Scheduler")


class ThisThread(Executor):
    """Runs each call when it is handed over."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes(ProcessPoolExecutor):
    """Processes that end with this one, and at once when their block is left by an error."""

    def __init__(self, workers: int) -> None:
        # Forked children of a process that ran compiled threads are killed: start from nothing.
        context = get_context("spawn")
        watched, self._held = context.Pipe(duplex=False)
        super().__init__(workers, context, _end_with, (watched,))
        self.workers = workers

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if kind is not None:
            # A batch can take minutes, and nobody waits for it any more.
            self._held.close()
        return super().__exit__(kind, error, trace)


def _end_with(watched: Connection) -> None:
    """End this worker when the other end of the pipe is closed, or its process is gone."""
    # Ctrl-C reaches all processes of a terminal; the one that asked ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait_for_the_end() -> None:
        watched.poll(None)
        os._exit(1)

    Thread(target=wait_for_the_end, daemon=True).start()


class Cluster(Executor):
    """Workers of a Dask cluster."""

    def __init__(self, client: "Client", address: str, patience: float) -> None:
        self._client, self._address, self._patience = client, address, patience
        self._loop: Any = client.loop
        self._seen = monotonic()
        self.workers = 0
        self.check()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand a call to the scheduler."""
        # `Client.get_executor` leaves a future open for ever when its result is lost on the way.
        task = self._client.submit(fn, *args, pure=False, **kwargs)
        future: Future[T] = Future()

        def give_up(settled: Future[T]) -> None:
            if settled.cancelled():
                self._loop.add_callback(task.cancel)

        future.add_done_callback(give_up)
        self._loop.add_callback(_settle, task, future)
        return future

    def check(self) -> None:
        """Count the threads of all workers.

        Raises
        ------
        NoAnswerError
            When no worker has been there for too long.
        """
        missing = "no worker has been"
        try:
            self.workers = sum(self._client.nthreads(callback_timeout=_ASK_SECONDS).values())
            there = self.workers > 0
        except (OSError, TimeoutError):
            missing, there = "no scheduler has answered", False
        if there:
            self._seen = monotonic()
        elif monotonic() - self._seen > self._patience:
            raise NoAnswerError(
                f"{missing} at {self._address} for {self._patience:g} s; start some with "
                f"`dask worker {self._address}` and run again: the draws that are done stay"
            )


async def _settle(task: Any, future: Future[Any]) -> None:
    """Hand the outcome of a task of Dask to a future, in the words of `concurrent.futures`."""
    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    result: Any = None
    error: BaseException | None = None
    try:
        result = await task
    except KilledWorker as killed:
        error = BrokenExecutor(str(killed))
    except CommClosedError as closed:
        error = CancelledError(str(closed))
    except BaseException as raised:
        error = raised
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
