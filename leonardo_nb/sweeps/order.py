"""
In which order the cells of a sweep are sent, so that what is there early already says something.

Pure and on its own: a plan that is stopped after a tenth should have shown every value of every
axis, on a full grid as on one with holes.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["ORDERS", "Order", "order_of", "spread_order"]

Order = Literal["spread", "rows", "random", "cheap first"]
ORDERS: Final = get_args(Order)

PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
DRAWS: Final = 12
"""Times as many draws as cells are enough to meet nearly every one; the rest follows in order."""
PORTION: Final = 50_000
"""Draws that are in memory at once."""
SPARSE: Final = 8
"""Where fewer than one place in so many is taken, drawing places would hardly meet one."""


def order_of(
    kind: Order,
    shape: Sequence[int],
    indices: NDArray[np.int32],
    price: Callable[[int], float],
) -> list[int]:
    """
    Return every cell's number once, in the order in which cells are sent.

    Args:
        kind: "spread" covers the grid evenly from the beginning, "rows" goes as it is read,
            "random" is the same chance each time, "cheap first" spreads among equal prices.
        shape: How many values each axis has.
        indices: One row a cell, one column an axis.
        price: What the cell of a number costs, in any unit; asked for "cheap first" only.
    """
    count = len(indices)
    match kind:
        case "rows":
            return list(range(count))
        case "random":
            order = list(range(count))
            random.Random(count).shuffle(order)  # the same line sends the same cells first
            return order
        case "cheap first":
            return sorted(_spread(shape, indices), key=price)
        case _:
            return _spread(shape, indices)


def _spread(shape: Sequence[int], indices: NDArray[np.int32]) -> list[int]:
    count, places = len(indices), math.prod(shape)
    if not count or not shape:
        return list(range(count))
    if places > SPARSE * count:
        return _covering(spread_order([count]), shape, indices)
    flat = np.ravel_multi_index(indices.T, tuple(shape))
    number = np.full(places, -1)
    number[flat] = np.arange(count)
    return _covering(_met(shape, number), shape, indices)


def _covering(order: Sequence[int], shape: Sequence[int], indices: NDArray[np.int32]) -> list[int]:
    """Return *order* with those cells first that show a value that no earlier one of them has."""
    unseen = [set(range(length)) for length in shape]
    first: dict[int, None] = {}
    for cell in order:
        if not any(unseen):
            break
        row = indices[cell].tolist()
        if any(place in left for place, left in zip(row, unseen, strict=True)):
            first[cell] = None
        for place, left in zip(row, unseen, strict=True):
            left.discard(place)
    return [*first, *(cell for cell in order if cell not in first)]


def spread_order(shape: Sequence[int]) -> list[int]:
    """
    Return every cell's index once, in an order whose beginning already covers the grid.

    A Halton sequence on the axes: after a tenth of the cells every row and column has been
    seen, so a sweep that is stopped early, or looked at early, already says something.

    >>> spread_order([4, 2])[:4]
    [0, 4, 3, 6]
    """
    return _met(shape, np.arange(math.prod(shape)))


def _met(shape: Sequence[int], number: NDArray[np.int64]) -> list[int]:
    """Return what is written at the places of a grid as they are met; -1 is no place's."""
    left, order = number.copy(), np.empty(0, np.int64)
    count = np.count_nonzero(number >= 0)
    for places in _draws(shape):
        there = places[left[places] >= 0]
        _, first = np.unique(there, return_index=True)
        order = np.append(order, left[there[np.sort(first)]])
        left[there] = -1
        if len(order) == count:
            break
    return [*order.tolist(), *left[left >= 0].tolist()]


def _draws(shape: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    """Yield places of a grid as a Halton sequence meets them, some again, in portions."""
    long_axes = [n for n, length in enumerate(shape) if length > 1]
    if len(long_axes) > len(PRIMES):
        return
    bases = {axis: PRIMES[n] for n, axis in enumerate(long_axes)}
    total = math.prod(shape)
    for start in range(0, DRAWS * total, PORTION):
        draws = np.arange(start, min(start + PORTION, DRAWS * total))
        drawn = np.zeros(len(draws), np.int64)
        for n, length in enumerate(shape):
            drawn *= length
            if n in bases:
                drawn += (_radical_inverse(draws, bases[n]) * length).astype(np.int64)
        yield drawn


def _radical_inverse(numbers: NDArray[np.int64], base: int) -> NDArray[np.float64]:
    """Return each number's digits in *base*, mirrored at the point: 6 = 110 -> 0.011."""
    value, place = np.zeros(len(numbers)), 1.0
    left = numbers
    while left.any():
        place /= base
        rest = left // base  # several times as fast as divmod
        value += (left - rest * base) * place
        left = rest
    return value
