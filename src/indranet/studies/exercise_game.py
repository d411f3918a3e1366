"""An exercise made ready: who may do what, what was done, and what holds from which day on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import ceil

import numpy as np

from indranet.errors import Fault, InputError
from indranet.model.exercise import SCRIPT, Answer, Answers, Script, Team
from indranet.model.more_measures import with_measures
from indranet.model.network import Network
from indranet.model.scenario import Event, Scenario
from indranet.studies.agreed import parties
from indranet.studies.groundwork import in_force
from indranet.studies.measures import costs_of, measures_of


@dataclass(frozen=True)
class Decision:
    """What a team does at a turn.

    Attributes
    ----------
    day, team
        When, and who.
    do, what
        buy a measure; sign or withhold an agreement; pass.
    cost_usd
        What is paid for it.
    """

    day: int
    team: str
    do: str
    what: str
    cost_usd: float = 0.0


@dataclass(frozen=True)
class State:
    """What holds from a day on: measures that act, agreements in force."""

    day: int
    measures: frozenset[str]
    agreements: frozenset[str]


@dataclass(frozen=True, eq=False)
class Game:
    """An exercise made ready.

    Attributes
    ----------
    script
        What happens, and who plays.
    network
        The case with the measures of the script; agreements that a team may sign have no dates.
    force
        Agreements in force when it begins.
    signers
        Agreement that may be signed to the teams whose signatures it takes.
    cost, lead
        Of each measure, USD and days.
    """

    script: Script
    network: Network
    force: frozenset[str]
    signers: Mapping[str, tuple[str, ...]]
    cost: Mapping[str, float]
    lead: Mapping[str, float]

    @property
    def teams(self) -> dict[str, Team]:
        """Teams by name."""
        return {team.called: team for team in self.script.team}

    @property
    def days(self) -> list[int]:
        """Days on which the teams decide."""
        return [inject.day for inject in self.script.inject]

    def scenario(self, known: int) -> Scenario:
        """Return the scenario of the first injects, as many as are known."""
        script = self.script
        events: list[Event] = []
        for inject in script.inject[:known]:
            events += inject.happening()
        same = ("name", "days", "draws", "seed", "authority", "resourcing_days")
        asked = {key: getattr(script, key) for key in same}
        return Scenario.model_validate({**asked, "event": tuple(events)})


def made_ready(network: Network, script: Script) -> Game:
    """Return an exercise made ready for a case.

    Raises
    ------
    InputError
        With everything in the script that does not fit the case.
    """
    changed, faults = with_measures(network, script.measure)
    force = in_force(network, network.first_day)
    there = [str(name) for name in network.names["agreement"][force]]
    known = [str(name) for name in network.names["agreement"]]
    faults += [
        _unknown("not_in_force", name, known) for name in script.not_in_force if name not in known
    ]
    faults += _team_faults(changed, script, known, in_script=bool(faults))
    if faults:
        raise InputError(sorted(script.placed(faults)))
    signers = _signers(changed, script)
    faults = [
        Fault(SCRIPT, 0, f"team {number}: agreements", name, "does not bind the team's country",
              "leave it out")
        for number, team in enumerate(script.team, 1)
        for name in team.agreements
        if team.called not in signers[name]
    ]  # fmt: skip
    for name, teams in signers.items():
        faults += [
            Fault(SCRIPT, 0, f"team {number}: agreements", name,
                  "binds this team too, which may not sign it", "add it, or let no team sign it")
            for number, team in enumerate(script.team, 1)
            if team.called in teams and name not in team.agreements
        ]  # fmt: skip
    if faults:
        raise InputError(sorted(script.placed(faults)))
    rows = changed["measures"]
    names = rows.text("measure")
    return Game(
        script=script,
        network=_opened(changed, list(signers)),
        force=frozenset(there) - set(script.not_in_force),
        signers=signers,
        cost=dict(zip(names, costs_of(changed, 0.0).tolist(), strict=True)),
        lead=dict(zip(names, rows["lead_days"].tolist(), strict=True)),
    )


def _unknown(column: str, name: str, known: Sequence[str]) -> Fault:
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
    return Fault(SCRIPT, 0, column, name, "is not in the case", meant)


def _team_faults(
    network: Network, script: Script, agreements: list[str], *, in_script: bool
) -> list[Fault]:
    """Return what teams name that is not in the case; measures only where those are sound."""
    countries = [str(name) for name in network.names["country"]]
    measures = measures_of(network)
    faults = []
    for number, team in enumerate(script.team, 1):
        if team.country not in countries:
            faults.append(_unknown(f"team {number}: country", team.country, countries))
        for key, named, known in (
            ("measures", () if in_script else team.measures, measures),
            ("agreements", team.agreements, agreements),
        ):
            faults += [
                _unknown(f"team {number}: {key}", name, known)
                for name in named
                if name not in known
            ]
    return faults


def _signers(network: Network, script: Script) -> dict[str, tuple[str, ...]]:
    """Return each agreement that some team may sign, and the teams that it binds."""
    names = network.names["agreement"].tolist()
    asked = {name for team in script.team for name in team.agreements}
    found = {}
    for at, name in enumerate(names):
        if name in asked:
            bound = {network.thing(code)[1] for code in parties(network, at).tolist()}
            found[str(name)] = tuple(t.called for t in script.team if t.country in bound)
    return found


def _opened(network: Network, agreements: Sequence[str]) -> Network:
    """Return a case in which some agreements have no dates: whether they act is the teams'."""
    rows = network["agreements"]
    mine = np.isin(network.names["agreement"], list(agreements))
    if not mine.any():
        return network
    never = np.datetime64("NaT")
    for column in ("from", "until"):
        rows = rows.with_column(column, np.where(mine, never, rows[column]))
    return network.replace(agreements=rows)


def money_left(game: Game, team: str, done: Iterable[Decision]) -> float:
    """Return what a team has left to spend, USD."""
    spent = sum(one.cost_usd for one in done if one.team == team)
    return game.teams[team].budget_usd - spent


def signed(game: Game, done: Iterable[Decision], day: int | None = None) -> dict[str, set[str]]:
    """Return who has signed each agreement that may be signed, up to and including a day."""
    found = {name: set(who) if name in game.force else set() for name, who in game.signers.items()}
    for one in done:
        if day is not None and one.day > day:
            continue
        if one.do == "sign":
            found[one.what].add(one.team)
        elif one.do == "withhold":
            found[one.what].discard(one.team)
    return found


def choices(game: Game, team: str, done: Sequence[Decision]) -> list[tuple[str, str]]:
    """Return what a team may do now, as (do, what): buy what it can pay, sign or withhold."""
    mine = game.teams[team]
    have = {one.what for one in done if one.do == "buy"}
    left = money_left(game, team, done)
    found = [("buy", m) for m in mine.measures if m not in have and game.cost[m] <= left]
    by = signed(game, done)
    return found + [("withhold" if team in by[a] else "sign", a) for a in mine.agreements]


def refusal(game: Game, answer: Answer, done: Sequence[Decision]) -> tuple[str, str, str] | None:
    """Return why an answer cannot be: the column at fault, the problem, the remedy; or None."""
    if answer.team not in game.teams:
        return "team", "is no team", f"teams are {', '.join(game.teams)}"
    if answer.day not in game.days:
        told = ", ".join(map(str, game.days))
        return "day", "is no day of an inject", f"the teams decide on days {told}"
    if answer.do == "pass":
        return ("what", "is named, and passing does nothing", "empty it") if answer.what else None
    team = game.teams[answer.team]
    kind = "measures" if answer.do == "buy" else "agreements"
    known: tuple[str, ...] = getattr(team, kind)
    if answer.what not in known:
        near = get_close_matches(answer.what, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known) or 'none'}"
        return "what", f"is not among the {kind} of team {answer.team!r}", meant
    if answer.do == "buy":
        return _not_bought(game, answer, done)
    has = answer.team in signed(game, done)[answer.what]
    if has == (answer.do == "sign"):
        problem = "is signed by the team already" if has else "is not signed by the team"
        return "what", problem, "leave the answer out"
    return None


def _not_bought(
    game: Game, answer: Answer, done: Sequence[Decision]
) -> tuple[str, str, str] | None:
    had = next((one for one in done if one.do == "buy" and one.what == answer.what), None)
    if had is not None:
        return "what", f"was bought by {had.team!r} on day {had.day}", "leave the answer out"
    left, cost = money_left(game, answer.team, done), game.cost[answer.what]
    if cost > left:
        problem = f"costs USD {cost:,.0f}, and team {answer.team!r} has {left:,.0f} left"
        return "what", problem, "buy what it can pay for"
    return None


def decided(game: Game, answer: Answer) -> Decision:
    """Return an answer as a decision, with what is paid."""
    cost = game.cost[answer.what] if answer.do == "buy" else 0.0
    return Decision(answer.day, answer.team, answer.do, answer.what, cost)


def decisions_of(game: Game, answers: Answers) -> list[Decision]:
    """Return answers as decisions, in order of their days.

    Raises
    ------
    InputError
        With every answer that cannot be.
    """
    done: list[Decision] = []
    faults = []
    order = sorted(range(len(answers.answer)), key=lambda number: answers.answer[number].day)
    for number in order:
        answer = answers.answer[number]
        found = refusal(game, answer, done)
        if found is None:
            done.append(decided(game, answer))
        else:
            faults.append(answers.fault(number, *found))
    if faults:
        raise InputError(sorted(faults))
    return done


def states(game: Game, done: Sequence[Decision]) -> list[State]:
    """Return what holds from which day on, the first from day 0.

    A measure acts from the first morning that is `lead_days` or more after it was bought. An
    agreement is in force while all teams that it binds have signed it.
    """
    acts = {one.what: ceil(one.day + game.lead[one.what]) for one in done if one.do == "buy"}
    turns = {one.day for one in done if one.do in ("sign", "withhold")}
    found: list[State] = []
    for day in sorted({0, *acts.values(), *turns}):
        if day >= game.script.days:
            break
        by = signed(game, done, day)
        force = {a for a in game.force if a not in by}
        force |= {a for a, who in by.items() if who == set(game.signers[a])}
        state = State(day, frozenset(m for m, at in acts.items() if at <= day), frozenset(force))
        if not found or replace(found[-1], day=day) != state:
            found.append(state)
    return found
