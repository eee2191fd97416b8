from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from mt.config import AdaptationConfig, CorpusSource, TermsConfig
from mt.errors import DataError
from mt.training.data.batching import Epoch, EpochSettings
from mt.training.data.fine_tuning_data import encode_pairs
from mt.training.data.mixture import Mixture, concatenated, evenly_spaced, load_general
from mt.training.data.packed_pairs import PackedPairs, PairEncoder, Ragged
from recipes.starter.config import StarterConfig


def packed(lengths: list[int], origins: list[int] | None = None, weights: tuple[float, ...] = (1.0,)) -> PackedPairs:
    rows = Ragged.of([[7] * length for length in lengths])
    empty = Ragged.of([[] for _ in lengths])
    return PackedPairs(rows, empty, rows, np.array(origins or [0] * len(lengths), np.uint8), weights)


@given(st.floats(0.1, 0.9), st.sampled_from([3, 40, 2000]))
def test_an_epoch_has_the_share_of_general_tokens_requested(share: float, general: int) -> None:
    """Little general data is repeated, of much a part is drawn."""
    domain = packed([10] * 300)
    mixture = Mixture(lambda epoch: domain, packed([8, 12] * (general // 2 + 1)), share, 3000)
    drawn = Epoch(mixture(0), EpochSettings(TermsConfig(), 400, (1, 2, 3), seed=1), 0)
    tokens = drawn.pairs.target.lengths[drawn.rows]
    is_general = drawn.pairs.origin[drawn.rows] > 0
    assert tokens[~is_general].sum() == 3000
    assert tokens[is_general].sum() / tokens.sum() == pytest.approx(share, abs=0.04)


def test_weights_of_general_sources_are_relative_to_each_other() -> None:
    general = packed([10] * 400, [0, 1] * 200, (3.0, 1.0))
    mixture = Mixture(lambda epoch: packed([10] * 200), general, 0.5, 2000)
    pairs = mixture(0)
    assert pairs.weights == (1.0, 0.75, 0.25)
    rows = [Epoch(pairs, EpochSettings(TermsConfig(), 400, (1, 2, 3), seed=1), number).rows for number in range(2)]
    assert set(rows[0]) != set(rows[1])  # another part each epoch


def test_general_data_of_no_weight_is_refused() -> None:
    with pytest.raises(DataError, match="no general pair was left"):
        Mixture(lambda epoch: packed([10]), packed([10], weights=(0.0,)), 0.5, 10)


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=1, max_size=4))
def test_concatenated_pairs_keep_their_order_and_number_their_sources(parts: list[list[int]]) -> None:
    whole = concatenated([packed(lengths) for lengths in parts])
    assert whole.source.lengths.tolist() == [length for lengths in parts for length in lengths]
    assert whole.origin.tolist() == [number for number, lengths in enumerate(parts) for _ in lengths]
    assert len(whole.weights) == len(parts)


def test_an_even_sample() -> None:
    items = [(str(number), "") for number in range(100)]
    assert evenly_spaced(items, 3) == [items[0], items[50], items[99]]
    assert evenly_spaced(items[:2], 5) == items[:2]
    assert evenly_spaced([], 5) == []


@pytest.fixture
def tokenizer(starter_config: StarterConfig) -> Any:
    return AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")


def test_files_are_read_together_with_their_weights(starter_config: StarterConfig, tokenizer: Any) -> None:
    encoder = PairEncoder(tokenizer, 400)
    text = starter_config.corpus.sources[1].path
    config = AdaptationConfig(
        general=[CorpusSource(path=text, weight=2), CorpusSource(path=text, weight=3)], general_pairs=10
    )
    pairs = load_general(config, lambda texts: encode_pairs(texts, encoder))
    assert pairs.weights == (2.0, 3.0)
    assert pairs.origin.tolist() == [0] * 10 + [1] * 10
    assert [pairs.target[row].tolist() for row in range(10)] == [pairs.target[row].tolist() for row in range(10, 20)]
