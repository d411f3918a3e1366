"""Fault trees in the Open-PSA Model Exchange Format become cases.

A gate of a fault tree is true when something failed, a service is up when what it needs is. So an
`or` gate becomes a service that needs all of its inputs, an `and` gate one that needs at least one,
and a gate that fails with k of its n inputs one that needs n - k + 1 of them.
"""

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indranet.errors import Fault, InputError
from indranet.model.case import write_case

MAX_BYTES = 256 * 1024 * 1024
"""Largest file that is read unless the caller allows more."""

_MAX_DEPTH = 100
_MAX_FAULTS = 1_000
# A fault tree knows no calendar; a fixed day makes the same files give the same case.
_FIRST_DAY = datetime.date(2000, 1, 1)

_CONTAINERS = ("define-fault-tree", "define-component")
_EVENTS = {
    "define-gate": "gate",
    "define-basic-event": "basic-event",
    "define-house-event": "house-event",
}
_REFERENCES = ("event", "gate", "basic-event", "house-event")
_NOT_MONOTONE = ("not", "xor", "iff", "nand", "nor", "imply", "cardinality")
_NOTES = ("label", "attributes")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"\w[^\s;:,\"']*")


@dataclass(slots=True)
class _Element:
    tag: str
    attributes: dict[str, str]
    file: str
    line: int
    children: list["_Element"] = field(default_factory=list)
    text: str = ""

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")

    def fault(self, problem: str, remedy: str, value: str | None = None) -> Fault:
        value = self.name if value is None else value
        return Fault(self.file, self.line, self.tag, value, problem, remedy)

    def content(self) -> list["_Element"]:
        return [child for child in self.children if child.tag not in _NOTES]


@dataclass(frozen=True)
class _Definition:
    kind: str
    name: str
    scope: tuple[str, ...]
    element: _Element


@dataclass(frozen=True)
class _Gate:
    """A formula with a name: it fails when `failing` of its inputs do, each as often as counted."""

    name: str
    label: str
    element: _Element
    failing: int
    inputs: Counter[str]


@dataclass
class _Model:
    """What was defined where; `paths` leads from a full path to the name in use."""

    events: dict[str, _Definition] = field(default_factory=dict)
    parameters: dict[str, _Definition] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    gates: dict[str, _Gate] = field(default_factory=dict)
    probabilities: dict[str, float] = field(default_factory=dict)
    undefined: dict[str, Fault] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class _RefusedError(Exception):
    """The file cannot be read at all."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def faulttree(files: Sequence[Path], folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Write a case from fault trees in the Open-PSA Model Exchange Format.

    Gates become services with needs, basic and house events things in failures with their
    probability as unavailability; a formula inside a formula becomes a service named after its gate
    with a number. Every gate that no other one refers to is a top of its own. Events that no gate
    uses are left out. Several files make one model, in one space of names.

    Parameters
    ----------
    files
        XML files.
    folder
        Case folder to make.
    max_bytes
        Largest size of a file, in bytes.

    Raises
    ------
    InputError
        With every fault found: a file that is too large, not well-formed or carries a document
        type; gates that are not monotone (not, xor, ...); anything not read, undefined, defined
        twice or in terms of itself; a probability that is not a number from 0 to 1.
    """
    model = _Model()
    for file in files:
        try:
            root = _parse(file, max_bytes)
        except _RefusedError as refused:
            model.faults.append(refused.fault)
            continue
        _collect_file(model, root)
    for definition in list(model.events.values()):
        _read_event(model, definition)
    model.faults += model.undefined.values()
    model.faults += _cycles(model)
    if not model.gates and not model.faults:
        where = str(files[0]) if files else str(folder)
        model.faults.append(Fault(where, problem="holds no gate", remedy="give a fault tree"))
    if model.faults:
        faults = sorted(set(model.faults))
        raise InputError(faults[:_MAX_FAULTS], more=len(faults) > _MAX_FAULTS)
    write_case(folder, folder.name, _FIRST_DAY, _description(model, files), _tables(model, files))


def _parse(file: Path, max_bytes: int) -> _Element:
    """Return the root element of a file, each element with its line."""
    name = str(file)
    parser = expat.ParserCreate()
    open_elements: list[_Element] = []
    roots: list[_Element] = []

    def refuse(problem: str, remedy: str, value: str = "") -> _RefusedError:
        return _RefusedError(Fault(name, parser.CurrentLineNumber, "", value, problem, remedy))

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_elements) >= _MAX_DEPTH:
            raise refuse(f"is nested more than {_MAX_DEPTH} deep", "name the inner gates", tag)
        element = _Element(tag, attributes, name, parser.CurrentLineNumber)
        (open_elements[-1].children if open_elements else roots).append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def text(data: str) -> None:
        if open_elements[-1].tag == "label":
            open_elements[-1].text += data

    def doctype(*_: object) -> None:
        raise refuse("holds a document type, which may hide entities", "take the DOCTYPE out")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        size = file.stat().st_size
        if size > max_bytes:
            problem = f"has {size} bytes, more than the {max_bytes} allowed"
            raise _RefusedError(Fault(name, problem=problem, remedy="split it or raise the limit"))
        with file.open("rb") as stream:
            parser.ParseFile(stream)
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise _RefusedError(Fault(name, problem=problem, remedy="correct the path")) from None
    except expat.ExpatError as error:
        problem = f"is not well-formed XML: {expat.ErrorString(error.code)}"
        fault = Fault(name, error.lineno, "", "", problem, "correct the file")
        raise _RefusedError(fault) from None
    except (LookupError, ValueError) as error:
        problem = f"has an encoding that cannot be read: {error}"
        raise _RefusedError(Fault(name, 1, "", "", problem, "save it as UTF-8")) from None
    return roots[0]


def _collect_file(model: _Model, root: _Element) -> None:
    if root.tag != "opsa-mef":
        model.faults.append(root.fault("is not the root of an Open-PSA model", "use <opsa-mef>"))
        return
    for child in root.content():
        if child.tag in ("define-fault-tree", "model-data"):
            _collect(model, child, (), private=False)
        else:
            model.faults.append(child.fault("is not read", "take it out"))


def _collect(model: _Model, container: _Element, outer: tuple[str, ...], private: bool) -> None:
    """Note what a fault tree, a component or the model data define."""
    scope = outer
    if container.tag in _CONTAINERS:
        _check_name(model, container)
        scope = (*outer, container.name)
    for child in container.content():
        hidden = child.attributes.get("role", "private" if private else "public") == "private"
        if child.tag in _EVENTS:
            _define(model, model.events, _EVENTS[child.tag], child, scope, hidden)
        elif child.tag == "define-parameter":
            _define(model, model.parameters, "parameter", child, scope, hidden)
        elif child.tag == "define-component" and container.tag in _CONTAINERS:
            _collect(model, child, scope, hidden)
        else:
            model.faults.append(child.fault("is not read", "take it out"))


def _define(
    model: _Model,
    names: dict[str, _Definition],
    kind: str,
    element: _Element,
    scope: tuple[str, ...],
    private: bool,
) -> None:
    if not _check_name(model, element):
        return
    path = ".".join((*scope, element.name))
    name = path if private else element.name
    if name in names:
        first = names[name].element
        where = f"{first.file}:{first.line}"
        model.faults.append(element.fault(f"is already defined in {where}", "rename one"))
        return
    names[name] = _Definition(kind, name, scope, element)
    model.paths[_space(kind) + path] = name


def _space(kind: str) -> str:
    """Return what keeps the paths of parameters apart from those of events."""
    return "parameter:" if kind == "parameter" else "event:"


def _check_name(model: _Model, element: _Element) -> bool:
    name = element.name
    if not name:
        model.faults.append(element.fault("has no name", 'give it name="..."'))
        return False
    if (
        not _NAME.fullmatch(name)
        or not name.isprintable()
        or unicodedata.normalize("NFC", name) != name
    ):
        remedy = "use letters, digits, '_', '-' and '.'"
        model.faults.append(element.fault("has a name that cannot be used", remedy))
        return False
    return True


def _resolve(
    model: _Model, reference: _Element, scope: tuple[str, ...], kind: str
) -> _Definition | None:
    """Return what a reference means: the innermost definition of that name, else a public one."""
    names = model.parameters if kind == "parameter" else model.events
    for depth in range(len(scope), -1, -1):
        path = _space(kind) + ".".join((*scope[:depth], reference.name))
        if path in model.paths:
            return names[model.paths[path]]
    if reference.name in names:
        return names[reference.name]
    fault = reference.fault("is not defined", f"define the {kind} or correct the name")
    model.undefined.setdefault(f"{_space(kind)}{reference.name}", fault)
    return None


def _read_event(model: _Model, definition: _Definition) -> None:
    content = definition.element.content()
    if len(content) != 1:
        found = "no formula or value" if not content else "several formulas or values"
        model.faults.append(definition.element.fault(f"has {found}", "give it one"))
    elif definition.kind == "gate":
        _read_gate(model, definition, content[0])
    elif definition.kind == "house-event":
        value = _constant(model, content[0])
        model.probabilities[definition.name] = float(bool(value))
    else:
        model.probabilities[definition.name] = _probability(model, definition, content[0])


def _read_gate(model: _Model, definition: _Definition, formula: _Element) -> None:
    """Turn a gate's formula, and every formula inside it, into gates with names."""
    labels = [c.text.strip() for c in definition.element.children if c.tag == "label"]
    numbers = _free_names(model, definition.name)

    def inputs_of(arguments: Iterable[_Element]) -> Counter[str]:
        found: Counter[str] = Counter()
        for argument in arguments:
            name = _input_name(model, argument, definition.scope)
            if name is None and argument.tag in ("and", "or", "atleast"):
                name = next(numbers)
                write(name, "", argument)
            if name is not None:
                found[name] += 1
        return found

    def write(name: str, label: str, element: _Element) -> None:
        if element.tag in ("and", "or", "atleast"):
            arguments = element.content()
            failing = _failing(model, element, len(arguments))
        else:
            arguments, failing = [element], 1
        inputs = inputs_of(arguments)
        if element.tag != "atleast":
            inputs = Counter(dict.fromkeys(inputs, 1))
            failing = len(inputs) if element.tag == "and" else 1
        model.gates[name] = _Gate(name, label, element, failing, inputs)

    write(definition.name, labels[0] if labels else "", formula)


def _free_names(model: _Model, gate: str) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        name = f"{gate}.{number}"
        if name not in model.events and name not in model.gates:
            yield name


def _input_name(model: _Model, argument: _Element, scope: tuple[str, ...]) -> str | None:
    """Return the name of an input, None for a formula or for what is at fault."""
    tag = argument.tag
    if tag in _REFERENCES:
        found = _resolve(model, argument, scope, "gate" if tag == "gate" else "event")
        wanted = argument.attributes.get("type", "") if tag == "event" else tag
        if found is None:
            return None
        if wanted and wanted != found.kind:
            problem = f"is defined as {found.kind}, not as {wanted}"
            model.faults.append(argument.fault(problem, "correct the reference"))
            return None
        return found.name
    if tag == "constant":
        return _constant_name(model, argument)
    if tag in _NOT_MONOTONE:
        problem = "is not monotone: a failure would bring something back"
        model.faults.append(argument.fault(problem, "write the gate with and, or, atleast"))
    elif tag not in ("and", "or", "atleast"):
        model.faults.append(argument.fault("is not a formula that is read", "take it out"))
    return None


def _constant_name(model: _Model, element: _Element) -> str | None:
    value = _constant(model, element)
    if value is None:
        return None
    name = "constant-true" if value else "constant-false"
    while name in model.events:
        name += "-"
    model.probabilities[name] = float(value)
    return name


def _constant(model: _Model, element: _Element) -> bool | None:
    value = element.attributes.get("value", "")
    if element.tag != "constant" or value not in ("true", "false"):
        remedy = 'give <constant value="true"/> or <constant value="false"/>'
        model.faults.append(element.fault("is not a constant", remedy, value))
        return None
    return value == "true"


def _failing(model: _Model, element: _Element, arguments: int) -> int:
    """Return how many of its arguments must fail for a formula to fail."""
    if not arguments:
        model.faults.append(element.fault("has no inputs", "give it at least one"))
        return 1
    if element.tag != "atleast":
        return 1
    least = element.attributes.get("min", "")
    if not re.fullmatch(r"[0-9]{1,9}", least) or not 1 <= int(least) <= arguments:
        problem = f"does not ask for 1 to {arguments} of its inputs"
        model.faults.append(element.fault(problem, "correct min", least))
        return 1
    return int(least)


def _probability(model: _Model, definition: _Definition, expression: _Element) -> float:
    """Return a basic event's probability: a number, or a parameter that leads to one."""
    scope = definition.scope
    seen: set[str] = set()
    while expression.tag == "parameter":
        found = _resolve(model, expression, scope, "parameter")
        if found is None:
            return 0.0
        content = found.element.content()
        if found.name in seen or len(content) != 1:
            problem = "has several values or none" if found.name not in seen else "means itself"
            model.faults.append(found.element.fault(problem, "give it one number"))
            return 0.0
        seen.add(found.name)
        expression, scope = content[0], found.scope
    value = expression.attributes.get("value", "").strip()
    if expression.tag not in ("float", "int"):
        problem = "is not a constant probability"
        model.faults.append(expression.fault(problem, 'give <float value="..."/>'))
        return 0.0
    number = float(value) if _NUMBER.fullmatch(value) else -1.0
    if not 0 <= number <= 1:
        remedy = "give a number from 0 to 1"
        model.faults.append(expression.fault("is not a probability", remedy, value))
    return number


def _cycles(model: _Model) -> list[Fault]:
    """Return a fault for every set of gates that are defined in terms of each other."""
    names = list(model.gates)
    number = {name: i for i, name in enumerate(names)}
    links = [
        (number[gate.name], number[name])
        for gate in model.gates.values()
        for name in gate.inputs
        if name in number
    ]
    if not links:
        return []
    user, used = np.array(links, dtype=np.int64).T
    net = coo_array((np.ones(len(links), dtype=np.int8), (user, used)), shape=(len(names),) * 2)
    _, component = connected_components(net.tocsr(), directed=True, connection="strong")
    looping = set(component[np.flatnonzero(np.bincount(component)[component] > 1)].tolist())
    looping |= set(component[user[user == used]].tolist())
    members: dict[int, list[str]] = {c: [] for c in looping}
    for name, c in zip(names, component.tolist(), strict=True):
        if c in members:
            members[c].append(name)
    return [
        model.gates[loop[0]].element.fault(
            f"is part of a definition in terms of itself: {', '.join(loop[:10])}"
            + (f" and {len(loop) - 10} more" if len(loop) > 10 else ""),
            "break the circle",
            loop[0],
        )
        for loop in members.values()
    ]


def _description(model: _Model, files: Sequence[Path]) -> str:
    used = {name for gate in model.gates.values() for name in gate.inputs}
    tops = [name for name in model.gates if name not in used]
    shown = ", ".join(tops[:10]) + (f" and {len(tops) - 10} more" if len(tops) > 10 else "")
    return f"Fault tree from {', '.join(file.name for file in files)}; top: {shown}."


def _tables(model: _Model, files: Sequence[Path]) -> dict[str, dict[str, Sequence[object]]]:
    file = {str(path): path.name for path in files}
    gates = list(model.gates.values())
    used = {name for gate in gates for name in gate.inputs}
    things = [name for name in model.probabilities if name in used]
    needs = [(gate, name, count) for gate in gates for name, count in gate.inputs.items()]
    sources = {name: file[d.element.file] for name, d in model.events.items()}
    return {
        "services": {
            "service": [gate.name for gate in gates],
            "name": [gate.label for gate in gates],
            "provenance": ["derived"] * len(gates),
            "source": [file[gate.element.file] for gate in gates],
        },
        "needs": {
            "user": [gate.name for gate, _, _ in needs],
            "need": ["inputs"] * len(needs),
            "input": [name for _, name, _ in needs],
            "capacity": [count for _, _, count in needs],
            "at_least": [_at_least(gate) for gate, _, _ in needs],
            "provenance": ["derived"] * len(needs),
            "source": [file[gate.element.file] for gate, _, _ in needs],
        },
        "failures": {
            "thing": things,
            "unavailability": [model.probabilities[name] for name in things],
            "provenance": ["derived"] * len(things),
            "source": [sources.get(name, "") for name in things],
        },
    }


def _at_least(gate: _Gate) -> int:
    """Return how many inputs must be up so that fewer than `failing` have failed."""
    return sum(gate.inputs.values()) - gate.failing + 1
