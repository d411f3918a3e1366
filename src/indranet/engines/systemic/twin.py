"""Systemic risk in plain NumPy, over all links: the twin that the kernel is held to."""

import numpy as np

from indranet.engines.systemic.net import Floats, RiskNet

AVAILABLE = 1e-10


def left_after(
    net: RiskNet, shock: Floats, *, tolerance: float, replaceable: bool = True
) -> tuple[Floats, Floats]:
    """Return what is left of each firm's production, by its inputs and by its sales.

    Parameters
    ----------
    net
        The net.
    shock
        Part of each firm's production that is lost at first, 0 to 1, shape (firms,).
    tolerance
        The spreading ends when no firm loses more than this in a round.
    replaceable
        A supplier counts by its part of what its sector still makes.
    """
    firms = len(net)
    supplier = np.repeat(np.arange(firms), np.diff(net.out))
    client = np.repeat(np.arange(firms), np.diff(net.into))
    down = up = 1.0 - shock
    while True:
        sigma = np.ones(firms)
        if replaceable:
            available = np.bincount(net.sector, weights=down * net.sells)[net.sector]
            some = available > AVAILABLE
            sigma[some] = np.minimum(1.0, net.sells[some] / available[some])
        lost = net.down * (sigma * (1.0 - down))[supplier]
        lacking = np.bincount(net.group, weights=lost, minlength=len(net.of))
        worst, slowed = np.zeros(firms), np.zeros(firms)
        np.maximum.at(worst, net.of[net.essential], lacking[net.essential])
        np.add.at(slowed, net.of[~net.essential], lacking[~net.essential])
        unsold = np.bincount(net.supplier, weights=net.up * (1.0 - up)[client], minlength=firms)
        next_down = np.maximum(0.0, np.minimum(1.0 - shock, 1.0 - np.maximum(worst, slowed)))
        next_up = np.maximum(0.0, np.minimum(1.0 - shock, 1.0 - unsold))
        drop = max((down - next_down).max(initial=0.0), (up - next_up).max(initial=0.0))
        down, up = next_down, next_up
        if drop <= tolerance:
            return down, up
