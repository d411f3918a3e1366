"""What the page of the bundled case shows: python tools/indo_pacific/page.py [--into DIR].

Tables as Markdown and pictures as SVG, made from the case as it stands in the package. With
`--licences DIR`, the folder of Japan's radio station licences by municipality, the plot of
prefectures as well.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

# Run as a script, Python looks for modules beside this file, not in the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from tools.indo_pacific import against, pictures
from tools.indo_pacific.published import SHARES, Compared, Tables, case_tables, compared
from tools.indo_pacific.stability import SEEDS, Steady, steadiness

from indranet.model.schema import PROVENANCES, TABLES
from indranet.runs.markup import Html
from indranet.runs.words import listed, people

DOCS = Path(__file__).resolve().parents[2] / "docs"


def provenance_table(tables: Tables) -> Iterator[str]:
    """Yield the rows of each table by how they came to be known."""
    yield from _head("table", "rows", *PROVENANCES)
    for name in TABLES:
        rows = tables.get(name, [])
        count = Counter(row["provenance"] for row in rows)
        if rows:
            yield _row(
                name, f"{len(rows):,}", *(f"{count[p]:,}" if count[p] else "" for p in PROVENANCES)
            )


def facts_table(found: Sequence[Compared]) -> Iterator[str]:
    """Yield each published fact, the value of the case, and the difference."""
    yield from _head("fact", "published", "in the case", "difference", "the case", "source")
    for fact in found:
        yield _row(
            fact.words, _value(fact.published, fact.unit), _value(fact.value, fact.unit),
            _difference(fact), "is made to meet it" if fact.used else "did not use it", fact.source,
        )  # fmt: skip


def _value(value: float | str, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit in SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f} {unit}"


def _difference(fact: Compared) -> str:
    if isinstance(fact.published, str):
        return "none" if fact.difference == 0 else "another day"
    if round(fact.difference, 4) == 0:
        return "none"
    return f"{100 * fact.difference:+.1f} {'points' if fact.unit in SHARES else '%'}"


def steady_table(found: Sequence[Steady]) -> Iterator[str]:
    """Yield the worst dependences with their places under other assumptions and draws."""
    yield from _head(
        "place", "without", "services", "users", "30 % left", "80 % left",
        f"{len(SEEDS)} other draws",
    )  # fmt: skip
    for one in found:
        rest = f" or any of {len(one.others)} more" if one.others else ""
        drawn = sorted(set(one.by_seed))
        span = f"{drawn[0]} to {drawn[-1]}" if len(drawn) > 1 else str(drawn[0])
        yield _row(
            str(one.place), f"{one.name}{rest}", f"{one.services:,}",
            people(one.people).replace("\u00a0", " "), *map(str, one.by_share), span,
        )  # fmt: skip


def causes_list(found: Sequence[Steady]) -> Iterator[str]:
    """Yield the causes of each of the worst dependences that stop the same."""
    for one in found:
        if one.others:
            yield f"- {one.name}: also {listed(one.others, len(one.others))}."


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield _row(*("---" for _ in names))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def plots(licences: Path | None) -> dict[str, Html]:
    """Return plots of modelled against published counts, those that can be drawn."""
    pairs = {"countries": against.countries(), "operators": against.firms()}
    if licences is not None:
        pairs["prefectures"] = against.prefectures(licences)
    return {
        f"stations-{name}": pictures.scatter(
            np.array([pair.published for pair in some]),
            np.array([pair.modelled for pair in some]),
            [pair.name for pair in some],
            f"Base stations of {len(some)} {name}, modelled against published, on logarithmic "
            f"axes; R squared {against.fit(some):.2f}.",
        )
        for name, some in pairs.items()
    }


def write(into: Path, licences: Path | None) -> None:
    """Write the parts of the page into a folder, the pictures into its folder `images`."""
    tables = case_tables()
    steady = steadiness()
    now, later = steady["now"], steady["in time"]
    parts = {
        "provenance": provenance_table(tables),
        "facts": facts_table(list(compared(tables))),
        "now": steady_table(now),
        "in-time": steady_table(later),
        "causes": causes_list(later),
    }
    beside = into / "indo-pacific"
    beside.mkdir(parents=True, exist_ok=True)
    for name, lines in parts.items():
        (beside / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kinds = {row["product"]: row["kind"] for row in tables["products"]}
    drawn = {
        "radio": pictures.radio_map(tables["sites"]),
        "ways": pictures.ways_map(tables["sites"], tables["lanes"]),
        "plants": pictures.plants_map(tables["plants"], kinds),
    }
    (into / "images").mkdir(exist_ok=True)
    pictures.write(into / "images", drawn | plots(licences))


def main() -> None:
    """Write the parts of the page from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--into", type=Path, default=DOCS, help="folder of the documentation")
    parser.add_argument("--licences", type=Path, help="folder of the licences by municipality")
    asked = parser.parse_args()
    write(asked.into, asked.licences)


if __name__ == "__main__":
    main()
