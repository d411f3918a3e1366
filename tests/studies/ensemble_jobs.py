"""Functions that workers find by name, for the tests of draws."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indranet.errors import UsageError
from indranet.studies.ensemble import Draw


def numbers(model: dict[str, Any], draws: Sequence[int]) -> list[Draw]:
    """Draw numbers by the identity of each draw; slow where the model says so."""
    found: list[Draw] = []
    for draw in draws:
        time.sleep(model.get("seconds", 0))
        drawn = np.random.default_rng([model["seed"], draw])
        found.append({"total": model["weights"] @ drawn.random((3, 4)), "draw": np.array(draw)})
    return found


def failing(model: int, draws: Sequence[int]) -> list[Draw]:
    """Fail at the draw that the model names."""
    if model in draws:
        raise UsageError(f"draw {model} fails")
    return [{"draw": np.array(draw)} for draw in draws]


def ending(model: dict[str, Any], draws: Sequence[int]) -> list[Draw]:
    """End the worker that has draw 3, as the kernel does when memory runs out."""
    if 3 in draws:
        os._exit(9)
    return numbers(model, draws)


def telling(model: dict[str, Any], draws: Sequence[int]) -> list[Draw]:
    """Leave a mark for each draw before it is computed."""
    for draw in draws:
        Path(model["marks"], f"{draw}-{os.getpid()}").touch()
    return numbers(model, draws)


def too_few(_: None, draws: Sequence[int]) -> list[Draw]:
    return [{"draw": np.array(draw)} for draw in draws[1:]]


def words(_: None, draws: Sequence[int]) -> list[Draw]:
    return [{"draw": np.array(str(draw))} for draw in draws]


def lacking(_: None, draws: Sequence[int]) -> list[Draw]:
    raise ModuleNotFoundError("No module named 'elsewhere'", name="elsewhere")
