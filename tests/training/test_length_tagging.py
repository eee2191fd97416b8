"""Length tags: true of each pair, whatever is annotated, and read by a model that had none before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from mt.config import Config, TermsConfig
from mt.constraints.annotate import annotate, strip_tags
from mt.errors import ConfigError
from mt.glossary import Glossary, Term
from mt.models.length_tags import LENGTH_TAGS, length_tag
from mt.models.load import tag_ids
from mt.training.data.annotation import AnnotatedSegments, FoundTerm, Segment
from mt.training.data.batching import Epoch
from mt.training.data.fine_tuning_data import encode_pairs
from mt.training.data.length_tagging import LengthTagger, OwnLength
from mt.training.data.packing import PackedPairs
from mt.training.data.ragged import Ragged
from mt.training.data.vocabulary import copy_vocabulary

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "models" / "starter"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("tagged") / "tokenizer"
    copy_vocabulary(STARTER, folder, length_tags=True)
    return AutoTokenizer.from_pretrained(folder)


@given(st.integers(0, 400), st.integers(0, 600), st.integers(0, 100))
def test_longer_translations_have_higher_tags(source: int, target: int, more: int) -> None:
    assert 0 <= length_tag(source, target) <= length_tag(source, target + more) < len(LENGTH_TAGS)


def test_the_tags_part_what_is_cut_short_from_what_is_full() -> None:
    assert [length_tag(100, tokens) for tokens in (50, 90, 108, 122, 140, 180)] == list(range(6))
    # Of a word or two nothing can be told: it is taken for as full as any.
    assert {length_tag(2, tokens) for tokens in (1, 2, 3)} <= {2, 3, 4}


def test_a_vocabulary_takes_the_tags_before_its_padding(tokenizer) -> None:  # type: ignore[no-untyped-def]
    before = AutoTokenizer.from_pretrained(STARTER)
    plain = [tag for tag in LENGTH_TAGS if tag in before.get_vocab()]
    assert len(tokenizer) == len(before) + len(LENGTH_TAGS) - len(plain)
    assert tokenizer.pad_token_id == len(tokenizer) - 1
    text = annotate("川促会秘书长参加座谈。", [(0, 3, "SUCPEB")])
    assert tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"]) == before.convert_ids_to_tokens(
        before(text)["input_ids"]
    )
    tagged = tokenizer(LENGTH_TAGS[3] + text)["input_ids"]
    assert tagged == [tokenizer.convert_tokens_to_ids(LENGTH_TAGS[3]), *tokenizer(text)["input_ids"]]


def test_wanted_targets_do_not_count(tokenizer) -> None:  # type: ignore[no-untyped-def]
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


def test_an_epoch_tags_nearly_all_and_any_batch_can_be_drawn_again(tokenizer) -> None:  # type: ignore[no-untyped-def]
    texts = ["川促会秘书长参加座谈。", "二级巡视员率队赴成都开展专题调研。"] * 200
    source = Ragged.of(tokenizer(texts)["input_ids"])
    empty = Ragged(np.zeros(0, np.uint16), np.zeros(len(texts) + 1, np.int64))
    pairs = PackedPairs(source, empty, source, np.zeros(len(texts), np.uint8), (1.0,))
    tags = tag_ids(tokenizer)
    own = LengthTagger.of(tokenizer, tags)
    one, two = (
        Epoch(pairs, TermsConfig(annotated_share=0.0), 400, tags, seed=5, number=2, transforms=[own]) for _ in range(2)
    )
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


@given(st.lists(st.lists(st.integers(0, 2**16 + 5), max_size=5), max_size=8), st.lists(st.integers(0, 2**16 + 5)))
def test_a_prefix_goes_before_every_row_that_is_not_empty(rows: list[list[int]], prefix: list[int]) -> None:
    ragged = Ragged.of(rows).prefixed(prefix)
    assert [ragged[number].tolist() for number in range(len(rows))] == [[*prefix, *row] if row else [] for row in rows]


def test_fine_tuned_pairs_get_the_tag_of_their_own_length(tokenizer) -> None:  # type: ignore[no-untyped-def]
    zh = "川促会秘书长参加座谈,并就推动友好城市工作交换了意见。"
    short = "The secretary-general attended."
    full = (
        "The secretary-general of the council attended the discussion held there, and exchanged views with them on how"
        " to move forward the work of the sister cities of the province and of the municipality as well."
    )
    glossary = Glossary([Term("秘书长", ("secretary-general",))])
    request = LENGTH_TAGS[-1]
    pairs = encode_pairs([zh, zh], [short, full], tokenizer, glossary, 200, request)
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


def test_documents_get_the_tag_of_their_own_length_plain_and_annotated(tokenizer) -> None:  # type: ignore[no-untyped-def]
    zh = "川促会秘书长参加座谈,并就推动友好城市工作交换了意见。"
    short = "The secretary-general attended."
    full = short[:-1] + ", and exchanged views with all on how to move forward the work of the sister cities."
    term = FoundTerm(3, 6, 4, 21)
    request = LENGTH_TAGS[-1]
    numbers = tokenizer.convert_tokens_to_ids(list(LENGTH_TAGS))
    for share, plain in ((0.0, True), (1.0, False)):
        segments = AnnotatedSegments(
            [Segment(zh, short, [term]), Segment(zh, full, [term])],
            tokenizer,
            TermsConfig(annotated_share=share, drop_share=0.0, invented_share=0.0),
            prefix=request,
            longest=200,
            seed=1,
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
    assert strip_tags("甲<length-1>乙") == "甲乙"
    assert strip_tags("甲<len<term>gth-1>乙") == "甲乙"
    assert annotate("甲<length-2>乙", []) == "甲乙"


def test_a_vocabulary_without_the_tags_is_refused(starter_config: Config) -> None:
    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    with pytest.raises(ConfigError, match="length_tags"):
        LengthTagger.of(tokenizer, tag_ids(tokenizer))
