"""Length tags before the sources of an epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mt.config import TermsConfig
from mt.constraints.annotate import annotate
from mt.errors import ConfigError
from mt.models.load import tag_ids
from mt.models.tags import LENGTH_TAGS
from mt.training.data.batching import Epoch, EpochSettings
from mt.training.data.packed_pairs import PackedPairs, Ragged
from recipes.starter.config import StarterConfig
from recipes.starter.training.length_tagger import LengthTagger

STARTER = Path(__file__).parents[4] / "models" / "starter"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(STARTER)


def test_requested_targets_do_not_count(tokenizer: PreTrainedTokenizerBase) -> None:
    source, target = (
        "川促会秘书长参加座谈,并就推动友好城市工作交换了意见。",
        "The secretary-general attended the meeting.",
    )
    terms = [(0, 3, "Sichuan Union Council for the Promotion of Enterprise Business"), (3, 6, "secretary-general")]
    tagger = LengthTagger.of(tokenizer, tag_ids(tokenizer))
    written = np.array(tokenizer(text_target=target)["input_ids"])
    rng = np.random.default_rng(1)
    tags = set()
    for text in (source, annotate(source, terms), annotate(source, terms[:1])):
        row = np.array(tokenizer(text)["input_ids"])
        tagged = row
        while len(tagged) == len(row):  # now and then none is put there
            tagged = tagger(row, written, rng)
        assert tagged[1:].tolist() == row.tolist()
        tags.add(int(tagged[0]))
    # Pieces at the edge of a term may differ by one or two: not enough to change the class here.
    assert len(tags) == 1


def test_an_epoch_tags_nearly_all_and_any_batch_can_be_drawn_again(tokenizer: PreTrainedTokenizerBase) -> None:
    texts = ["川促会秘书长参加座谈。", "二级巡视员率队赴成都开展专题调研。"] * 200
    source = Ragged.of(tokenizer(texts)["input_ids"])
    empty = Ragged(np.zeros(0, np.uint16), np.zeros(len(texts) + 1, np.int64))
    pairs = PackedPairs(source, empty, source, np.zeros(len(texts), np.uint8), (1.0,))
    tags = tag_ids(tokenizer)
    own = LengthTagger.of(tokenizer, tags)
    settings = EpochSettings(TermsConfig(annotated_share=0.0), 400, tags, 5, [own])
    one, two = (Epoch(pairs, settings, 2) for _ in range(2))
    known = tokenizer.convert_tokens_to_ids(list(LENGTH_TAGS))
    tagged = 0
    for number in reversed(range(len(one))):
        batch, again = one.batch(number, tokenizer.pad_token_id), two.batch(number, tokenizer.pad_token_id)
        assert (batch.source == again.source).all()
        assert batch.source.size <= 400
        tagged += int(np.isin(batch.source[:, 0], known).sum())
        assert not np.isin(batch.source[:, 1:], known).any()
        assert not np.isin(batch.target, known).any()
    assert 0.82 < tagged / len(texts) < 0.97


def test_a_vocabulary_without_the_tags_is_refused(starter_config: StarterConfig) -> None:
    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    with pytest.raises(ConfigError, match="length_tags"):
        LengthTagger.of(tokenizer, tag_ids(tokenizer))
