from hashlib import blake2b
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from tests.engines.nets import BY_HAND, TREES, compiled

from indranet.engines.gates import draw, order, sample, up
from indranet.errors import Fault, InputError
from indranet.intake.faulttree import faulttree
from indranet.model.case import read
from indranet.model.network import Network

DRAWS = 1 << 20

ARALIA = {  # the Aralia collection, CC BY-SA 4.0; exact, by binary decision diagrams
    "baobab1": 1.01708e-4, "baobab3": 2.24117e-3, "das9201": 1.34237e-2, "das9202": 1.01154e-2,
    "das9207": 0.346696, "edf9202": 0.781302, "edf9204": 0.525374, "edf9205": 0.209351,
    "edfpa14b": 0.29562, "edfpa14p": 0.0807059, "edfpa14q": 0.295905, "edfpa14r": 0.0209977,
    "edfpa15b": 0.362737, "edfpa15o": 0.362956, "edfpa15p": 0.0736302, "edfpa15q": 0.362737,
    "isp9601": 0.0571245, "isp9603": 3.23326e-3, "isp9604": 0.142751, "isp9606": 0.0543174,
}  # fmt: skip
ARALIA_RARE = {
    "das9204": 2.16942e-11, "das9205": 1.38408e-8, "das9209": 1.058e-13, "edf9206": 8.615e-12,
    "isp9607": 9.4951e-7,
}  # fmt: skip
ARALIA_NOT_MONOTONE = {"cea9601": 1.48409e-3, "das9601": 4.23440e-3, "das9701": 0.0744694}


def imported(folder: Path, *files: Path) -> Network:
    faulttree(files, folder / "case")
    return read(folder / "case")


def leaves(network: Network) -> tuple[np.ndarray, np.ndarray]:
    failures = network["failures"]
    return failures["thing"].astype(np.int32), failures["unavailability"]


def keys(names: list[str]) -> np.ndarray:
    hashed = [blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.array([int.from_bytes(h, "little") for h in hashed], dtype=np.uint64)


def exact(network: Network, top: str) -> float:
    """Add up the probability of every combination of failures that takes the top down."""
    nodes, probability = leaves(network)
    cases = list(product((False, True), repeat=len(nodes)))
    failed = np.array(cases).reshape(len(cases), len(nodes))
    start = np.append(0, np.cumsum(failed.sum(axis=1))).astype(np.int64)
    removed = (start, np.tile(nodes, len(cases))[failed.ravel()].astype(np.int32))
    watch = np.array([network.find(top)], dtype=np.int32)
    words = up(order(compiled(network)), removed, watch=watch)
    is_up = np.unpackbits(words[0].view(np.uint8), bitorder="little")[: len(cases)].astype(bool)
    chance = np.where(failed, probability, 1 - probability).prod(axis=1)
    return float(chance[~is_up].sum())


def sampled(network: Network, top: str) -> int:
    nodes, probability = leaves(network)
    names = [network.thing(node)[1] for node in nodes.tolist()]
    watch = np.array([network.find(top)], dtype=np.int32)
    gates = order(compiled(network))
    return int(sample(gates, nodes, probability, keys(names), watch, seed=1, draws=DRAWS)[0])


def only_top(network: Network) -> str:
    services = network.offset("service") + np.arange(len(network["services"]))
    (top,) = np.setdiff1d(services, network["needs"]["input"]).tolist()
    return network.thing(top)[1]


def sigma(probability: float) -> float:
    return float(np.sqrt(probability * (1 - probability) / DRAWS))


@pytest.mark.parametrize("tree", BY_HAND)
def test_worked_by_hand(tree: str, tmp_path: Path) -> None:
    network = imported(tmp_path, TREES / f"{tree}.xml")
    for top, probability in BY_HAND[tree].items():
        assert exact(network, top) == pytest.approx(probability, rel=1e-12)
        assert sampled(network, top) / DRAWS == pytest.approx(
            probability, abs=4 * sigma(probability)
        )


@pytest.mark.parametrize("tree", ARALIA)
def test_aralia(tree: str, tmp_path: Path, shared: Path) -> None:
    network = imported(tmp_path, shared / "data" / "aralia" / f"{tree}.xml")
    found = sampled(network, only_top(network)) / DRAWS
    assert found == pytest.approx(ARALIA[tree], abs=4 * sigma(ARALIA[tree]))


@pytest.mark.parametrize("tree", ARALIA_RARE)
def test_aralia_rare(tree: str, tmp_path: Path, shared: Path) -> None:
    network = imported(tmp_path, shared / "data" / "aralia" / f"{tree}.xml")
    hits = sampled(network, only_top(network))
    # Clopper and Pearson 1934, one in 10,000 to either side.
    high = beta.ppf(1 - 1e-4, hits + 1, DRAWS - hits)
    low = beta.ppf(1e-4, hits, DRAWS - hits + 1) if hits else 0.0
    assert low <= ARALIA_RARE[tree] <= high


@pytest.mark.parametrize("tree", ARALIA_NOT_MONOTONE)
def test_not_monotone_is_refused(tree: str, tmp_path: Path, shared: Path) -> None:
    file = shared / "data" / "aralia" / f"{tree}.xml"
    with pytest.raises(InputError) as caught:
        imported(tmp_path, file)
    assert {fault.column for fault in caught.value.faults} <= {"not", "xor"}
    lines = file.read_text().splitlines()
    for fault in caught.value.faults[:20]:
        assert f"<{fault.column}" in lines[fault.row - 1]
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("tree", ARALIA_NOT_MONOTONE)
def test_exact_values_of_what_is_refused(tree: str, shared: Path) -> None:
    """The three trees with not and xor, by a reader of their own: the reference values hold."""
    root = ElementTree.parse(shared / "data" / "aralia" / f"{tree}.xml").getroot()
    formulas = {g.attrib["name"]: g[0] for g in root.iter("define-gate")}
    events = {
        e.attrib["name"]: float(e[0].attrib["value"]) for e in root.iter("define-basic-event")
    }
    names, hits, block = sorted(events), 0, DRAWS // 8
    chances = np.array([events[name] for name in names])
    for first in range(0, DRAWS, block):
        down = draw(chances, keys(names), 1, first, block)
        state = dict(zip(names, down, strict=True))
        hits += int(np.bitwise_count(failed(formulas["r1"], formulas, state)).sum())
    assert hits / DRAWS == pytest.approx(
        ARALIA_NOT_MONOTONE[tree], abs=4 * sigma(ARALIA_NOT_MONOTONE[tree])
    )


def failed(
    formula: ElementTree.Element,
    formulas: dict[str, ElementTree.Element],
    state: dict[str, np.ndarray],
) -> np.ndarray:
    """Evaluate a formula on 64 draws a word."""
    if "name" in formula.attrib:
        name = formula.attrib["name"]
        if name not in state:
            state[name] = failed(formulas[name], formulas, state)
        return state[name]
    inputs = [failed(child, formulas, state) for child in formula]
    if formula.tag == "not":
        return ~inputs[0]
    if formula.tag == "atleast":
        bits = np.array([np.unpackbits(words.view(np.uint8)) for words in inputs])
        enough = bits.sum(axis=0, dtype=np.int64) >= int(formula.attrib["min"])
        return np.packbits(enough).view(np.uint64)
    combine = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}[formula.tag]
    return np.asarray(combine.reduce(inputs))


def test_case_says_what_was_read(tmp_path: Path) -> None:
    network = imported(tmp_path, TREES / "counted_twice.xml")
    assert network.names["service"].tolist() == ["top.1", "top", "spare-top"]
    assert network.names["thing"].tolist() == ["constant-false", "always", "a", "b", "c"]
    assert network.description == "Fault tree from counted_twice.xml; top: top, spare-top."
    assert set(network["needs"].text("source")) == {"counted_twice.xml"}
    series = imported(tmp_path / "series", TREES / "series.xml")
    assert series["services"].text("name") == ["Either part stops the whole"]


def test_several_files_make_one_model(tmp_path: Path) -> None:
    tree = write(tmp_path, gate(f"<or>{INPUTS}</or>") + "</define-fault-tree>")
    data = write(tmp_path, f"<model-data>{event('a', 0.5)}{event('b', 0.5)}</model-data>", "data")
    assert exact(imported(tmp_path, tree, data), "g") == 0.75


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        faulttree([TREES / "two_trains.xml"], tmp_path / name / "case")
    for file in sorted((tmp_path / "a" / "case").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / "case" / file.name).read_bytes()


def event(name: str, probability: float) -> str:
    return (
        f'<define-basic-event name="{name}"><float value="{probability}"/></define-basic-event>\n'
    )


def write(folder: Path, body: str, name: str = "tree") -> Path:
    file = folder / f"{name}.xml"
    file.write_text(f"<opsa-mef>\n{body}\n</opsa-mef>\n", encoding="utf-8")
    return file


def gate(formula: str) -> str:
    return f'<define-fault-tree name="t"><define-gate name="g">\n{formula}\n</define-gate>'


AB = "<model-data>" + event("a", 0.1) + event("b", 0.2) + "</model-data>"
INPUTS = '<event name="a"/><event name="b"/>'
REFUSED = {
    "not": (gate('<not><event name="a"/></not>'), "not", 3, "not monotone"),
    "xor": (gate(f"<or><xor>{INPUTS}</xor></or>"), "xor", 3, "not monotone"),
    "imply": (gate(f"<imply>{INPUTS}</imply>"), "imply", 3, "not monotone"),
    "iff": (gate(f"<iff>{INPUTS}</iff>"), "iff", 3, "not monotone"),
    "nor": (gate(f"<nor>{INPUTS}</nor>"), "nor", 3, "not monotone"),
    "nand": (gate(f"<nand>{INPUTS}</nand>"), "nand", 3, "not monotone"),
    "cardinality": (gate(f'<cardinality min="1" max="1">{INPUTS}</cardinality>'), "cardinality", 3,
                    "not monotone"),
    "unknown formula": (gate(f"<inhibit>{INPUTS}</inhibit>"), "inhibit", 3, "not a formula"),
    "undefined": (gate('<or><event name="a"/><event name="c"/></or>'), "event", 3, "not defined"),
    "wrong kind": (gate('<or><gate name="a"/></or>'), "gate", 3, "as basic-event, not as gate"),
    "no inputs": (gate("<and></and>"), "and", 3, "no inputs"),
    "no min": (gate(f"<atleast>{INPUTS}</atleast>"), "atleast", 3, "1 to 2"),
    "min above": (gate(f'<atleast min="3">{INPUTS}</atleast>'), "atleast", 3, "1 to 2"),
    "min zero": (gate(f'<atleast min="0">{INPUTS}</atleast>'), "atleast", 3, "1 to 2"),
    "no formula": (gate(""), "define-gate", 2, "no formula"),
    "two formulas": (gate(INPUTS), "define-gate", 2, "several"),
    "itself": (gate('<or><event name="a"/><gate name="g"/></or>'), "or", 3, "in terms of itself"),
    "twice": (gate('<or><event name="a"/></or>') + event("a", 0.3), "define-basic-event", 5,
              "already defined"),
    "no name": (gate(f"<or>{INPUTS}</or>") + '<define-gate name=""/>', "define-gate", 4, "no name"),
    "bad name": (gate(f"<or>{INPUTS}</or>") + event("x y", 0.3), "define-basic-event", 4,
                 "cannot be used"),
    "above one": (gate(f"<or>{INPUTS}</or>") + event("c", 1.5), "float", 4, "not a probability"),
    "nan": (gate(f"<or>{INPUTS}</or>") + event("c", float("nan")), "float", 4, "not a probab"),
    "law": (gate(f"<or>{INPUTS}</or>") + '<define-basic-event name="c"><exponential/>'
            "</define-basic-event>", "exponential", 4, "not a constant"),
    "no parameter": (gate(f"<or>{INPUTS}</or>") + '<define-basic-event name="c">'
                     '<parameter name="p"/></define-basic-event>', "parameter", 4, "not defined"),
    "parameter means itself": (
        gate(f"<or>{INPUTS}</or>") + '<define-basic-event name="c"><parameter name="p"/>'
        '</define-basic-event><define-parameter name="p"><parameter name="p"/></define-parameter>',
        "define-parameter", 4, "means itself"),
    "house event": (gate(f"<or>{INPUTS}</or>") + '<define-house-event name="h">'
                    '<constant value="maybe"/></define-house-event>', "constant", 4,
                    "not a constant"),
    "common cause": (gate(f"<or>{INPUTS}</or>") + '<define-CCF-group name="c"/>',
                     "define-CCF-group", 4, "not read"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_refused(fault: str, tmp_path: Path) -> None:
    tree, tag, line, problem = REFUSED[fault]
    file = write(tmp_path, f"{tree}</define-fault-tree>{AB}")
    with pytest.raises(InputError) as caught:
        imported(tmp_path, file)
    (found,) = caught.value.faults
    assert (found.file, found.row, found.column) == (str(file), line, tag)
    assert problem in found.problem
    assert found.remedy
    assert not (tmp_path / "case").exists()


def test_a_circle_names_its_gates(tmp_path: Path) -> None:
    ring = "".join(
        f'<define-gate name="g{i}"><gate name="g{(i + 1) % 3}"/></define-gate>' for i in range(3)
    )
    file = write(tmp_path, f'<define-fault-tree name="t">{ring}</define-fault-tree>')
    with pytest.raises(InputError, match="g0, g1, g2"):
        imported(tmp_path, file)


def test_all_faults_at_once_over_all_files(tmp_path: Path) -> None:
    first = write(tmp_path, gate(f"<not>{INPUTS}</not>") + "</define-fault-tree>", "first")
    second = write(tmp_path, "<model-data>" + event("c", 2) + event("d", -1) + "</model-data>")
    missing = tmp_path / "missing.xml"
    with pytest.raises(InputError) as caught:
        imported(tmp_path, first, second, missing)
    assert [Path(fault.file).name for fault in caught.value.faults] == [
        "first.xml", "missing.xml", "tree.xml", "tree.xml",
    ]  # fmt: skip


BROKEN = {
    "tags": ("<opsa-mef>\n<or></and></opsa-mef>", 2, "not well-formed"),
    "empty": ("", 1, "not well-formed"),
    "text": ("a,b\n1,2\n", 1, "not well-formed"),
    "other root": ("<scram/>", 1, "not the root"),
    "event tree": ("<opsa-mef>\n\n<define-event-tree/></opsa-mef>", 3, "not read"),
    "no gate": ("<opsa-mef/>", 0, "no gate"),
    "entities": ('<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa">\n'
                 '<!ENTITY b "&a;&a;&a;">]>\n<opsa-mef>&b;</opsa-mef>', 2, "document type"),
    "outside": ('<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<opsa-mef/>', 1, "document type"),
    "encoding": ('<?xml version="1.0" encoding="klingon"?>\n<opsa-mef/>', 1, "encoding"),
    "deep": ("<opsa-mef>" + "<or>" * 200 + "</or>" * 200 + "</opsa-mef>", 1, "nested"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(name: str, tmp_path: Path) -> None:
    text, line, problem = BROKEN[name]
    file = tmp_path / "tree.xml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        imported(tmp_path, file)
    (found,) = caught.value.faults
    assert (found.file, found.row) == (str(file), line)
    assert problem in found.problem
    assert not (tmp_path / "case").exists()


def test_large_files_are_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than the 100 allowed"):
        faulttree([TREES / "bridge.xml"], tmp_path / "case", max_bytes=100)


def test_a_chain_of_gates_may_be_long(tmp_path: Path) -> None:
    chain = "".join(
        f'<define-gate name="g{i}"><gate name="g{i + 1}"/></define-gate>' for i in range(20_000)
    )
    body = f'<define-fault-tree name="t">{chain}<define-gate name="g20000"><event name="a"/>'
    network = imported(tmp_path, write(tmp_path, f"{body}</define-gate></define-fault-tree>{AB}"))
    assert exact(network, "g0") == pytest.approx(0.1)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(BY_HAND)), st.integers(0, 900), st.integers(0, 40), st.binary())
def test_a_damaged_file_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, tree: str, at: int, cut: int, put: bytes
) -> None:
    text = (TREES / f"{tree}.xml").read_bytes()
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "tree.xml").write_bytes(text[:at] + put + text[at + cut :])
    refused: tuple[Fault, ...] = ()
    try:
        imported(folder, folder / "tree.xml")
    except InputError as error:
        refused = error.faults
    assert all(fault.problem and fault.remedy for fault in refused)
    assert (folder / "case").exists() == (not refused)


formulas = st.recursive(
    st.sampled_from("abcd"),
    lambda inner: st.tuples(
        st.sampled_from(["and", "or", "atleast"]),
        st.lists(inner, min_size=1, max_size=4),
        st.integers(1, 4),
    ),
    max_leaves=12,
)


def as_xml(formula: object) -> str:
    if isinstance(formula, str):
        return f'<basic-event name="{formula}"/>'
    assert isinstance(formula, tuple)
    tag, inner, least = formula
    size = f' min="{min(least, len(inner))}"' if tag == "atleast" else ""
    return f"<{tag}{size}>{''.join(map(as_xml, inner))}</{tag}>"


def holds(formula: object, failing: dict[str, bool]) -> bool:
    if isinstance(formula, str):
        return failing[formula]
    assert isinstance(formula, tuple)
    tag, inner, least = formula
    count = sum(holds(part, failing) for part in inner)
    needed = {"and": len(inner), "or": 1, "atleast": min(least, len(inner))}[tag]
    return bool(count >= needed)


@settings(max_examples=25, deadline=None)
@given(formulas)
def test_any_formula_keeps_its_probability(
    tmp_path_factory: pytest.TempPathFactory, formula: object
) -> None:
    chances = {"a": 0.1, "b": 0.25, "c": 0.5, "d": 0.7}
    data = "".join(event(name, p) for name, p in chances.items())
    folder = tmp_path_factory.mktemp("formula")
    tree = gate(as_xml(formula)) + "</define-fault-tree>"
    network = imported(folder, write(folder, f"{tree}<model-data>{data}</model-data>"))
    expected = 0.0
    for states in product((False, True), repeat=4):
        failing = dict(zip(chances, states, strict=True))
        if holds(formula, failing):
            expected += float(np.prod([p if failing[n] else 1 - p for n, p in chances.items()]))
    assert exact(network, "g") == pytest.approx(expected, abs=1e-12)
