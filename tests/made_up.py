"""Cases made up for tests: from tables given, and at random."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from indranet.model.case import read, write_case
from indranet.model.network import Network

Columns = Mapping[str, Sequence[Any]]


def network_of(folder: Path, **tables: Columns) -> Network:
    write_case(folder, "test", date(2026, 1, 1), "", tables)
    return read(folder)


def random_tables(seed: int) -> dict[str, Columns]:
    """Make a small case with every kind of dependence, circles included."""
    rng = np.random.default_rng(seed)
    countries = ["AAA", "BBB", "CCC"]
    firms = [f"f{i}" for i in range(5)]
    products = [f"p{i}" for i in range(6)]
    plants = [f"w{i}" for i in range(8)]
    sites = [f"s{i}" for i in range(10)]
    services = [f"v{i}" for i in range(4)]
    made = rng.integers(0, 6, 8)
    supplies = sorted({(int(rng.integers(0, 8)), int(rng.integers(0, 5))) for _ in range(6)})
    pairs = sorted({tuple(sorted(rng.choice(6, 2, replace=False).tolist())) for _ in range(6)})
    equipment = sorted(
        {
            (int(s), str(rng.choice(["RU", "AMF", "UPF"])), int(rng.integers(0, 6)))
            for s in rng.integers(0, 10, 15)
        }
    )
    groups = [(str(rng.choice([*services, *sites])), f"n{i}") for i in range(8)]
    needs = sorted(
        {
            (user, need, str(rng.choice([*services, *sites, *products])))
            for user, need in groups
            for _ in range(2)
        }
    )
    share = {group: rng.choice([np.nan, 0.5, 1.0]) for group in groups}
    tables: dict[str, Columns] = {
        "countries": {"country": countries},
        "firms": {
            "firm": firms,
            "country": rng.choice(countries, 5).tolist(),
            "parent": ["", "f0", "", "", ""],
        },
        "products": {"product": products, "firm": rng.choice([*firms, ""], 6).tolist()},
        "components": {
            "product": [products[a] for a, _ in pairs],
            "component": [products[b] for _, b in pairs],
        },
        "plants": {
            "plant": plants,
            "product": [products[i] for i in made],
            "country": rng.choice(countries, 8).tolist(),
            "firm": rng.choice(firms, 8).tolist(),
        },
        "supplies": {
            "supplier": [plants[a] for a, _ in supplies],
            "customer": [firms[b] for _, b in supplies],
            "quantity_per_day": rng.integers(1, 9, len(supplies)).tolist(),
        },
        "sites": {
            "site": sites,
            "operator": rng.choice(firms, 10).tolist(),
            "country": rng.choice(countries, 10).tolist(),
            "kind": rng.choice(["radio", "core", "power"], 10).tolist(),
            "people": rng.integers(0, 99, 10).tolist(),
        },
        "equipment": {
            "site": [sites[s] for s, _, _ in equipment],
            "function": [f for _, f, _ in equipment],
            "product": [products[p] for _, _, p in equipment],
        },
        "services": {"service": services, "people": rng.integers(1, 99, 4).tolist()},
        "needs": {
            "user": [n[0] for n in needs],
            "need": [n[1] for n in needs],
            "input": [n[2] for n in needs],
            "at_least": [share[n[0], n[1]] for n in needs],
            "autonomy_hours": rng.choice([0, 4], len(needs)).tolist(),
        },
    }
    _with_ways(tables, rng)
    return tables


def _with_ways(tables: dict[str, Columns], rng: np.random.Generator) -> None:
    """Add lanes between sites, places that must be reached over them, and the planes of needs."""
    sites, needs = tables["sites"]["site"], tables["needs"]
    ends = [rng.choice(len(sites), 2, replace=False).tolist() for _ in range(8)]
    tables["lanes"] = {
        "lane": [f"l{i}" for i in range(len(ends))],
        "origin": [sites[a] for a, _ in ends],
        "destination": [sites[b] for _, b in ends],
        "mode": rng.choice(["cable", "microwave", "land"], len(ends)).tolist(),
    }
    country = rng.choice([*tables["countries"]["country"], ""], len(tables["services"]["service"]))
    tables["services"] = {**tables["services"], "country": country.tolist()}
    groups = list(zip(needs["user"], needs["need"], strict=True))
    inputs: dict[Any, set[str]] = {}
    for group, thing in zip(groups, needs["input"], strict=True):
        inputs.setdefault(group, set()).add(thing)
    how, plane = {}, {}
    for group, things in inputs.items():
        reaches = things <= set(sites) and rng.random() < 0.7
        how[group] = "reaches" if reaches else "works"
        plane[group] = str(rng.choice(["both", "both", "works", "trusted"]))
    tables["needs"] = {
        **needs,
        "how": [how[group] for group in groups],
        "plane": [plane[group] for group in groups],
    }


def shuffled(tables: Mapping[str, Columns], seed: int) -> dict[str, Columns]:
    """Return the same tables with their rows in another order."""
    rng = np.random.default_rng(seed)
    out: dict[str, Columns] = {}
    for name, columns in tables.items():
        order = rng.permutation(len(next(iter(columns.values()))))
        out[name] = {c: [cells[i] for i in order] for c, cells in columns.items()}
    return out
