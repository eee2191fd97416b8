"""Length tags of training pairs: each pair's own, whatever is annotated."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mt.config import TermsConfig
from mt.constraints.annotate import annotate, escape_tags
from mt.glossary import Glossary, Term
from mt.models.tags import LENGTH_TAGS, length_tag
from mt.training.data.annotation import AnnotatedSegments, FoundTerm, Segment
from mt.training.data.fine_tuning_data import encode_pairs
from mt.training.data.length_tagging import OwnLength
from mt.training.data.packed_pairs import PairEncoder

STARTER = Path(__file__).parents[3] / "models" / "starter"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(STARTER)


@given(st.integers(0, 400), st.integers(0, 600), st.integers(0, 100))
def test_longer_translations_have_higher_tags(source: int, target: int, more: int) -> None:
    assert 0 <= length_tag(source, target) <= length_tag(source, target + more) < len(LENGTH_TAGS)


def test_the_tags_part_what_is_cut_short_from_what_is_full() -> None:
    assert [length_tag(100, tokens) for tokens in (50, 90, 108, 122, 140, 180)] == list(range(6))
    # Of a word or two nothing can be told: it is taken for as full as any.
    assert {length_tag(2, tokens) for tokens in (1, 2, 3)} <= {2, 3, 4}


def test_fine_tuned_pairs_get_the_tag_of_their_own_length(tokenizer: PreTrainedTokenizerBase) -> None:
    zh = "川促会秘书长参加座谈,并就推动友好城市工作交换了意见。"
    short = "The secretary-general attended."
    full = (
        "The secretary-general of the council attended the discussion held there, and exchanged views with them on how"
        " to move forward the work of the sister cities of the province and of the municipality as well."
    )
    glossary = Glossary([Term("秘书长", ("secretary-general",))])
    request = LENGTH_TAGS[-1]
    pairs = encode_pairs([(zh, short), (zh, full)], PairEncoder(tokenizer, 200, request), glossary)
    own_length = OwnLength.of(tokenizer, request)
    assert own_length is not None
    own = own_length.tagged(pairs)
    numbers = tokenizer.convert_tokens_to_ids(list(LENGTH_TAGS))
    tags = [numbers.index(row[0]) for row in (own.source[0], own.source[1], own.annotated[0], own.annotated[1])]
    assert tags[0] == tags[2] == 0
    assert tags[1] == tags[3] >= 3
    for before, after in ((pairs.source, own.source), (pairs.annotated, own.annotated)):
        assert [before[row][0] for row in range(2)] == [numbers[-1]] * 2
        assert all(before[row][1:].tolist() == after[row][1:].tolist() for row in range(2))
    assert OwnLength.of(tokenizer, "") is None
    assert OwnLength.of(tokenizer, ">>eng<< ") is None


def test_documents_get_the_tag_of_their_own_length_plain_and_annotated(tokenizer: PreTrainedTokenizerBase) -> None:
    zh = "川促会秘书长参加座谈,并就推动友好城市工作交换了意见。"
    short = "The secretary-general attended."
    full = short[:-1] + ", and exchanged views with all on how to move forward the work of the sister cities."
    term = FoundTerm(3, 6, 4, 21)
    request = LENGTH_TAGS[-1]
    numbers = tokenizer.convert_tokens_to_ids(list(LENGTH_TAGS))
    for share, plain in ((0.0, True), (1.0, False)):
        segments = AnnotatedSegments(
            [Segment(zh, short, [term]), Segment(zh, full, [term])],
            PairEncoder(tokenizer, 200, request),
            TermsConfig(annotated_share=share, drop_share=0.0, invented_share=0.0),
            1,
            own_length=OwnLength.of(tokenizer, request),
        )
        for epoch in (0, 1):
            drawn = segments(epoch)
            rows, others = (drawn.source, drawn.annotated) if plain else (drawn.annotated, drawn.source)
            assert others.lengths.tolist() == [0, 0]
            own = len(tokenizer(zh)["input_ids"]) - 1
            for number, target in enumerate((short, full)):
                length = length_tag(own, len(tokenizer(text_target=target)["input_ids"]) - 1)
                assert rows[number][0] == numbers[length]
                text = zh if plain else annotate(zh, [(3, 6, "secretary-general")])
                assert rows[number][1:].tolist() == tokenizer(text)["input_ids"]
            assert rows[0][0] < rows[1][0]


def test_user_text_cannot_ask_for_a_length() -> None:
    assert escape_tags("甲<length-1>乙") == "甲< length-1>乙"
    assert escape_tags("甲<len<term>gth-1>乙") == "甲<len< term>gth-1>乙"
    assert annotate("甲<length-2>乙", []) == "甲< length-2>乙"
