"""Selections of packed pairs for one training or another."""

from __future__ import annotations

import numpy as np

from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged

__all__ = ["reversed_pairs", "without_short_targets"]

# The length ratio of a pair of at most this many source tokens means little.
_FEW_TOKENS = 8


def without_short_targets(pairs: PackedPairs, least: float) -> PackedPairs:
    """Return the pairs with at least ``least`` target tokens per source token, and all pairs with short sources."""
    # </s> does not count.
    source, target = pairs.source.lengths - 1, pairs.target.lengths - 1
    return pairs.select(np.flatnonzero((source <= _FEW_TOKENS) | (target >= least * source)))


def reversed_pairs(pairs: PackedPairs) -> PackedPairs:
    """Return the pairs from target to source, plain; those that may only be used annotated are left out."""
    kept = pairs.select(np.flatnonzero(pairs.source.lengths > 0))
    empty = Ragged(np.zeros(0, np.uint16), np.zeros(len(kept) + 1, np.int64))
    return PackedPairs(kept.target, empty, kept.source, kept.origin, kept.weights)
