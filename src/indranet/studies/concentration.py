"""How concentrated shares are, as a range, and how much less is known without a fact."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.studies.market import Amounts, Codes, summed

_DECIMALS = 12
"""Shares that agree so far are a tie."""
_TIE = 10.0**-_DECIMALS


class Concentration(NamedTuple):
    """The Herfindahl-Hirschman index of each question, of what has not ended.

    Attributes
    ----------
    left
        Part that has not ended, shape (questions,). Where it is 0 the rest says nothing.
    low, high
        The index with what is unknown spread thin, and with all of it on the top; from 0 to 1.
    unknown
        Unknown part of what is left.
    top
        The largest known item, the first of equals; -1 where nothing is known.
    top_share
        Its part of what is left.
    """

    left: Amounts
    low: Amounts
    high: Amounts
    unknown: Amounts
    top: Codes
    top_share: Amounts


def concentration(question: Codes, item: Codes, share: Amounts, unknown: Amounts) -> Concentration:
    """Return how concentrated known shares are, and could be.

    The index is the sum of squared shares (Hirschman 1964, "The paternity of an index", American
    Economic Review 54). What is unknown adds nothing if it is spread over many, and most if it all
    belongs to the largest.

    Parameters
    ----------
    question, item, share
        Known shares, one row for an item of a question, items in order of name; shape (rows,).
    unknown
        Unknown share of each question, shape (questions,).

    >>> one = np.zeros(2, dtype=np.int64)
    >>> found = concentration(one, np.arange(2), np.array([0.4, 0.2]), np.array([0.4]))
    >>> found.low.round(3).tolist(), found.high.round(3).tolist(), found.top.tolist()
    ([0.2], [0.68], [0])
    """
    count = len(unknown)
    left = summed(question, share, count) + unknown
    whole = np.where(left > 0, left, 1.0)
    part = share / whole[question]
    low = summed(question, part**2, count)
    order = np.lexsort((item, -part.round(_DECIMALS), question))
    first = order[np.append(True, np.diff(question[order]) != 0)[: len(order)]]
    top = np.full(count, -1, dtype=np.int64)
    top_share = np.zeros(count)
    top[question[first]], top_share[question[first]] = item[first], part[first]
    rest = unknown / whole
    return Concentration(left, low, low + rest * (2 * top_share + rest), rest, top, top_share)


def narrows(
    unknown: Amounts, top: Amounts, mass: Amounts, stopped: npt.NDArray[np.bool_]
) -> Amounts:
    """Return by how much the range of the index is sure to narrow once some mass is known.

    With U unknown and s on the top the range is U (2 s + U) wide. Of a mass m that becomes known,
    let a part a belong to the top and the rest to others: (U - m) (2 s + 2 a + U - m) is left. That
    is most at a = m: the range narrows by m (2 s + m) at least.

    Where the chain had stopped, the rest m - a may also turn out to have ended. Shares are then
    parts of x = 1 - m + a, and (U - m) (2 x + c) / x^2 is left, with c = 2 s + U + m - 2. That
    rises up to x = -c and falls beyond, so it is most at the x of 1 - m .. 1 that is nearest to -c.

    Parameters
    ----------
    unknown, top
        U and s, parts of what has not ended, shape (rows,).
    mass
        m, at most U, shape (rows,).
    stopped
        Whether the mass may turn out to have ended, shape (rows,).

    >>> half, no = np.array([0.5]), np.array([False])
    >>> narrows(half, half, half, no).tolist()
    [0.75]
    """
    rest = np.where(unknown - mass > _TIE, unknown - mass, 0.0)
    c = 2 * top + unknown + mass - 2
    x = np.where(stopped & (rest > 0), np.clip(-c, 1 - mass, 1.0), 1.0)
    after: Amounts = rest * (2 * x + c) / x**2
    # Of a tiny mass the two agree but for their last digits.
    return np.maximum(unknown * (2 * top + unknown) - after, 0.0)
