"""Read and check a national case, beside pandas with one pydantic model a row."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field, TypeAdapter

from indranet.model.case import write_case

SITES = 1_000_000
PART = 20
OPERATORS, PRODUCTS = 4, 50
FUNCTIONS = ("RU", "DU", "gNB")


class Site(BaseModel):
    """A row of sites."""

    site: str = Field(min_length=1)
    operator: str
    country: str = Field(pattern="^[A-Z]{3}$")
    region: str
    cluster: str
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    people: Annotated[float, Field(ge=0)]


class Equipment(BaseModel):
    """A row of equipment."""

    site: str
    function: Literal["RU", "DU", "gNB"]
    product: str
    quantity: Annotated[float, Field(gt=0)]
    installed: date
    generation: Literal["2G", "3G", "4G", "5G"]


CHILD = """
import json, resource, sys, time
from indranet.model.case import read
begun = time.perf_counter()
network = read(sys.argv[1])
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([seconds, peak, len(network["sites"]), len(network["equipment"])]))
"""


def rows(sites: int = SITES) -> list[dict[str, Any]]:
    """Measure a case of so many sites with three pieces of equipment each."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "case", sites)
        write(Path(folder) / "part", sites // PART)
        measured = [child(Path(folder) / "case") for _ in range(3)]
        seconds = statistics.median(run[0] for run in measured)
        memory = max(run[1] for run in measured)
        peer = pandas_and_pydantic(Path(folder) / "part") * PART
    assert all(run[2:] == [sites, len(FUNCTIONS) * sites] for run in measured)
    size = f"{sites:,} sites and {len(FUNCTIONS) * sites:,} rows of equipment"
    return [
        {
            "work": f"read and check {size}",
            "ours": seconds,
            "unit": "s",
            "target": "10 s",
            "peer": "pandas and pydantic",
            "peer_value": peer,
            "ratio": peer / seconds,
            "note": f"CSV, cold process; peer measured on 1/{PART} of the rows and scaled, "
            "checks types, ranges, references and repeated keys only",
        },
        {
            "work": f"most memory while reading {size}",
            "ours": memory / 1e9,
            "unit": "GB",
            "target": "3 GB",
            "peer": "none",
            "peer_value": None,
            "ratio": None,
            "note": "whole process, read from the operating system",
        },
    ]


def write(folder: Path, sites: int) -> None:
    """Write a case whose rows lie in no order."""
    random = np.random.default_rng(1)
    site = np.char.mod("S%07d", random.permutation(sites)).astype(object)
    count = len(FUNCTIONS) * sites
    order = random.permutation(count)
    operators = np.array([f"OP{i}" for i in range(OPERATORS)], dtype=object)
    products = np.array([f"P{i:02d}" for i in range(PRODUCTS)], dtype=object)
    write_case(
        folder,
        "a country",
        date(2025, 1, 1),
        "",
        {
            "countries": {"country": ["IND"]},
            "firms": {"firm": operators},
            "products": {"product": products},
            "sites": {
                "site": site,
                "operator": operators[random.integers(OPERATORS, size=sites)],
                "country": np.full(sites, "IND", dtype=object),
                "region": np.char.mod("R%02d", random.integers(28, size=sites)).astype(object),
                "cluster": np.char.mod("C%05d", np.arange(sites) // 40).astype(object),
                "lat": random.uniform(8, 35, sites).round(5),
                "lon": random.uniform(68, 97, sites).round(5),
                "people": random.integers(3_000, size=sites),
            },
            "equipment": {
                "site": np.tile(site, len(FUNCTIONS))[order],
                "function": np.repeat(np.array(FUNCTIONS, dtype=object), sites)[order],
                "product": products[random.integers(PRODUCTS, size=count)],
                "quantity": random.integers(1, 7, size=count),
                "installed": np.datetime64("2015-01-01") + random.integers(3_000, size=count),
                "generation": np.full(count, "5G", dtype=object),
            },
        },
    )


def child(folder: Path) -> list[Any]:
    """Return seconds, most bytes and rows of one read in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout))


def pandas_and_pydantic(folder: Path) -> float:
    """Return the seconds that the usual way takes."""
    begun = time.perf_counter()
    frames = {
        name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("countries", "firms", "products", "sites", "equipment")
    }
    sites = TypeAdapter(list[Site]).validate_python(frames["sites"].to_dict("records"))
    equipment = TypeAdapter(list[Equipment]).validate_python(frames["equipment"].to_dict("records"))
    known = {name: set(frame.iloc[:, 0]) for name, frame in frames.items()}
    assert all(row.operator in known["firms"] for row in sites)
    assert all(row.country in known["countries"] for row in sites)
    assert all(row.site in known["sites"] for row in equipment)
    assert all(row.product in known["products"] for row in equipment)
    assert not frames["sites"].duplicated(["site"]).any()
    assert not frames["equipment"].duplicated(["site", "function", "product"]).any()
    return time.perf_counter() - begun


if __name__ == "__main__":
    for row in rows():
        print(row)
