"""The order in which cells are sent, of large sweeps."""

from __future__ import annotations

import tracemalloc

import numpy as np

from leonardo_nb.sweeps.order import order_of


def test_order_of_a_large_grid_with_holes_takes_little_memory() -> None:
    """Places are drawn in portions, and no longer than until every cell was met."""
    shape, count = (400, 500), 25_001  # one place in eight
    flat = np.sort(np.random.default_rng(0).choice(400 * 500, count, replace=False))
    indices = np.stack(np.unravel_index(flat, shape), 1).astype(np.int32)
    tracemalloc.start()
    try:
        order = order_of("spread", shape, indices, float)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert list(range(count)) == sorted(order)
    assert 20e6 > peak
