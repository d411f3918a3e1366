"""Sections of a report read back: a section is made from a run and then parsed, never searched."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from indranet.model.network import Network
from indranet.runs.findings import Answer, read_answer
from indranet.runs.run import write_run
from indranet.studies.exposure import exposure


def answer_of(network: Network, folder: Path, **asked: Any) -> Answer:
    """Return what a report knows of an exposure run, written to a folder and read from it."""
    found = exposure(network, **asked)
    run = write_run(
        folder, "exposure", network, found.tables, found.summary, inputs=["case"], seconds=0.0
    )
    return read_answer(run)


def parsed(html: str) -> ElementTree.Element:
    """Return the elements of a section; a piece that is not closed is an error."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def text(element: ElementTree.Element) -> str:
    """Return the text of an element, with plain spaces."""
    return " ".join("".join(element.itertext()).replace("\xa0", " ").split())


def texts(section: ElementTree.Element, tag: str) -> list[str]:
    """Return the text of all elements of a tag, in order."""
    return [text(found) for found in section.iter(tag)]


def tables(section: ElementTree.Element) -> list[list[list[str]]]:
    """Return the cells of all tables, in order; the first row of each is its head."""
    return [[[text(cell) for cell in row] for row in t.iter("tr")] for t in section.iter("table")]
