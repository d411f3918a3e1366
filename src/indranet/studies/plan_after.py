"""The case once a plan is carried out: what stands where, and what that changes in each rule."""

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Plan
from indranet.model.network import Network, Rows
from indranet.studies.groundwork import with_equipment
from indranet.studies.plan_problem import Planned
from indranet.studies.plan_rules import Dated, Reading, sets_of
from indranet.studies.requirements import requirements
from indranet.studies.rule_metrics import Ends
from indranet.studies.rule_scope import Basis, basis, scope

Codes = npt.NDArray[np.int64]


def as_planned(made: Planned, chosen: Plan) -> Network:
    """Return the network once the plan is carried out: what goes is replaced by what comes.

    The rows of equipment that a cluster's stack replaces take the stack's products, on the first
    day of the period; of a cluster that is swapped in parts, those of the stack that most of its
    parts take.
    """
    network = made.ground.network
    exists = np.flatnonzero(made.ground.exists("equipment"))
    equipment, swapped = network["equipment"], _swapped(made, chosen, _of_groups(made, chosen))
    for column in ("product", "installed"):
        values = equipment[column].copy()
        values[exists] = swapped[column]
        equipment = equipment.with_column(column, values)
    return network.replace(equipment=equipment)


def _swapped(made: Planned, chosen: Plan, option_of: Codes) -> Rows:
    """Return the rows of equipment that exist, those of each group with the products of a stack."""
    stacks, found, equipment = made.stacks, made.swaps, made.ground.equipment
    offers = made.ground.network["offers"]["product"][stacks.offers]
    product, installed = equipment["product"].copy(), equipment["installed"].copy()
    place = np.searchsorted(stacks.functions, equipment["function"])
    known = place < len(stacks.functions)
    known &= stacks.functions[np.minimum(place, len(stacks.functions) - 1)] == equipment["function"]
    option = np.where(found.of_row >= 0, option_of[found.of_row], -1)
    rows = np.flatnonzero(known & (option >= 0))
    offer = stacks.offer[option[rows], place[rows]]
    amount_goes = found.goes[rows] | ~np.isin(stacks.functions[place[rows]], found.functions)
    taken = rows[(offer >= 0) & amount_goes]
    product[taken] = offers[stacks.offer[option[taken], place[taken]]]
    installed[taken] = _days(made, chosen)[found.of_row[taken]]
    return equipment.with_column("product", product).with_column("installed", installed)


def _days(made: Planned, chosen: Plan) -> npt.NDArray[np.datetime64]:
    """Return the first day of the first period in which a part of each group is swapped."""
    found = made.swaps
    period = np.where(chosen.option >= 0, chosen.period, made.goal.periods)
    first = np.full(len(found.groups), made.goal.periods)
    np.minimum.at(
        first, found.group, np.where(made.done, np.maximum(made.settled.period, 0), period)
    )
    days: npt.NDArray[np.datetime64] = made.starts[first]
    return days


def _of_groups(made: Planned, chosen: Plan, *, swapped: bool = False) -> Codes:
    """Return the option that most parts of each group take or took, -1 where most take none.

    Of those that are swapped alone where asked, so that -1 is left where none is.
    """
    found, options = made.swaps, len(made.stacks.offer)
    votes = np.zeros((len(found.groups), options + 1))
    option = np.where(made.done, made.settled.option, chosen.option)
    np.add.at(votes, (found.group, option + 1), found.share)
    if swapped:
        votes[:, 0] = np.where(votes[:, 1:].any(axis=1), -1.0, 0.0)
    return np.asarray(votes.argmax(axis=1) - 1)


def changes(made: Planned, chosen: Plan) -> list[Ends]:
    """Return what the swap of each cluster changes in what each dated rule measures.

    A cluster that is swapped in parts changes part by part what its group does. Of a cluster that
    is done, nobody says with what, what goes is gone.

    Returns
    -------
    One entry for each of the rules, sums as `rule_metrics.Ends`, shape (4, clusters).
    """
    found = made.swaps
    rows = _swapped(made, chosen, _of_groups(made, chosen, swapped=True))
    after = with_equipment(made.ground, rows)
    sets = sets_of(made.ground, found)
    bases: dict[int, Basis] = {}
    hidden = made.done & (made.settled.option < 0)
    told = []
    for rule in made.rules:
        change = rule.leaves
        if rule.reading is not None:
            was = rule.reading.on
            if id(was) not in bases:
                bases[id(was)] = basis(after, was.exclusions, was.day)
            change = _change(bases[id(was)], rule.reading, rule, sets)
        told.append(Ends(*(
            np.where(hidden, left[:, found.group], end[:, found.group]) * found.share
            for left, end in zip(rule.leaves, change, strict=True)
        )))  # fmt: skip
    return told


def _change(after: Basis, reading: Reading, rule: Dated, sets: Codes) -> Ends:
    """Return what a rule measures of each group afterwards, less what it measured before."""
    groups = rule.leaves.low.shape[1]
    both = []
    for on in (reading.on, after):
        every = requirements(on, scope(on, reading.rule), sets, groups + 1)
        (mine,) = (
            one.ends for one in every
            if (one.country, one.operator) == (reading.country, reading.operator)
        )  # fmt: skip
        both.append(mine)
    return Ends(*((then - now)[:, :groups] for now, then in zip(*both, strict=True)))
