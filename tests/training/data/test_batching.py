from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.config import TermsConfig
from mt.training.data.batching import Epoch, EpochSettings, build_batches, collate
from mt.training.data.packed_pairs import PackedPairs, Ragged

TERM, TRANS, CLOSE, PAD = 90, 91, 92, 99


def corpus(lengths: list[tuple[int, int]], weights: tuple[float, ...] = (1.0,), terms: int = 0) -> PackedPairs:
    source = [[1] * a for a, _ in lengths]
    annotated = [[*row[:-1], *[TERM, 5, TRANS, 6, 7, CLOSE] * terms, 2] if terms else [] for row in source]
    return PackedPairs(
        Ragged.of(source),
        Ragged.of(annotated),
        Ragged.of([[3] * b for _, b in lengths]),
        np.array([number % len(weights) for number in range(len(lengths))], np.uint8),
        weights,
    )


def epoch(pairs: PackedPairs, budget: int = 50, number: int = 0, **shares: float) -> Epoch:
    terms = TermsConfig(**{"annotated_share": 0.0, "drop_share": 0.0, **shares})
    return Epoch(pairs, EpochSettings(terms, budget, (TERM, TRANS, CLOSE), seed=7), number)


sizes = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=80)


@given(sizes, st.integers(40, 200), st.integers(0, 3))
@settings(deadline=None)
def test_every_pair_comes_once_and_no_batch_exceeds_the_budget(
    lengths: list[tuple[int, int]], budget: int, number: int
) -> None:
    drawn = epoch(corpus(lengths), budget, number)
    seen = Counter(int(drawn.rows[place]) for batch in drawn.batches for place in batch)
    assert seen == Counter(range(len(lengths)))
    for index in range(len(drawn)):
        batch = drawn.batch(index, PAD)
        assert batch.source.size <= budget
        assert batch.target.size <= budget
        assert batch.source.shape[0] == batch.target.shape[0] == len(drawn.batches[index])
        assert ((batch.source != PAD).sum(1) == batch.source_lengths).all()
        assert batch.target_tokens == int((batch.target != PAD).sum())


@given(sizes)
@settings(deadline=None)
def test_the_order_is_a_function_of_seed_and_epoch(lengths: list[tuple[int, int]]) -> None:
    one, two = (epoch(corpus(lengths, terms=2), 400, annotated_share=0.5, drop_share=0.5) for _ in range(2))
    for number in reversed(range(len(one))):
        assert (one.batch(number, PAD).source == two.batch(number, PAD).source).all()


def test_epochs_differ_and_long_pairs_get_batches_of_their_own() -> None:
    pairs = corpus([(n, n) for n in range(1, 60)])
    orders = [[tuple(batch) for batch in epoch(pairs, 40, number).batches] for number in range(2)]
    assert orders[0] != orders[1]
    drawn = epoch(pairs, 40)
    assert all(len(batch) == 1 for batch in drawn.batches if max(drawn.pairs.source.lengths[drawn.rows[batch]]) > 40)


def test_weights_are_copies_an_epoch_on_average() -> None:
    pairs = corpus([(2, 2)] * 4000, weights=(2.0, 0.25))
    counts = Counter(int(pairs.origin[row]) for row in epoch(pairs).rows)
    assert counts[0] == 4000
    assert 400 < counts[1] < 600


def test_annotation_shares_are_kept() -> None:
    pairs = corpus([(4, 4)] * 3000, terms=3)
    drawn = epoch(pairs, 1000, annotated_share=0.4, drop_share=0.25)
    assert drawn.annotated.mean() == pytest.approx(0.4, abs=0.03)
    kept = total = 0
    for number in range(len(drawn)):
        batch = drawn.batch(number, PAD)
        opened = (batch.source == TERM).sum(1)
        assert ((batch.source == TRANS).sum(1) == opened).all()
        assert ((batch.source == CLOSE).sum(1) == opened).all()
        kept += int(opened.sum())
        total += 3 * int(drawn.annotated[drawn.batches[number]].sum())
    assert kept / total == pytest.approx(0.75, abs=0.03)


def test_an_invented_target_is_always_requested() -> None:
    pairs = corpus([(4, 4)] * 20, terms=1)
    pairs = PackedPairs(Ragged.of([[]] * 20), pairs.annotated, pairs.target, pairs.origin, pairs.weights)
    drawn = epoch(pairs, 100, annotated_share=0.0, drop_share=1.0)
    assert drawn.annotated.all()
    batch = drawn.batch(0, PAD)
    assert ((batch.source == TERM).sum(1) == 1).all()


@pytest.mark.parametrize("processes", [0, 2])
def test_batches_built_ahead_are_the_same_in_any_order_and_draw_no_random_numbers(processes: int) -> None:
    drawn = epoch(corpus([(n % 9 + 1, n % 7 + 1) for n in range(90)]), 60)
    numbers = [0, 1, 2, 5, 6, len(drawn) - 1, 0]
    before = torch.get_rng_state()
    for number, built in zip(numbers, build_batches(drawn, numbers, PAD, processes), strict=True):
        assert (built.target == drawn.batch(number, PAD).target).all()
    assert torch.equal(torch.get_rng_state(), before)


def test_collate_pads_to_the_longest() -> None:
    rows = [np.array([1, 2, 3], np.uint16), np.array([4], np.uint16)]
    batch = collate(rows, rows[::-1], PAD)
    assert batch.source.tolist() == [[1, 2, 3], [4, PAD, PAD]]
    assert batch.target.tolist() == [[4, PAD, PAD], [1, 2, 3]]
    assert batch.padding == pytest.approx(4 / 12)
