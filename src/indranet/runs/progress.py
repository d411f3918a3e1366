"""What goes on, told on standard error once it takes a while."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

SECONDS = 2.0
"""Until something is told, and between two lines of it."""


@contextmanager
def progress(what: str, silent: bool) -> Iterator[None]:
    """Tell that something goes on, once it takes more than two seconds."""
    timer = Timer(SECONDS, _tell, [f"{what} ..."])
    timer.daemon = True
    if not silent:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def draws_done(draws: int, silent: bool) -> Callable[[int], None]:
    """Return what tells how many draws are done, every two seconds at most."""
    return _now_and_then(lambda done: f"{done:,} of {draws:,} draws", silent)


def known(what: str, silent: bool) -> Callable[[int], None]:
    """Return what tells how many of something are known, every two seconds at most."""
    return _now_and_then(lambda done: f"{done:,} {what} known", silent)


def _now_and_then(words: Callable[[int], str], silent: bool) -> Callable[[int], None]:
    last = time.perf_counter()

    def told(done: int) -> None:
        nonlocal last
        now = time.perf_counter()
        if not silent and now - last > SECONDS:
            last = now
            _tell(words(done))

    return told


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
