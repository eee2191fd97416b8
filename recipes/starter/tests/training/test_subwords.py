"""Pieces split at random: the same text, other segmentations, drawn alike by every process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from mt.config import TermsConfig
from mt.models.tags import TAGS
from mt.training.data.batching import Epoch, EpochSettings
from mt.training.data.packed_pairs import PackedPairs, Ragged
from recipes.starter.training.subwords import PieceSplitter

STARTER = Path(__file__).parents[4] / "models" / "starter"
TOKENIZER = AutoTokenizer.from_pretrained(STARTER)
VOCABULARY: dict[str, int] = TOKENIZER.get_vocab()
PIECES = {number: piece for piece, number in VOCABULARY.items()}
EVERY = PieceSplitter.of(TOKENIZER, 1.0, 10_000)


def spelt(ids: np.ndarray) -> str:
    return "".join(PIECES[int(number)] for number in ids)


@given(st.lists(st.integers(0, len(VOCABULARY) - 1), max_size=60), st.integers(0, 2**32 - 1), st.floats(0.01, 1.0))
@settings(deadline=None)
def test_what_is_split_spells_the_same(ids: list[int], seed: int, share: float) -> None:
    splitter = PieceSplitter.of(TOKENIZER, share, 10_000)
    row = np.array(ids, np.uint16)
    one, two = (splitter(row, row, np.random.default_rng(seed)) for _ in range(2))
    assert (one == two).all()
    assert spelt(one) == spelt(row)
    assert len(row) <= len(one) <= 2 * len(row)


def test_tags_bytes_and_specials_stay_whole() -> None:
    whole = [VOCABULARY[piece] for piece in (*TAGS, "</s>", "<unk>", "<pad>", "<0xE4>")]
    row = np.array(whole * 20, np.uint16)
    assert EVERY(row, row, np.random.default_rng(1)).tolist() == row.tolist()


def ways(piece: str) -> set[tuple[str, str]]:
    pairs = {(piece[:cut], piece[cut:]) for cut in range(1, len(piece))}
    return {pair for pair in pairs if VOCABULARY.keys() >= set(pair)}


def test_the_share_is_of_the_pieces_that_can_be_split_and_every_split_comes() -> None:
    piece = "▁part"
    assert len(ways(piece)) > 1
    splitter = PieceSplitter.of(TOKENIZER, 0.2, 100_000)
    row = np.full(5000, VOCABULARY[piece], np.uint16)
    split = [PIECES[int(one)] for one in splitter(row, row, np.random.default_rng(3))]
    assert 0.17 < (len(split) - len(row)) / len(row) < 0.23
    parts = [one for one in split if one != piece]
    assert set(zip(parts[::2], parts[1::2], strict=True)) == ways(piece)


def test_a_row_is_left_whole_rather_than_made_too_long() -> None:
    row = np.full(8, VOCABULARY["▁part"], np.uint16)
    splitter = PieceSplitter.of(TOKENIZER, 1.0, 15)
    assert splitter(row, row, np.random.default_rng(0)).tolist() == row.tolist()


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_an_epoch_splits_the_sources_alone_and_any_batch_can_be_drawn_again(share: float) -> None:
    lines = (STARTER.parents[1] / "seeds").glob("*.tsv")
    texts = [line for path in lines for line in path.read_text("utf-8").splitlines() if line][:60]
    source = Ragged.of(TOKENIZER(texts)["input_ids"])
    empty = Ragged(np.zeros(0, np.uint16), np.zeros(len(texts) + 1, np.int64))
    pairs = PackedPairs(source, empty, source, np.zeros(len(texts), np.uint8), (1.0,))
    transforms = [PieceSplitter.of(TOKENIZER, share, 512)]
    tags = [VOCABULARY[tag] for tag in TAGS]
    one, two = (
        Epoch(pairs, EpochSettings(TermsConfig(annotated_share=0.0), 400, tags, 5, transforms), 2) for _ in range(2)
    )
    pad = TOKENIZER.pad_token_id
    split = 0
    for number in reversed(range(len(one))):
        batch, again = one.batch(number, pad), two.batch(number, pad)
        assert (batch.source == again.source).all()
        for place, read, written in zip(one.batches[number], batch.source, batch.target, strict=True):
            packed = pairs.source[one.rows[place]]
            assert spelt(read[read != pad]) == spelt(packed)
            assert written[written != pad].tolist() == packed.tolist()
            split += (read != pad).sum() > len(packed)
    assert split > 5
