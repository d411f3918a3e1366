"""How often services are down when things fail by themselves, as a part of the report."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from indranet.runs.findings import KIND_WORDS, Answer
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.words import counted, exact, listed, percent

HOURS_A_YEAR = 8766
_WORST = 10
_EXPLAINED = 5
_THINGS = 10
_ROWS = 1000
_NAMES_SHOWN = 12
_LEAST_SECONDS = 0.1
_SIDES = {"now": "At least", "in time": "At most"}
"""Horizon to the side on which it bounds what happens."""
_NEVER = "nothing that fails stops it"


class _Down(NamedTuple):
    """How often a service is down at one horizon: a share of the time, and how it is known."""

    share: float
    low: float
    high: float
    sampled: bool
    draws: int
    why: str

    @property
    def unseen(self) -> bool:
        """Whether no draw has seen it down, so that the share is the upper end of an interval."""
        return self.sampled and self.share == self.high < 1

    @property
    def always(self) -> bool:
        """Whether no draw has seen it up, so that only the lower end says something."""
        return self.sampled and self.share == 1


_Service = Mapping[str, _Down]
"""Horizon to how often a service is down."""


def availability_section(answer: Answer, level: int) -> Html:
    """Return how long services are down in a year, and what that hangs on.

    Parameters
    ----------
    answer
        What the run found, with the tables `availability`, `importance` and `left_out`.
    level
        Level of a heading here.
    """
    services = _services(answer)
    if not services:
        return element("p", "The case has no services, so there is none to be down.")
    worst = [name for name in services if services[name]["in time"].high > 0]
    parts = [element("p", _assumed_words(answer))]
    if worst:
        parts += [
            element("p", _sentence(answer, worst[0], services[worst[0]])),
            _worst_table(answer, worst[:_WORST], services),
        ]
    else:
        parts.append(element("p", "Nothing that the case says can fail stops a service."))
    parts.append(_all_block(answer, services))
    if worst:
        parts.append(element(f"h{level}", "What it hangs on"))
        parts.append(_importance_block(answer, worst[:_EXPLAINED], level + 1))
    parts.append(element(f"h{level}", "What was left out"))
    parts.append(_left_out(answer))
    return joined(parts)


def _services(answer: Answer) -> dict[str, _Service]:
    """Return the services, those that are down most in time first, ties by name."""
    found = answer.tables["availability"]
    columns = ("service", "horizon", "unavailability", "low", "high", "method", "draws", "why")
    services: dict[str, dict[str, _Down]] = {}
    rows = zip(*(found[column].tolist() for column in columns), strict=True)
    for service, horizon, share, low, high, method, draws, why in rows:
        down = _Down(share, low, high, method == "sampled", draws, why)
        services.setdefault(service, {})[horizon] = down
    order = sorted(
        services,
        key=lambda name: (-services[name]["in time"].share, -services[name]["now"].share, name),
    )
    return {name: services[name] for name in order}


def _assumed_words(answer: Answer) -> str:
    things = int(answer.summary["availability"]["things_that_fail"])
    return (
        f"{counted(things, 'thing').capitalize()} of the case "
        f"{'fails' if things == 1 else 'fail'} and {'is' if things == 1 else 'are'} repaired, each "
        "independently of the others, in the long run: no day is looked at, and no cause that "
        "strikes several at once. Batteries, stocks and spares have no clocks here. \u201cAt "
        "least\u201d is when every one of them holds for as long as a failure lasts, \u201cat "
        "most\u201d when every one has run out; what happens lies between."
    )


def _sentence(answer: Answer, service: str, down: _Service) -> str:
    name = answer.name("service", service)
    low, high = down["now"], down["in time"]
    most = _year_words(high)
    if low.share == 1 and not low.sampled:
        return f"{name} is down longest: all the time."
    if low.sampled or high.sampled:
        return f"{name} is down longest: {most} a year if batteries, stocks and spares run out."
    if low.share == 0:
        return (
            f"{name} is down longest: up to {most} a year, and not at all while batteries, stocks "
            "and spares hold."
        )
    if low.share == high.share:
        return f"{name} is down longest: {most} a year."
    return f"{name} is down longest: between {_year_words(low)} and {most} a year."


def year_words(share: float) -> str:
    r"""Return a share of the time as the time that it takes of a year.

    >>> [year_words(v) for v in (1, 0.0045, 2.08e-5, 2.08e-7, 1e-20)]
    ['the whole year', '39\xa0hours', '11\xa0minutes', '6.6\xa0seconds', 'under 0.1\xa0seconds']
    """
    hours = share * HOURS_A_YEAR
    if share >= 1:
        return "the whole year"
    for unit, of_hour in (("hour", 1), ("minute", 60), ("second", 3600)):
        value = hours * of_hour
        # What rounds up to a whole unit is told in that unit.
        if value >= 0.9995:
            figures = exact(round(value, 1) if value < 9.95 else round(value))
            return f"{figures}\u00a0{unit if figures == '1' else unit + 's'}"
    seconds = hours * 3600
    if seconds < _LEAST_SECONDS:
        return f"under {_LEAST_SECONDS}\u00a0seconds"
    return f"{seconds:.1f}\u00a0seconds"


def _year_words(down: _Down) -> str:
    """Return how long a service is down in a year; what is only a bound says so."""
    if down.share == 0:
        return _NEVER
    if down.unseen:
        least = f", more than {_plain(down.low)}" if down.low > 0 else ""
        return f"less than {_plain(down.high)}{least}"
    if down.always:
        return f"more than {year_words(down.low)}"
    interval = f" ({year_words(down.low)} to {_plain(down.high)})" if down.sampled else ""
    return f"{year_words(down.share)}{interval}"


def _plain(share: float) -> str:
    """Return time a year without a word before it, so that one can be put there."""
    return year_words(share).removeprefix("under ")


def _how_words(down: _Down) -> str:
    return f"sampled, {down.draws:,} draws" if down.sampled else "exactly"


def _both_how_words(down: _Service) -> str:
    """Return how both bounds are known, once where they are known alike."""
    words = {horizon: _how_words(down[horizon]) for horizon in _SIDES}
    if len(set(words.values())) == 1:
        return words["now"]
    return "; ".join(f"{_SIDES[horizon].lower()} {text}" for horizon, text in words.items())


def _worst_table(answer: Answer, names: list[str], services: Mapping[str, _Service]) -> Html:
    rows = [
        (
            answer.name("service", name),
            *(_year_words(services[name][horizon]) for horizon in _SIDES),
            _both_how_words(services[name]),
        )
        for name in names
    ]
    sampled = any(down.sampled for name in names for down in services[name].values())
    caption = (
        f"The {counted(len(names), 'service')} that {'is' if len(names) == 1 else 'are'} down "
        "longest, in time a year." + _interval_words(sampled)
    )
    return table(caption, ("Service", "Down at least", "Down at most", "How it is computed"), rows)


def _interval_words(sampled: bool) -> str:
    if not sampled:
        return ""
    return (
        " What was sampled stands with its 95\u00a0% interval; what no draw has seen is told by "
        "its upper end, as less than that."
    )


def _all_block(answer: Answer, services: Mapping[str, _Service]) -> Html:
    """Return every service with both bounds, as shares of the time and as time a year."""
    shown = list(services)[:_ROWS]
    rows = [_service_row(answer, name, services[name]) for name in shown]
    heads = (
        "Service", "At least: share of the time", "At least: a year", "At most: share of the time",
        "At most: a year", "How it is computed", "Remark",
    )  # fmt: skip
    sampled = any(down.sampled for name in shown for down in services[name].values())
    cut = (
        f" The first {len(shown):,} stand here; all are in availability.parquet."
        if len(services) > len(shown)
        else ""
    )
    caption = f"All services, those that are down longest first.{_interval_words(sampled)}{cut}"
    return block(
        f"Every service: {counted(len(services), 'service')}",
        table(caption, heads, rows, numbers={1, 3}, tall=True),
    )


def _service_row(answer: Answer, name: str, down: _Service) -> tuple[str, ...]:
    bounds = [words(down[side]) for side in _SIDES for words in (_share_words, _year_words)]
    return (answer.name("service", name), *bounds, _both_how_words(down), _why_words(down))


def _why_words(down: _Service) -> str:
    """Return what there is to say of both bounds, once where it is the same."""
    said = {horizon: down[horizon].why.removeprefix("; ") for horizon in _SIDES}
    if len(set(said.values())) == 1:
        return said["now"]
    return ". ".join(f"{_SIDES[horizon]}: {text}" for horizon, text in said.items() if text)


def _share_words(down: _Down) -> str:
    if down.share == 0:
        return "0"
    if down.unseen:
        return f"less than {figures(down.high)}"
    if down.always:
        return f"more than {figures(down.low)}"
    interval = f" ({figures(down.low)} to {figures(down.high)})" if down.sampled else ""
    return f"{figures(down.share)}{interval}"


def figures(value: float) -> str:
    r"""Return a number between 0 and 1 with three figures, small ones as powers of ten.

    >>> [figures(v) for v in (1, 0.0048, 0.274, 0)]
    ['1', '0.0048', '0.274', '0']
    >>> figures(2.08e-7) == "2.08\u00a0\u00d7\u00a010\u207b\u2077"
    True
    """
    if value == 0 or value >= 0.001:
        return f"{value:.3g}"
    digits, _, power = f"{value:.2e}".partition("e")
    digits = digits.rstrip("0").removesuffix(".")
    return f"{digits}\u00a0\u00d7\u00a010{str(int(power)).translate(_RAISED)}"


_RAISED = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)


def _importance_block(answer: Answer, names: list[str], level: int) -> Html:
    """Return what the worst services hang on most, and what the two measures mean."""
    found = answer.tables["importance"]
    parts: list[Html] = []
    for name in names:
        rows = []
        for horizon, side in _SIDES.items():
            at = np.flatnonzero((found["service"] == name) & (found["horizon"] == horizon))
            rows += [_thing_row(answer, side, row) for row in at[:_THINGS].tolist()]
        parts.append(element(f"h{level}", answer.name("service", name)))
        if rows:
            caption = f"Things that it hangs on most, up to {_THINGS} for each bound."
            heads = ("Bound", "Thing", "Birnbaum", "Fussell\u2013Vesely")
            parts.append(table(caption, heads, rows, numbers={2, 3}, named_by=1))
        else:
            parts.append(element("p", "Not known: importances are given with exact answers only."))
    return joined(
        [
            element(
                "p",
                element("strong", "Birnbaum: "),
                "how much more of the time the service is down if the thing is down for good than "
                "if it never fails. ",
                element("strong", "Fussell\u2013Vesely: "),
                "the part of the service\u2019s time down that would go if the thing never failed. "
                "Where it takes two failures at once each carries that part, so they may add up to "
                "more than 100\u00a0%.",
            ),
            block(
                f"The {counted(len(names), 'service')} that {'is' if len(names) == 1 else 'are'} "
                "down longest",
                *parts,
            ),
        ]
    )


def _thing_row(answer: Answer, side: str, row: int) -> tuple[str, ...]:
    found = answer.tables["importance"]
    kind, thing = str(found["kind"][row]), str(found["thing"][row])
    return (
        side,
        f"{answer.name(kind, thing)} ({KIND_WORDS.get(kind, kind)})",
        figures(float(found["birnbaum"][row])),
        percent(float(found["fussell_vesely"][row])),
    )


def _left_out(answer: Answer) -> Html:
    """Return what fails without figures that say how often, and what the answer does not hold."""
    found = answer.tables["left_out"]
    named = sorted(
        f"{answer.name(kind, thing)} ({KIND_WORDS.get(kind, kind)})"
        for kind, thing in zip(found["kind"].tolist(), found["thing"].tolist(), strict=True)
    )
    said = "Every thing in the table of failures has figures that say how often it fails."
    if named:
        fails = "fails" if len(named) == 1 else "fail"
        counts = "It counts" if len(named) == 1 else "They count"
        said = (
            f"{counted(len(named), 'thing')} {fails} and nothing says how often: "
            f"{listed(named, _NAMES_SHOWN)}. {counts} as never failing."
        )
    return element("p", f"{said} Whatever is not in that table never fails here by itself.")
