"""Draws of a study: run by any executor, written as they come, taken up again after a stop.

A draw is a pure function of the model and its number. So its bytes do not hang on who computed it,
beside which other draws, or in which order, and a draw that is on disk is never computed again.
"""

import itertools
import json
import pickle
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from zipfile import ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from indranet import __version__
from indranet.errors import Fault, InputError, NoAnswerError, UsageError
from indranet.studies.executors import Cluster, ThisThread, cluster_executor, local_executor

__all__ = [
    "Draw",
    "Job",
    "Parts",
    "Quantiles",
    "cluster_executor",
    "local_executor",
    "quantiles",
    "run_draws",
]

Draw = Mapping[str, npt.NDArray[Any]]
"""Small arrays of one draw, numbers only."""
Floats = npt.NDArray[np.float64]
_Batch = tuple[int, ...]

_JOB = "job.json"
_PARTIAL = ".partial"
_FORMAT = "indranet draws 1"
_NUMBERS = "biufc"
_MODELS_KEPT = 2
_UNIX = 3
_HASH = 64
_LOOK_SECONDS = 1.0
_WORKERS_OF_OTHERS = 4


@dataclass(frozen=True)
class Job:
    """What to compute for each draw.

    Attributes
    ----------
    function
        Function at the top of a module, so that a worker finds it by name: takes the model and the
        numbers of some draws, returns one `Draw` each, in the same order. Pure.
    model
        What all draws share; arrays and plain data that can be pickled.
    key
        Hash of everything that decides the answer, the version of the package included.
    """

    function: Callable[[Any, Sequence[int]], Sequence[Draw]]
    model: Any
    key: str


@dataclass(frozen=True)
class Parts:
    """Draws on disk; each is read when asked for, so that all of them need not fit in memory.

    Attributes
    ----------
    folder
        Where they lie.
    draws
        How many.
    """

    folder: Path
    draws: int

    def __len__(self) -> int:
        """How many draws there are."""
        return self.draws

    def __getitem__(self, draw: int) -> Draw:
        """Read one draw.

        Raises
        ------
        IndexError
            When there is no draw of that number.
        InputError
            When its file is gone or damaged.
        """
        if not 0 <= draw < self.draws:
            raise IndexError(f"there are draws 0 to {self.draws - 1}, and no draw {draw}")
        return _read(_file(self.folder, draw))

    def __iter__(self) -> Iterator[Draw]:
        """Read one draw after the other, in order."""
        return (self[draw] for draw in range(self.draws))


class Quantiles(NamedTuple):
    """Mean and quantiles over the draws, each of shape (n,)."""

    mean: Floats
    q05: Floats
    q50: Floats
    q95: Floats


def run_draws(
    job: Job,
    draws: int,
    folder: Path,
    *,
    executor: Executor | None = None,
    batch: int = 8,
    in_flight: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Parts:
    """Compute draws 0 to draws - 1, and write each to the folder when it is done.

    Draws that the folder holds already for the same key are kept; damaged ones are computed anew.
    A folder of draws with another key is emptied of them first. When a batch fails, those that
    wait are dropped and its error is raised; the draws done until then stay.

    Parameters
    ----------
    job
        What to compute.
    draws
        How many draws.
    folder
        Where to; made when absent. One run at a time may write to it.
    executor
        Where to run batches; default in this thread.
    batch
        Draws that one worker computes in one go.
    in_flight
        Batches handed to the executor at a time; default two for each of its workers, eight where
        their number is not known.
    progress
        Called with the number of draws that are done, first before anything is computed.

    Raises
    ------
    UsageError
        When the folder holds something else.
    NoAnswerError
        When workers ended, or none came.
    ValueError
        When a count is out of range, or the function returned another number of draws than asked.
    """
    if draws < 0 or batch < 1 or (in_flight is not None and in_flight < 1):
        raise ValueError("draws must be at least 0, batch and in_flight at least 1")
    _take(folder, job.key, draws)
    missing = [draw for draw in range(draws) if not _whole(_file(folder, draw))]
    batches = [tuple(group) for _, group in itertools.groupby(missing, lambda draw: draw // batch)]
    done = draws - len(missing)
    tell = progress or (lambda _: None)
    tell(done)
    with closing(_results(job, batches, executor, in_flight)) as results:
        for numbers, packed in results:
            for draw, data in zip(numbers, packed, strict=True):
                _write(_file(folder, draw), data)
            done += len(numbers)
            tell(done)
    return Parts(folder, draws)


def quantiles(values: npt.ArrayLike) -> Quantiles:
    """Return mean and 5 %, 50 % and 95 % quantiles over draws, linear between the ranks.

    Each column is summed in the order of the draws: its numbers are the same to the last bit
    whichever columns stand beside it.

    Parameters
    ----------
    values
        Numbers of shape (draws, n).

    Raises
    ------
    ValueError
        When there is no draw, or the values have another shape.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not len(found):
        raise ValueError(f"values must have shape (draws, n) with a draw, not {found.shape}")
    total = np.zeros(found.shape[1])
    for draw in found:
        total += draw
    low, middle, high = np.quantile(found, (0.05, 0.5, 0.95), axis=0)
    return Quantiles(total / len(found), low, middle, high)


def _results(
    job: Job, batches: Sequence[_Batch], executor: Executor | None, in_flight: int | None
) -> Generator[tuple[_Batch, list[bytes]], None, None]:
    """Yield each batch with its packed draws, as they come."""
    if executor is None or isinstance(executor, ThisThread):
        for batch in batches:
            yield batch, _packed_draws(job.function, job.model, batch)
        return
    function, model = pickle.dumps(job.function), pickle.dumps(job.model)
    digest = sha256(model).hexdigest()
    # The model goes only to workers that say they lack it: a batch alone is a few bytes.
    waiting: deque[tuple[_Batch, bytes | None]] = deque((batch, None) for batch in batches)
    running: dict[Future[list[bytes] | None], _Batch] = {}
    try:
        while waiting or running:
            room = in_flight or 2 * max(1, getattr(executor, "workers", _WORKERS_OF_OTHERS))
            while waiting and len(running) < room:
                batch, sent = waiting.popleft()
                call = _Call(__version__, digest, sent, function, batch)
                with _told(batch):
                    running[executor.submit(pickle.loads, pickle.dumps(call))] = batch
            done, _ = wait(running, _LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                batch = running.pop(future)
                with _told(batch):
                    packed = future.result()
                if packed is None:
                    waiting.appendleft((batch, model))
                else:
                    yield batch, packed
            if isinstance(executor, Cluster):
                executor.check()
    finally:
        for future in running:
            future.cancel()


@contextmanager
def _told(batch: _Batch) -> Iterator[None]:
    """Say what to do about an executor that fails."""
    try:
        yield
    except CancelledError:
        raise NoAnswerError(
            "the connection to the scheduler is lost; see to it, and run again: "
            "the draws that are done stay"
        ) from None
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error} on a worker: install indranet {__version__} on all of them"
        ) from error
    except BrokenExecutor as error:
        raise NoAnswerError(
            f"workers ended while they computed draws {batch[0]} to {batch[-1]}, perhaps for lack "
            "of memory; take fewer workers, or give each more memory, and run again: the draws "
            "that are done stay"
        ) from error


class _Call:
    """A call of `_work` that takes place where it is unpickled.

    A scheduler without this package passes it on, and a worker without it says so and lives on.
    """

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _work, self.arguments


_MODELS: OrderedDict[str, Any] = OrderedDict()
"""Models of this worker by the hash of their bytes, the one used last at the end."""
_LOCK = Lock()


def _work(
    version: str, digest: str, model: bytes | None, function: bytes, batch: _Batch
) -> list[bytes] | None:
    """Compute a batch in a worker; None when the model was not sent and is not here."""
    if version != __version__:
        raise UsageError(
            f"a worker runs indranet {__version__}, and this is {version}: "
            "install the same version on both sides"
        )
    with _LOCK:
        if digest not in _MODELS:
            if model is None:
                return None
            while len(_MODELS) >= _MODELS_KEPT:
                _MODELS.popitem(last=False)
            _MODELS[digest] = pickle.loads(model)  # noqa: S301  # from the process that we work for
        _MODELS.move_to_end(digest)
        kept = _MODELS[digest]
    return _packed_draws(pickle.loads(function), kept, batch)  # noqa: S301  # same


def _packed_draws(
    function: Callable[[Any, Sequence[int]], Sequence[Draw]], model: Any, batch: _Batch
) -> list[bytes]:
    found = function(model, batch)
    if len(found) != len(batch):
        raise ValueError(f"the function returned {len(found)} draws for {len(batch)} asked")
    return [_packed(draw) for draw in found]


def _packed(draw: Draw) -> bytes:
    """Return a draw as an npz archive whose bytes hang on names and numbers alone.

    Its comment, which ends it, is the hash of all that stands before.
    """
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.comment = bytes(_HASH)
        for name in sorted(draw):
            values = np.asarray(draw[name], order="C")
            if values.dtype.kind not in _NUMBERS:
                raise ValueError(f"{name} of a draw holds {values.dtype}, not numbers")
            member = ZipInfo(f"{name}.npy")
            member.create_system = _UNIX
            with archive.open(member, "w") as file:
                np.lib.format.write_array(file, values, allow_pickle=False)
    data = buffer.getvalue()[:-_HASH]
    return data + _hash(data)


def _hash(data: bytes) -> bytes:
    return sha256(data).hexdigest().encode()


def _file(folder: Path, draw: int) -> Path:
    return folder / f"draw-{draw:08d}.npz"


def _read(path: Path) -> Draw:
    if not _whole(path):
        fault = Fault(str(path), problem="is gone or damaged", remedy="run the draws again")
        raise InputError([fault])
    with ZipFile(path) as archive:
        return {name.removesuffix(".npy"): _array(archive, name) for name in archive.namelist()}


def _array(archive: ZipFile, name: str) -> npt.NDArray[Any]:
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _whole(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    return _hash(data[:-_HASH]) == data[-_HASH:]


def _write(path: Path, data: bytes) -> None:
    """Write a file whole, or not at all."""
    partial = path.parent / _PARTIAL
    partial.write_bytes(data)
    partial.replace(path)


def _take(folder: Path, key: str, draws: int) -> None:
    """Make the folder ready for draws of this key; draws of another key leave it."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder; choose another place")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _PARTIAL).unlink(missing_ok=True)
    if any(folder.iterdir()) and _key(folder / _JOB) != key:
        for path in folder.glob("draw-*.npz"):
            path.unlink()
    text = json.dumps({"format": _FORMAT, "key": key, "draws": draws}, indent=2) + "\n"
    _write(folder / _JOB, text.encode())


def _key(path: Path) -> Any:
    """Return the key of the draws in a folder that is in use."""
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
        ours = job["format"] == _FORMAT
        key = job["key"]
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise UsageError(f"{path.parent} holds something other than draws; choose another folder")
    return key
