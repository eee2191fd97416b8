from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged
from recipes.starter.corpus.pairs import reversed_pairs, without_short_targets


@given(st.lists(st.tuples(*[st.lists(st.integers(3, 99), max_size=4)] * 3), min_size=1, max_size=8))
def test_reversed_pairs_have_both_sides_plain(triples: list[tuple[list[int], list[int], list[int]]]) -> None:
    source, annotated, target = (Ragged.of(column) for column in zip(*triples, strict=True))
    origin = np.arange(len(triples), dtype=np.uint8)
    back = reversed_pairs(PackedPairs(source, annotated, target, origin, (1.0,) * len(triples)))
    expected = [(t, s, n) for n, (s, _, t) in enumerate(triples) if s]
    assert [
        (back.source[i].tolist(), back.target[i].tolist(), int(back.origin[i])) for i in range(len(back))
    ] == expected
    assert not back.annotated.lengths.any()
    assert len(back.annotated) == len(back)


lengths = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=60)


@given(lengths, st.floats(0.2, 2.0))
def test_pairs_with_short_targets_are_left_out(lengths: list[tuple[int, int]], least: float) -> None:
    rows = [[[7] * length for length in side] for side in zip(*lengths, strict=True)]
    pairs = PackedPairs.plain(*rows)
    kept = without_short_targets(pairs, least)
    expected = [(a, b) for a, b in lengths if a <= 9 or b - 1 >= least * (a - 1)]
    assert list(zip(kept.source.lengths.tolist(), kept.target.lengths.tolist(), strict=True)) == expected
    assert len(kept.origin) == len(kept) == len(kept.annotated)
    # Pairs that may only be used annotated have no length ratio.
    annotated_only = PackedPairs(pairs.annotated, pairs.source, pairs.target, pairs.origin, pairs.weights)
    assert len(without_short_targets(annotated_only, least)) == len(pairs)
