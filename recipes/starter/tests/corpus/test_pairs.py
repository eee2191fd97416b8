from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import DataError
from mt.training.data.packed_pairs import PackedPairs, Ragged
from recipes.starter.corpus.pairs import (
    load_pairs,
    prefixed,
    reversed_pairs,
    reweighted,
    save_pairs,
    select_pairs,
    without_short_targets,
)


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


def test_a_broken_folder_and_wrong_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="pack it again"):
        load_pairs(tmp_path)
    pairs = PackedPairs.plain([[1]], [[2]])
    with pytest.raises(DataError, match="3 corpus sources where 1 were packed"):
        reweighted(pairs, [1, 1, 1])
    save_pairs(pairs, tmp_path)
    (tmp_path / "packing.json").write_text('{"sources": [{"weight": 1.0}]}', "utf-8")
    assert load_pairs(tmp_path).target[0].tolist() == [2]
    (tmp_path / "origin.npy").unlink()
    with pytest.raises(DataError, match="is not a packed corpus"):
        load_pairs(tmp_path)


rows = st.lists(st.lists(st.integers(0, 300_000), max_size=5), max_size=8)


@given(rows, st.data())
def test_selected_rows_are_the_requested_ones(lists: list[list[int]], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(lists) - 1))) if lists else []
    selected = select_pairs(PackedPairs.plain(lists, lists), np.array(chosen, np.int64))
    assert [selected.source[place].tolist() for place in range(len(chosen))] == [lists[number] for number in chosen]
    assert len(selected.annotated) == len(selected.origin) == len(selected) == len(chosen)


@given(rows, st.lists(st.integers(0, 2**16 + 5)))
def test_a_prefix_goes_before_every_row_that_is_not_empty(lists: list[list[int]], prefix: list[int]) -> None:
    pairs = prefixed(PackedPairs.plain(lists, lists), prefix)
    assert [pairs.source[number].tolist() for number in range(len(lists))] == [
        [*prefix, *row] if row else [] for row in lists
    ]
    assert not pairs.annotated.lengths.any()
