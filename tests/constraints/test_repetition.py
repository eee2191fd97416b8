from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from mt.constraints.repetition import RepetitionPenalty


def penalised(tokens: list[int], vocabulary: int = 10) -> set[int]:
    """Tokens made unlikely after these."""
    scores = RepetitionPenalty()(torch.tensor([tokens]), torch.zeros(1, vocabulary))
    return set((scores[0] < 0).nonzero().flatten().tolist())


def repeats(tokens: list[int]) -> bool:
    """Whether a sequence ends with three copies of 1 to 16 tokens, eight tokens or more in all: by definition."""
    for period in range(1, 17):
        copies = 3
        while copies * period < 8:
            copies += 1
        run = tokens[-copies * period :]
        if len(run) == copies * period and run == run[:period] * copies:
            return True
    return False


@given(st.lists(st.integers(0, 2), min_size=1, max_size=60))
def test_the_tokens_that_complete_a_repetition_are_penalised_and_no_others(tokens: list[int]) -> None:
    assert penalised(tokens, 4) == {token for token in range(4) if repeats([*tokens, token])}


def test_rows_are_apart_and_ordinary_repetition_is_left_alone() -> None:
    rows = torch.tensor([[1, 2, 3, 1, 2, 3, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8]])
    scores = RepetitionPenalty()(rows, torch.zeros(2, 10))
    assert scores[0].tolist() == [0, 0, 0, -10, 0, 0, 0, 0, 0, 0]
    assert not scores[1].any()
    assert not penalised([5, 0, 0, 0, 6, 0, 0])
    assert not penalised([4, 4, 4])
