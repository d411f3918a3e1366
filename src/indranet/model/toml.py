"""TOML files with a model of what they may say: every fault with its line."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from indranet.errors import Fault, InputError, UsageError

LARGEST_FILE = 1 << 20
"""Bytes; more is nothing that somebody wrote."""

Lines = dict[tuple[Any, ...], int]
"""Line of each key, by its path."""


class Strict(BaseModel):
    """What holds no other keys, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Model = TypeVar("Model", bound=BaseModel)


def read_model(
    path: str | Path, model: type[Model], what: str, nested: Mapping[str, type[BaseModel]]
) -> tuple[Model, Lines]:
    """Read a TOML file, and the line of each of its keys.

    Parameters
    ----------
    path
        The file.
    model
        What it says.
    what
        What it is, in a word.
    nested
        Key to the model of the tables below it.

    Raises
    ------
    InputError
        With every fault, and the line of each.
    """
    file = Path(path)
    name = file.name
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            fault = Fault(name, problem="is larger than 1 MB", remedy=f"give a {what}")
            raise InputError([fault])
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            [Fault(name, problem="does not exist", remedy=f"give the path of a {what}")]
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            [Fault(name, problem="is no UTF-8 text", remedy="save it as UTF-8")]
        ) from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        said = re.sub(r" \(at .*\)$", "", str(error))
        line = int(found[1]) if found else 0
        fault = Fault(name, line, problem=f"is no TOML: {said}", remedy="correct the line")
        raise InputError([fault]) from None
    lines = _lines(text)
    try:
        return model.model_validate_json(json.dumps(values, default=str)), lines
    except ValidationError as error:
        faults = (_fault(name, one, lines, model, nested) for one in error.errors())
        raise InputError(sorted(faults)) from None


def bundled_files(folder: str) -> dict[str, Traversable]:
    """Return the TOML files that come with the Indo-Pacific case in one of its folders, by name."""
    every = (files("indranet.data") / "indo-pacific" / folder).iterdir()
    found = [file for file in every if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): file for file in sorted(found, key=lambda f: f.name)}


def find_model(
    name: str, what: str, bundled: Mapping[str, Traversable], read: Callable[[str | Path], Model]
) -> Model:
    """Read a file, or one that comes with the package.

    Parameters
    ----------
    name
        Path, or name of a bundled file.
    what
        What it is, in a word.
    bundled
        Files that come with the package, by name.
    read
        Reads one.

    Raises
    ------
    InputError
        When the file is at fault.
    UsageError
        When there is neither a file nor a bundled one of that name.
    """
    if name in bundled and not Path(name).exists():
        with as_file(bundled[name]) as file:
            return read(file)
    if not Path(name).exists() and not name.endswith(".toml"):
        near = get_close_matches(name, bundled, n=1)
        meant = f"did you mean {near[0]}?" if near else f"bundled are {', '.join(sorted(bundled))}"
        raise UsageError(f"no {what} {name!r}: give a TOML file, or a bundled one; {meant}")
    return read(name)


def _fault(
    file: str,
    error: Any,
    lines: Lines,
    model: type[BaseModel],
    nested: Mapping[str, type[BaseModel]],
) -> Fault:
    """Return what pydantic found as a fault: line, key, value, what to do."""
    path = tuple(part for part in error["loc"] if part not in ("(days)", "(law)"))
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 0)
    key = ".".join(str(part) for part in path if not isinstance(part, int))
    value = "" if isinstance(error["input"], dict | list) else str(error["input"])
    of = next((str(part) for part in reversed(path) if part in nested), "line")
    kind, said = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        known = _keys_of(path[:-1], model, nested)
        near = get_close_matches(str(path[-1]), known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        return Fault(file, line, key, "", "is not known here", meant)
    if kind == "missing":
        return Fault(file, line, key, "", "is missing", "add it")
    if kind == "literal_error":
        return Fault(file, line, key, value, "is not a choice", f"write {error['ctx']['expected']}")
    if kind == "value_error":
        return Fault(file, line, key, "", said.removeprefix("Value error, "), f"correct the {of}")
    return Fault(file, line, key, value, "does not fit", f"{said[0].lower()}{said[1:]}")


def _keys_of(
    path: tuple[Any, ...], model: type[BaseModel], nested: Mapping[str, type[BaseModel]]
) -> list[str]:
    for part in path:
        model = nested.get(str(part), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _lines(text: str) -> Lines:
    """Return the line on which each key of a TOML text stands, by its path."""
    found: Lines = {}
    counts: dict[tuple[Any, ...], int] = {}
    at: tuple[Any, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header:
            *outer, last = (part.strip().strip("\"'") for part in header[2].split("."))
            at = (*_newest(outer, counts), last)
            if header[1] == "[[":
                counts[at] = counts.get(at, -1) + 1
                at = (*at, counts[at])
            found[at] = number
        else:
            key = re.match(r"\s*([A-Za-z0-9_\"'-]+)\s*=", line)
            if key:
                found[(*at, key[1].strip("\"'"))] = number
    return found


def _newest(names: Sequence[str], counts: Mapping[tuple[Any, ...], int]) -> tuple[Any, ...]:
    """Return the path of a table: with the number of the newest one of each array on it."""
    path: tuple[Any, ...] = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path
