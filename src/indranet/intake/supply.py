"""The supply side of a made-up case: products, what goes into them, plants, contracts and lanes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from indranet.geography.places import Cities, haversine_km, ports
from indranet.geography.sea import PASSAGES, route, sea_graph
from indranet.intake.calibration import (
    EQUIPMENT,
    GENERIC,
    LIFE_DAYS,
    PORTS,
    SOURCES,
    VENDORS,
    Recipe,
)

Columns = dict[str, list[object]]


@dataclass(frozen=True)
class _Product:
    """A product in use: its recipe, maker (empty for none), function and shares of its plants."""

    recipe: Recipe
    maker: str
    function: str
    plants: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class _Sale:
    """A contract: units a day from a plant to a plant or operator, and where both stand."""

    supplier: str
    customer: str
    per_day: float
    origin: str
    destination: str


def product_id(vendor: str, function: str) -> str:
    """Return the identifier of a vendor's product for a function, or of a generic one."""
    return f"{vendor}-{function}" if vendor else function


def supply_tables(
    installed: Mapping[tuple[str, str, str], float], country: str, towns: Cities
) -> dict[str, Columns]:
    """Return products, components, plants, supplies, facilities, passages, lanes and makers' firms.

    Every plant makes what its customers buy: replacements of what is installed over a life of ten
    years, and what goes into them, split over the plants of each product by their shares.

    Parameters
    ----------
    installed
        Units installed by (operator, vendor, function); the vendor of generic equipment is empty.
    country
        Country of the operators, ISO 3166-1 alpha-3.
    towns
        Its towns, largest first.
    """
    products: dict[str, _Product] = {}
    bought: dict[str, dict[tuple[str, str], float]] = {}
    for (operator, vendor, function), units in installed.items():
        name = product_id(vendor, function)
        products[name] = _product(vendor, function)
        bought.setdefault(name, {})[operator, country] = units / LIFE_DAYS
    products = _with_parts(products)
    sales = list(_sales(products, bought))
    return {
        "products": _products(products),
        "components": _components(products),
        "plants": _plants(products),
        "supplies": _supplies(sales),
        "firms": _makers(products),
        **_ways({(s.origin, s.destination) for s in sales}, country, towns),
    }


def _product(vendor: str, function: str) -> _Product:
    if not vendor:
        recipe = GENERIC[function]
        return _Product(recipe, "", function if function == "server" else "", recipe.plants)
    recipe, maker = EQUIPMENT[function], VENDORS[vendor]
    at = maker.plants if recipe.kind == "equipment" else ((maker.seat, 1.0),)
    return _Product(recipe, vendor, function, at)


def _with_parts(products: dict[str, _Product]) -> dict[str, _Product]:
    """Return the products and all their parts, each before what goes into it."""
    found = dict(products)
    order: dict[str, None] = {}
    layer = sorted(found)
    while layer:
        # A product seen again at a deeper tier moves behind all that contain it.
        for name in layer:
            order.pop(name, None)
            order[name] = None
        parts = sorted({part for name in layer for part, _ in found[name].recipe.parts})
        found |= {part: _product("", part) for part in parts if part not in found}
        layer = parts
    return {name: found[name] for name in order}


def _shares(product: _Product) -> dict[str, float]:
    whole = sum(share for _, share in product.plants)
    return {country: share / whole for country, share in product.plants}


def _plant(product: str, country: str) -> str:
    return f"plant-{product}-{country}"


def _sales(
    products: Mapping[str, _Product], bought: dict[str, dict[tuple[str, str], float]]
) -> Iterable[_Sale]:
    """Yield the contracts for each product, what its parts' plants buy following from them."""
    for name, product in products.items():
        wanted = sum(bought[name].values())
        for country, share in _shares(product).items():
            plant = _plant(name, country)
            for part, quantity in product.recipe.parts:
                bought.setdefault(part, {})[plant, country] = wanted * share * quantity
            for (customer, at), per_day in bought[name].items():
                # Nine digits, so that no machine's last bit shows.
                yield _Sale(plant, customer, float(f"{per_day * share:.9g}"), country, at)


def _lane(origin: str, destination: str) -> str:
    return "" if origin == destination else f"lane-{origin}-{destination}"


def _marked(columns: Columns, sources: list[str]) -> Columns:
    return columns | {
        "provenance": ["synthetic"] * len(sources),
        "source": [SOURCES[source] for source in sources],
    }


def _products(products: Mapping[str, _Product]) -> Columns:
    rows = list(products.items())
    names = [
        f"{VENDORS[p.maker].name} {p.recipe.name}" if p.maker else p.recipe.name for _, p in rows
    ]
    columns: Columns = {
        "product": [name for name, _ in rows],
        "name": [name[0].upper() + name[1:] for name in names],
        "kind": [p.recipe.kind for _, p in rows],
        "firm": [p.maker for _, p in rows],
        "function": [p.function for _, p in rows],
        "unit_cost_usd": [p.recipe.cost_usd for _, p in rows],
        "bill": ["partial" if p.recipe.parts else "unknown" for _, p in rows],
    }
    return _marked(columns, [p.recipe.cost_source for _, p in rows])


def _components(products: Mapping[str, _Product]) -> Columns:
    rows = [(name, *part) for name, p in products.items() for part in p.recipe.parts]
    columns: Columns = {
        "product": [name for name, _, _ in rows],
        "component": [part for _, part, _ in rows],
        "quantity": [quantity for _, _, quantity in rows],
    }
    return _marked(columns, ["authored"] * len(rows))


def _plants(products: Mapping[str, _Product]) -> Columns:
    rows = [(name, p, country) for name, p in products.items() for country, _ in p.plants]
    columns: Columns = {
        "plant": [_plant(name, country) for name, _, country in rows],
        "product": [name for name, _, _ in rows],
        "firm": [p.maker or f"maker-{name}-{country}" for name, p, country in rows],
        "country": [country for _, _, country in rows],
    }
    return _marked(columns, [p.recipe.share_source for _, p, _ in rows])


def _makers(products: Mapping[str, _Product]) -> Columns:
    """Return the vendors of products and a nameless firm for each plant of a generic one."""
    vendors = sorted({p.maker for p in products.values() if p.maker})
    makers = [
        (f"maker-{name}-{country}", f"A maker of {p.recipe.name}", country)
        for name, p in products.items()
        if not p.maker
        for country, _ in p.plants
    ]
    rows = [(v, VENDORS[v].name, VENDORS[v].seat) for v in vendors] + makers
    columns: Columns = {
        "firm": [firm for firm, _, _ in rows],
        "name": [name for _, name, _ in rows],
        "country": [country for _, _, country in rows],
    }
    return _marked(columns, ["seats"] * len(vendors) + ["authored"] * len(makers))


def _supplies(sales: list[_Sale]) -> Columns:
    columns: Columns = {
        "supplier": [sale.supplier for sale in sales],
        "customer": [sale.customer for sale in sales],
        "lane": [_lane(sale.origin, sale.destination) for sale in sales],
        "quantity_per_day": [sale.per_day for sale in sales],
    }
    return _marked(columns, ["authored"] * len(sales))


def _ways(pairs: set[tuple[str, str]], country: str, towns: Cities) -> dict[str, Columns]:
    """Return a port for each country that trades, and a lane for each pair of countries.

    A pair whose ports no way over the sea joins goes by air from country to country.
    """
    across = sorted(pair for pair in pairs if len(set(pair)) == 2)
    codes = {
        place: _port(place, country, towns) for place in sorted({c for p in across for c in p})
    }
    at = {place: ports().position(code) for place, code in codes.items() if code}
    routes = {
        (a, b): way
        for a, b in across
        if a in at and b in at and (way := route(sea_graph(), at[a], at[b])) is not None
    }
    lanes: Columns = {
        "lane": [_lane(*pair) for pair in across],
        "origin": [f"port-{a}" if (a, b) in routes else a for a, b in across],
        "destination": [f"port-{b}" if (a, b) in routes else b for a, b in across],
        "mode": ["sea" if pair in routes else "air" for pair in across],
        "km": [round(routes[pair].km, 1) if pair in routes else np.nan for pair in across],
        "passages": [
            ";".join(routes[pair].passages) or "none" if pair in routes else "" for pair in across
        ],
    }
    facilities: Columns = {
        "facility": [f"port-{place}" for place in at],
        "name": [_port_name(codes[place]) for place in at],
        "country": list(at),
        "kind": ["port"] * len(at),
        "lat": [lat for lat, _ in at.values()],
        "lon": [lon for _, lon in at.values()],
    }
    passages: Columns = {
        "passage": [p.passage for p in PASSAGES],
        "name": [p.name for p in PASSAGES],
        "lat": [p.lat for p in PASSAGES],
        "lon": [p.lon for p in PASSAGES],
        "kind": [p.kind for p in PASSAGES],
    }
    return {
        "facilities": _marked(facilities, ["sea"] * len(at)),
        "passages": _marked(passages, ["sea"] * len(PASSAGES)),
        "lanes": _marked(lanes, ["sea"] * len(across)),
    }


def _port(place: str, country: str, towns: Cities) -> str:
    """Return the UN/LOCODE of the port that stands for a country, empty for none."""
    if place in PORTS:
        return PORTS[place]
    of_place = np.flatnonzero(ports().country == place)
    if place != country or not len(of_place):
        return ""
    km = haversine_km(towns.lat[0], towns.lon[0], ports().lat[of_place], ports().lon[of_place])
    return str(ports().port[of_place[np.argmin(km)]])


def _port_name(code: str) -> str:
    return str(ports().name[np.flatnonzero(ports().port == code)[0]])
