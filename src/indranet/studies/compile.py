"""What must hold for each thing to run: one case becomes one net of gates.

Every gate is written once, in the function whose docstring says what it means: `supply_side` holds
what is made and delivered, `service_side` what is used. A thing's own state is not a gate of its
own: taking a thing away forces its gate down.

The three horizons differ in the dependences that they keep. `now` keeps those with no autonomy;
`in time` keeps all of them: stocks, spares and support have run out; `resourced` is in time with
any maker of a product allowed where contracts fail. A fourth, `by the hour`, is now with a gate for
whatever bridges the lack of an input, so that a clock can let one after the other run out.

The two planes hold the same gates. What runs is trusted while nothing that somebody's authority
excludes is on its path: each gate of the trusted plane takes its twin on the plane of what works.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Gates
from indranet.engines.gates.timed import Supports
from indranet.model.schema import IMPORTANCE, KINDS, TABLES
from indranet.studies.builder import Builder, Codes, Labels
from indranet.studies.exclusions import Exclusions
from indranet.studies.groundwork import USED, Groundwork, Pairs
from indranet.studies.service_side import ServiceSide, Sides
from indranet.studies.supply_side import Draft, Horizon, Stocked, SupplySide

HORIZONS: tuple[Horizon, ...] = ("now", "in time", "resourced")

__all__ = ["HORIZONS", "Compiled", "Horizon", "compile_network"]


@dataclass(frozen=True)
class Compiled:
    """A network as gates.

    Attributes
    ----------
    gates
        The engine's arrays.
    labels
        What each gate stands for; see `studies.reasons`.
    gate
        Gate of each thing, by code over all kinds, shape (things,). Sites that nothing tells apart
        share one.
    own
        Gate to force down when a thing is taken away, shape (things,). It differs from `gate` where
        a thing must reach another: signals still pass through a place that cannot itself reach.
    trusted
        Gate of each thing on the trusted plane, shape (things,); `gate` where no authority is named
        and for what cannot be trusted or not: countries, passages, firms, products, plants.
    absent
        Gates of things that are not there: rows of an agreement that is not in force.
    excluded
        Gates of firms as those see them who exclude them; down on the trusted plane.
    unknown
        Products in use, made nowhere in the case and without a contract: taken as available.
    supports, starts
        What bridges the lack of inputs, and leaves of users that can start without one, shape
        (starts,); none but by the hour.
    units
        Gate of each operator's units of one product, shape (pairs,).
    installed
        Leaf of each row of equipment that stops by itself by the hour, -1 for others, shape
        (equipment,).
    sound
        The same on the trusted plane: down while the row runs and is not to be trusted.
    stocked
        What customers have on hand, where flows say it.
    """

    gates: Gates
    labels: Labels
    gate: npt.NDArray[np.int32]
    own: npt.NDArray[np.int32]
    trusted: npt.NDArray[np.int32]
    absent: npt.NDArray[np.int32]
    excluded: npt.NDArray[np.int32]
    unknown: npt.NDArray[np.int32]
    supports: Supports
    starts: npt.NDArray[np.int32]
    units: npt.NDArray[np.int32]
    installed: npt.NDArray[np.int32]
    sound: npt.NDArray[np.int32]
    stocked: Stocked

    @property
    def down(self) -> npt.NDArray[np.int32]:
        """Gates that are down before anything is taken away: absent or excluded, ascending."""
        return np.union1d(self.absent, self.excluded).astype(np.int32)


def compile_network(
    ground: Groundwork,
    *,
    horizon: Horizon,
    need_share: float = 0.5,
    exclusions: Exclusions | None = None,
    coupled: bool = False,
) -> Compiled:
    """Compile a network to gates.

    Parameters
    ----------
    ground
        The case, made ready.
    horizon
        Which dependences are kept.
    need_share
        Share of a product's supply that must be left for it to count as supplied.
    exclusions
        Whom an authority excludes; None leaves the trusted plane out.
    coupled
        Whether flows say what customers have on hand under their contracts.

    Returns
    -------
    The gates, and which gate is which thing's.
    """
    draft = _draft(ground, horizon, need_share, coupled)
    network, builder = ground.network, draft.builder
    own = np.zeros(network.size, dtype=np.int64)
    for kind in KINDS:
        if kind != "site":
            things = np.arange(network.size)[network.span(kind)]
            own[network.span(kind)] = builder.add(len(things), "thing", things)
    supply, service = _plane_of_works(draft, own)
    trusted: Codes = service.gate
    excluded: Codes = np.zeros(0, dtype=np.int64)
    sound = np.full(len(ground.equipment), -1, dtype=np.int64)
    if exclusions is not None:
        trust, excluded = _plane_of_trust(draft, supply, service, exclusions)
        trusted, sound = trust.gate, trust.installed
    gates, labels = builder.finish()
    return Compiled(
        gates=gates,
        labels=labels,
        gate=service.gate.astype(np.int32),
        own=own.astype(np.int32),
        trusted=trusted.astype(np.int32),
        absent=_absent(ground, own),
        excluded=excluded.astype(np.int32),
        unknown=np.array(sorted(draft.unknown), dtype=np.int32),
        supports=_supports(draft),
        starts=np.concatenate([np.zeros(0, dtype=np.int32), *draft.starts]),
        units=service.unit_gate.astype(np.int32),
        installed=service.installed.astype(np.int32),
        sound=sound.astype(np.int32),
        stocked=supply.stocked,
    )


def _supports(draft: Draft) -> Supports:
    parts = draft.supports
    return Supports(
        np.concatenate([np.zeros(0, dtype=np.int32), *(part.gate for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.int32), *(part.source for part in parts)]),
        np.concatenate([np.zeros(0), *(part.hours for part in parts)]),
    )


def _draft(ground: Groundwork, horizon: Horizon, need_share: float, coupled: bool) -> Draft:
    network, builder = ground.network, Builder()
    known = np.zeros(len(network["products"]), dtype=bool)
    known[network["plants"]["product"][ground.exists("plants")]] = True
    essential = ground.components["importance"] == IMPORTANCE.index("essential")
    known[ground.components["product"][essential]] = True
    return Draft(ground, horizon, need_share, builder, builder.add(1), known, coupled)


def _units(draft: Draft, pairs: Pairs) -> Codes:
    """Return new gates for each operator's units of a product, shape (pairs,)."""
    network = draft.ground.network
    operator = np.where(pairs.operator >= 0, network.offset("firm") + pairs.operator, -1)
    product = network.offset("product") + pairs.product
    return draft.builder.add(len(product), "units", product, operator)


def _classes(draft: Draft) -> Codes:
    """Return new gates for the classes of sites, shape (classes,)."""
    classes, first = draft.ground.classes, draft.ground.network.offset("site")
    return draft.builder.add(len(classes.representative), "thing", first + classes.representative)


def _plane_of_works(draft: Draft, own: Codes) -> tuple[SupplySide, ServiceSide]:
    """Write the gates of what works."""
    ground = draft.ground
    unit_gate, class_gate = _units(draft, ground.pairs), _classes(draft)
    anybody = np.full(len(ground.network["firms"]), draft.true[0])
    supply = SupplySide(draft, own, own, anybody)
    sides = Sides([supply], ground.pairs, np.zeros(len(unit_gate), int), np.zeros(len(own), int))
    service = ServiceSide(
        draft, sides, ground.groups, ground.classes.takes_core, own, unit_gate, class_gate
    )
    supply.gate = service.gate
    supply.firms()
    supply.lanes()
    supply.contracts()
    supply.products()
    supply.plants()
    _write_service(service)
    return supply, service


def _write_service(service: ServiceSide) -> None:
    service.equipment()
    service.sites()
    service.facilities()
    service.needs()


def _plane_of_trust(
    draft: Draft, supply: SupplySide, service: ServiceSide, exclusions: Exclusions
) -> tuple[ServiceSide, Codes]:
    """Write the same gates once more, with nothing excluded on the path.

    Trust hangs on who makes what is below a function, and travels from there over needs whose plane
    is trusted or both. The needs of plants and lanes, and power and passages, have no part in it.

    Returns
    -------
    The gates of this plane, and those of firms as they see them who exclude them.
    """
    ground, builder, network = draft.ground, draft.builder, draft.ground.network
    accepted = [_accepting(draft, supply, firms) for firms in exclusions.sets[1:]]
    units, twin, of_unit = exclusions.units(ground)
    sides = Sides([supply, *(side for side, _ in accepted)], units, of_unit, exclusions.of_thing)
    unit_gate, class_gate = _units(draft, units), _classes(draft)
    builder.need(unit_gate, service.unit_gate[twin])
    builder.need(class_gate, service.class_gate)
    maker = network["products"]["firm"][units.product]
    made = np.flatnonzero(maker >= 0)
    builder.need(unit_gate[made], sides.allowed(of_unit[made], maker[made]))
    own = service.own.copy()
    for kind in ("service", "facility"):
        things = np.arange(network.size)[network.span(kind)]
        own[things] = builder.add(len(things), "thing", things)
        builder.need(own[things], service.own[things])
    trust = ServiceSide(
        draft, sides, ground.trusted_groups, ground.classes.trusts_core, own, unit_gate, class_gate,
        service.installed,
    )  # fmt: skip
    for kind in KINDS:
        if kind not in USED:
            trust.gate[network.span(kind)] = service.gate[network.span(kind)]
    # What must itself reach something still lets signals pass: its body is as on the other plane.
    used = np.concatenate([np.arange(network.size)[network.span(kind)] for kind in USED])
    bound = used[service.gate[used] != service.own[used]]
    works = builder.add(len(bound), "reaching", bound)
    builder.need(works, trust.gate[bound])
    builder.need(works, service.gate[bound])
    trust.gate[bound] = works
    _write_service(trust)
    gates = [gates for _, gates in accepted]
    return trust, np.concatenate([np.zeros(0, dtype=np.int64), *gates])


def _accepting(
    draft: Draft, supply: SupplySide, firms: npt.NDArray[np.bool_]
) -> tuple[SupplySide, Codes]:
    """Write what is made and delivered as those see it who exclude some firms.

    Returns
    -------
    The gates, and among them those that say that a firm may be the maker.
    """
    network, builder = draft.ground.network, draft.builder
    own, gate, allowed = supply.own.copy(), supply.gate.copy(), supply.allowed.copy()
    out = network.offset("firm") + np.flatnonzero(firms)
    allowed[firms] = builder.add(len(out), "excluded", out)
    own[out] = gate[out] = builder.add(len(out))
    builder.need(gate[out], allowed[firms])
    builder.need(gate[out], supply.gate[out])
    for kind in ("product", "plant"):
        things = np.arange(network.size)[network.span(kind)]
        own[things] = gate[things] = builder.add(len(things), "thing", things)
        builder.need(gate[things], supply.gate[things])
    side = SupplySide(draft, own, gate, allowed)
    side.contracts()
    side.products()
    side.plants()
    return side, allowed[firms]


def _absent(ground: Groundwork, own: Codes) -> npt.NDArray[np.int32]:
    """Return gates of what an agreement that is not in force would bring, and its own."""
    network = ground.network
    gates = [own[network.span("agreement")][~ground.force]]
    for name in network.tables:
        kind = TABLES[name].declares
        if kind and kind != "agreement":
            gates.append(own[network.span(kind)][~ground.exists(name)])
    return np.unique(np.concatenate(gates)).astype(np.int32)
