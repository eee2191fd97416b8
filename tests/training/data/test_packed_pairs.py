from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mt.training.data.packed_pairs import Ragged

rows = st.lists(st.lists(st.integers(0, 300_000), max_size=5), max_size=8)


@given(rows)
def test_ragged_rows_come_back(rows: list[list[int]]) -> None:
    ragged = Ragged.of(rows)
    assert [ragged[number].tolist() for number in range(len(ragged))] == rows
    assert ragged.lengths.tolist() == [len(row) for row in rows]
