"""Bad changes and flaws: which installed units they reach, and when each of these is down."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, TABLES
from indranet.model.versions import in_range
from indranet.studies.agreed import patched_sooner
from indranet.studies.groundwork import Groundwork
from indranet.studies.site_classes import mixed

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MANAGES = [FUNCTIONS.index(name) for name in FUNCTION_GROUPS["management"]]
"""Functions whose products manage others."""
_STATUS = TABLES["vulnerabilities"].column("status").choices
_UNTRUSTED = TABLES["vulnerabilities"].column("effect").choices.index("untrusted")
HOURS = 24


@dataclass(frozen=True, eq=False)
class Attack:
    """A flaw that is used against installed units, one by one, and against managers.

    Attributes
    ----------
    rows
        Rows of `Groundwork.equipment` that have the flaw, then, with -1, the managers that have it
        and take what they manage with them, shape (targets,).
    managed
        What each of those managers takes, positions in `Groundwork.pairs`.
    per_day
        Rate at which each is taken, infinite for at once.
    patch_days
        Mean time until each is mended, or that time itself where `fixed`.
    fixed
        Whether all are mended on the same day.
    sooner
        Days by which patching starts before the flaw is used, where threats are shared.
    first_day
        Day from which the flaw is used.
    untrusted
        Whether a unit that is taken runs on and is not to be trusted.
    key
        Hash of each row's site, function and product.
    unsure
        How many rows are here only because nobody says that they do not have the flaw.
    """

    rows: Codes
    managed: tuple[Codes, ...]
    per_day: Floats
    patch_days: Floats
    fixed: bool
    sooner: Floats
    first_day: Floats
    untrusted: Flags
    key: npt.NDArray[np.uint64]
    unsure: int

    def spans(
        self, begins: float, ends: float, share: float, seed: int, draw: int
    ) -> tuple[Floats, Floats, Flags]:
        """Return from and to which hour each row is taken, and whether it is, in one draw.

        Each unit is taken after a time of mean 1 / `per_day` and mended after one of mean
        `patch_days`, both from the beginning; it is down in between if the first comes first. So a
        part e / (e + r) of the units is ever taken (two exponential laws race); of those that begin
        to patch d days sooner, e / (e + r) exp(-r d).

        Parameters
        ----------
        begins, ends
            Days between which the flaw is used.
        share
            Part of the rows that it can reach, drawn by lot.
        seed, draw
            What the draws hang on, beside each row's key.
        """
        lot, taken, mended = (uniforms(self.key, seed, draw, salt) for salt in (0, 1, 2))
        start = np.maximum(self.first_day, begins)
        hit = start - np.log(taken) / self.per_day
        lasts = self.patch_days if self.fixed else -np.log(mended) * self.patch_days
        mend = start - self.sooner + lasts
        is_hit: Flags = (lot < share) & (hit < mend) & (hit < ends)
        return hit * HOURS, mend * HOURS, is_hit


def uniforms(keys: npt.NDArray[np.uint64], seed: int, draw: int, salt: int) -> Floats:
    """Return a number between 0 and 1 for each key, neither of them."""
    same = np.ones(len(keys), dtype=np.int64)
    words = mixed(3 + salt, keys.view(np.int64), same * (seed % 2**63), same * draw)
    return np.asarray(((words >> np.uint64(11)) + 0.5) * 2.0**-53, dtype=np.float64)


def containing(network: Network, products: Flags) -> Flags:
    """Return the products that are among some, or contain one of them at any depth."""
    components = network["components"]
    found = products.copy()
    while True:
        more = components["product"][found[components["component"]]]
        if found[more].all():
            return found
        found[more] = True


def domain(ground: Groundwork, operator: int, product: int) -> Codes:
    """Return the operators' units of products that one bad change takes down, as positions.

    A domain is what an operator (or every operator, -1) runs of one product (or of any, -1), of
    what contains it, and, where the product manages others (an element manager, OSS and the like),
    of what its maker made.
    """
    network, pairs = ground.network, ground.pairs
    mine = (pairs.operator == operator) | (operator < 0)
    if product < 0:
        return np.flatnonzero(mine)
    products = np.zeros(len(network["products"]), dtype=bool)
    products[product] = True
    under = containing(network, products)
    rows = network["products"]
    if rows["function"][product] in MANAGES and rows["firm"][product] >= 0:
        under |= rows["firm"] == rows["firm"][product]
    return np.flatnonzero(mine & under[pairs.product])


def flawed_products(network: Network, vulnerability: str) -> tuple[Codes, Flags]:
    """Return rows of vulnerabilities that may hold, and which of them nobody vouches for.

    A row holds unless its product is said not to be affected, or fixed, or is of another version.
    It is unsure while under investigation, or where its product's version is not known.
    """
    rows = network["vulnerabilities"]
    named = np.array([name == vulnerability for name in rows.text("vulnerability")], dtype=bool)
    versions, of = rows.text("versions"), network["products"].text("version")
    kept, unsure = [], []
    for row in np.flatnonzero(named).tolist():
        status = _STATUS[rows["status"][row]]
        inside = in_range(of[rows["product"][row]], versions[row])
        if status in ("not_affected", "fixed") or inside is False:
            continue
        kept.append(row)
        unsure.append(status == "under_investigation" or inside is None)
    return np.array(kept, dtype=np.int64), np.array(unsure, dtype=bool)


def attackable(network: Network, vulnerabilities: Sequence[str]) -> Flags:
    """Return the products whose installed units some vulnerabilities reach, shape (products,)."""
    found = np.zeros(len(network["products"]), dtype=bool)
    for name in vulnerabilities:
        rows, _ = flawed_products(network, name)
        found[network["vulnerabilities"]["product"][rows]] = True
    return containing(network, found)


def reached_by(ground: Groundwork, vulnerability: str) -> Codes:
    """Return the operators' units that a vulnerability may reach, as positions in the pairs.

    Units of products that have it or contain one that has; where it is in an operator's manager,
    all that this manages as well. Products of unknown status count.
    """
    network, pairs = ground.network, ground.pairs
    rows, _ = flawed_products(network, vulnerability)
    flawed = network["vulnerabilities"]["product"][rows].astype(np.int64)
    products = np.zeros(len(network["products"]), dtype=bool)
    products[flawed] = True
    _, managed = _managers(ground, flawed)
    return np.unique(
        np.concatenate([np.flatnonzero(containing(network, products)[pairs.product]), *managed])
    )


def attack(
    ground: Groundwork, vulnerability: str, *, fixed: bool = False, unsure: bool = True
) -> Attack:
    """Return the rows of equipment that a vulnerability reaches.

    Where several flawed products are in one unit, the fastest exploit counts, with its patch. Where
    the product manages others (an element manager, OSS and the like), each operator's is taken as
    one, and all that it manages there stops with it (`domain`).

    Parameters
    ----------
    ground
        The case.
    vulnerability
        Its name.
    fixed
        Whether all units are mended on the same day.
    unsure
        Whether products whose status nobody knows count as affected.
    """
    network, equipment = ground.network, ground.equipment
    rows, doubtful = flawed_products(network, vulnerability)
    table = network["vulnerabilities"]
    best = np.full(len(equipment), -1, dtype=np.int64)
    sure = np.zeros(len(equipment), dtype=bool)
    rate = np.where(np.isnan(table["exploit_per_day"]), np.inf, table["exploit_per_day"])
    for row, doubt in zip(rows.tolist(), doubtful.tolist(), strict=True):
        if doubt and not unsure:
            continue
        products = np.zeros(len(network["products"]), dtype=bool)
        products[table["product"][row]] = True
        mine = containing(network, products)[equipment["product"]]
        better = mine & ((best < 0) | (rate[row] > rate[best]))
        best[better] = row
        sure |= mine & (not doubt)
    hit = np.flatnonzero(best >= 0)
    kept = rows[~doubtful | unsure]
    managers, managed = _managers(ground, table["product"][kept].astype(np.int64))
    from_row = np.concatenate([best[hit], kept[managers[:, 0]]])
    targets = np.concatenate([hit, np.full(len(managed), -1)])
    flawed = table["product"][from_row].astype(np.int64)
    runs, stands, unit = _who(ground, hit, managers, flawed)
    used = table["exploited_from"][from_row]
    days = (used - network.first_day).astype("timedelta64[D]").astype(np.float64)
    return Attack(
        rows=targets,
        managed=managed,
        per_day=rate[from_row],
        patch_days=table["patch_days"][from_row],
        fixed=fixed,
        sooner=patched_sooner(network, ground.force, runs, stands, flawed, unit),
        first_day=np.where(np.isnat(used), 0.0, days),
        untrusted=table["effect"][from_row] == _UNTRUSTED,
        key=np.concatenate([row_keys(ground, hit), _pair_keys(ground, managers[:, 1])]),
        unsure=int((~sure[hit]).sum()),
    )


def _who(
    ground: Groundwork, rows: Codes, managers: Codes, flawed: Codes
) -> tuple[Codes, Codes, Codes]:
    """Return operator, country and product of units, then of managers, shape (targets,)."""
    sites, at = ground.network["sites"], ground.equipment["site"][rows]
    operator = np.concatenate([sites["operator"][at], managers[:, 1]])
    country = np.concatenate([sites["country"][at], np.full(len(managers), -1)])
    product = np.concatenate([ground.equipment["product"][rows], flawed[len(rows) :]])
    return operator.astype(np.int64), country.astype(np.int64), product.astype(np.int64)


def _managers(ground: Groundwork, products: Codes) -> tuple[Codes, tuple[Codes, ...]]:
    """Return each operator's managers among some products, and what each of them manages.

    As position among the products and operator, shape (managers, 2).
    """
    network, pairs = ground.network, ground.pairs
    manages = np.isin(network["products"]["function"][products], MANAGES)
    found = [
        (place, int(operator))
        for place in np.flatnonzero(manages).tolist()
        for operator in np.unique(pairs.operator[pairs.product == products[place]]).tolist()
        if operator >= 0
    ]
    managed = tuple(domain(ground, operator, int(products[place])) for place, operator in found)
    return np.array(found, dtype=np.int64).reshape(len(found), 2), managed


def _pair_keys(ground: Groundwork, operators: Codes) -> npt.NDArray[np.uint64]:
    return mixed(11, names_hashed(ground.network, "firm")[operators].view(np.int64))


def row_keys(ground: Groundwork, rows: Codes) -> npt.NDArray[np.uint64]:
    """Return a hash of site, function and product of rows of equipment, whatever their order."""
    network, equipment = ground.network, ground.equipment
    sites = names_hashed(network, "site")[equipment["site"][rows]]
    products = names_hashed(network, "product")[equipment["product"][rows]]
    return mixed(
        9, sites.view(np.int64), equipment["function"][rows].astype(np.int64),
        products.view(np.int64),
    )  # fmt: skip


def names_hashed(network: Network, kind: str) -> npt.NDArray[np.uint64]:
    """Return a hash of each identifier of a kind, which does not hang on their order."""
    names = network.names[kind]
    if not len(names):
        return np.zeros(0, dtype=np.uint64)
    width = max((len(str(name)) for name in names), default=1)
    letters = np.array(names, dtype=f"U{width}").view(np.uint32).reshape(len(names), -1)
    columns = [letters[:, place].astype(np.int64) for place in range(letters.shape[1])]
    found = np.zeros(len(names), dtype=np.int64)
    for column in columns:
        found = np.where(column > 0, mixed(8, found, column).view(np.int64), found)
    return found.view(np.uint64)
