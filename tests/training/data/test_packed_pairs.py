from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import DataError
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged

rows = st.lists(st.lists(st.integers(0, 300_000), max_size=5), max_size=8)


def test_a_broken_folder_and_wrong_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a packed corpus"):
        PackedPairs.load(tmp_path)
    with pytest.raises(DataError, match="3 corpus sources where 1 were packed"):
        PackedPairs.plain([[1]], [[2]]).reweighted([1, 1, 1])


@given(rows)
def test_ragged_rows_come_back(rows: list[list[int]]) -> None:
    ragged = Ragged.of(rows)
    assert [ragged[number].tolist() for number in range(len(ragged))] == rows
    assert ragged.lengths.tolist() == [len(row) for row in rows]


@given(rows, st.data())
def test_selected_rows_are_the_requested_ones(lists: list[list[int]], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(lists) - 1))) if lists else []
    selected = PackedPairs.plain(lists, lists).select(np.array(chosen, np.int64))
    assert [selected.source[place].tolist() for place in range(len(chosen))] == [lists[number] for number in chosen]
    assert len(selected.annotated) == len(selected.origin) == len(selected) == len(chosen)
