"""Draws hang on seed, key and number alone, and come as often as they should."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.engines.gates import draw
from indranet.engines.gates.twin import draw_twin

Array = npt.NDArray[Any]

PROBABILITIES = [0.0, 1e-300, 1e-6, 9.99e-4, 1e-3, 0.1, 0.5, 2 / 3, 0.999, 1 - 2**-53, 1.0]


def bits(words: Array, draws: int) -> Array:
    table = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    assert not table[:, draws:].any()
    return table[:, :draws]


def keys(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(PROBABILITIES) | st.floats(0, 1),
    st.integers(0, 2**64 - 1),
    st.integers(-(2**65), 2**65),
    st.integers(0, 50),
    st.integers(1, 1100),
)
def test_kernel_and_twin_agree(
    probability: float, key: int, seed: int, block: int, draws: int
) -> None:
    words = draw([probability], np.array([key], dtype=np.uint64), seed, 1024 * block, draws)
    want = draw_twin(probability, key, seed, 1024 * block, draws)
    assert (bits(words, draws)[0] == want).all()


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_chunks_and_company_do_not_matter(probability: float) -> None:
    names = keys(7)
    whole = draw([probability] * 7, names, 3, 0, 5000)
    parts = [draw([probability] * 7, names, 3, first, 1024) for first in range(0, 5120, 1024)]
    assert (bits(np.concatenate(parts, axis=1), 5120)[:, :5000] == bits(whole, 5000)).all()
    alone = [draw([probability], names[[leaf]], 3, 0, 5000) for leaf in (4, 1)]
    assert (np.concatenate(alone) == whole[[4, 1]]).all()


def test_never_and_always() -> None:
    words = draw([0.0, 1.0], keys(2), 0, 0, 100_000)
    assert bits(words, 100_000).mean(axis=1).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("probability", [1e-5, 5e-4, 1.1e-3, 0.05, 1 / 3, 0.5, 0.9])
def test_frequency(probability: float) -> None:
    """Over leaves, draws, places in a word and places in a block; within 4.5 sigma each."""
    leaves, draws = 400, 20 * 1024
    table = bits(draw([probability] * leaves, keys(leaves), 11, 0, draws), draws)
    for axes in ((0, 1), (1,), (0,)):
        mean = table.mean(axis=axes)
        count = table.size / mean.size
        sigma = np.sqrt(probability * (1 - probability) / count)
        allowance = 4.5 * sigma + 5 / count  # the second for counts too small to be normal
        assert np.abs(mean - probability).max() < allowance
    by_place = table.reshape(leaves, 20, 1024).sum(axis=(0, 1))
    spread = by_place.var() / (probability * (1 - probability) * leaves * 20)
    assert spread == pytest.approx(1, abs=6 * np.sqrt(2 / 1024))


@pytest.mark.parametrize("probability", [5e-4, 0.3])
def test_independence(probability: float) -> None:
    """Neighbours in draws, in keys and in seeds fail together as often as by chance."""
    leaves, draws = 64, 256 * 1024
    names = np.arange(leaves, dtype=np.uint64)  # the worst keys a caller may think of
    one = bits(draw([probability] * leaves, names, 0, 0, draws), draws)
    other = bits(draw([probability] * leaves, names, 1, 0, draws), draws)
    pairs = (one[:, 1:] & one[:, :-1], one[1:] & one[:-1], one & other, one[:, 64:] & one[:, :-64])
    for both in pairs:
        sigma = probability * np.sqrt((1 - probability**2) / both.size)
        assert both.mean() == pytest.approx(probability**2, abs=4.5 * sigma)


def test_more_likely_failures_contain_less_likely_ones() -> None:
    """Common random numbers: what fails at 0.2 also fails at 0.3."""
    names = keys(50)
    low, high = (draw([p] * 50, names, 5, 0, 4096) for p in (0.2, 0.3))
    assert not (low & ~high).any()


def test_broken_draws_are_refused() -> None:
    name = np.zeros(1, dtype=np.uint64)
    for probability in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="probability: values must lie from 0 to 1"):
            draw([probability], name, 0, 0, 1)
    with pytest.raises(ValueError, match="one each for every leaf"):
        draw([0.1, 0.2], name, 0, 0, 1)
    with pytest.raises(ValueError, match="keys"):
        draw([0.1], [-1], 0, 0, 1)
    for first, draws in ((1000, 1), (-1024, 1), (0, -1)):
        with pytest.raises(ValueError, match="first_draw must be a multiple of 1024"):
            draw([0.1], name, 0, first, draws)
