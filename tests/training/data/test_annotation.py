from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from mt.config import TermsConfig
from mt.glossary.glossary import Glossary
from mt.training.data.annotation import AnnotatedSegments, FoundTerm, Segment, find_terms
from mt.training.data.lexicon import Lexicon
from mt.training.data.packed_pairs import PackedPairs, PairEncoder
from recipes.starter.config import StarterConfig

SOURCE = "川促会在成都开展调研，川促会的经验很好。"
REFERENCE = "SUCPEB did research in Chengdu; the experience of SUCPEB is good."
GLOSSARY = Glossary.from_pairs([("川促会", "SUCPEB"), ("成都", "Chengdu"), ("重庆", "Chongqing")])
PHRASES = Lexicon({"经验": ["experience"], "调研": ["research"], "重庆": ["Chongqing"]})
ALL = TermsConfig(annotated_share=1.0, drop_share=0.0, sampled_share=1.0, invented_share=0.0)


@pytest.fixture(scope="module")
def tokenizer(starter_config: StarterConfig) -> Any:
    return AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")


def find_phrases(source: str, reference: str, lexicon: Lexicon) -> list[FoundTerm]:
    return [FoundTerm(*span) for span in lexicon.find_pairs(source, reference)]


def segment(phrases: bool = True) -> Segment:
    terms = find_terms(SOURCE, REFERENCE, GLOSSARY)
    return Segment(SOURCE, REFERENCE, terms, find_phrases(SOURCE, REFERENCE, PHRASES) if phrases else [])


def drawn(tokenizer: Any, terms: TermsConfig, epochs: int = 1, **changes: Any) -> list[tuple[str, str]]:
    """(source, target) of each epoch, as text; spaces left out."""
    options = {"seed": 1, "inventions": Lexicon({"甲乙": ["Bank of Stone"]}), **changes}
    made = AnnotatedSegments([segment()], PairEncoder(tokenizer, 400), terms, **options)
    texts = []
    for epoch in range(epochs):
        pairs: PackedPairs = made(epoch)
        assert (len(pairs.source[0]) > 0) != (len(pairs.annotated[0]) > 0)  # in one form
        ids = pairs.source[0] if len(pairs.source[0]) else pairs.annotated[0]
        texts.append((tokenizer.decode(ids[:-1]), tokenizer.decode(pairs.target[0][:-1])))
    return texts


def test_only_what_the_reference_has_is_requested(tokenizer: Any) -> None:
    ((source, target),) = drawn(tokenizer, ALL)
    assert target == REFERENCE
    requested = [part.split("</term>")[0].strip() for part in source.split("<trans>")[1:]]
    assert requested == ["SUCPEB", "Chengdu", "research", "SUCPEB", "experience"]
    assert "Chongqing" not in source


def test_every_epoch_draws_again_and_the_same_epoch_the_same(tokenizer: Any) -> None:
    terms = ALL.replace(annotated_share=0.7, drop_share=0.3, sampled_share=0.5, invented_share=0.3)
    texts = drawn(tokenizer, terms, 30)
    assert texts == drawn(tokenizer, terms, 30)
    assert texts != drawn(tokenizer, terms, 30, seed=2)
    assert len(set(texts)) > 8
    plain = [target for source, target in texts if "<term>" not in source]
    assert plain
    # Without annotation nothing tells an invented target: the reference must be the human one.
    assert set(plain) == {REFERENCE}


def test_shares_are_kept(tokenizer: Any) -> None:
    counts: Counter[str] = Counter()
    terms = TermsConfig(annotated_share=0.8, drop_share=0.25, sampled_share=0.4, invented_share=0.0)
    for source, _ in drawn(tokenizer, terms, 400):
        counts["annotated"] += "<term>" in source
        counts["terms"] += source.count("<trans> SUCPEB") + source.count("<trans> Chengdu")
        counts["phrases"] += source.count("<trans> research") + source.count("<trans> experience")
    assert counts["annotated"] / 400 == pytest.approx(0.8, abs=0.06)
    assert counts["terms"] / (3 * counts["annotated"]) == pytest.approx(0.75, abs=0.06)
    assert counts["phrases"] / (2 * counts["annotated"]) == pytest.approx(0.4, abs=0.06)


def test_an_invented_target_is_on_both_sides_and_replaces_every_mention(tokenizer: Any) -> None:
    terms = ALL.replace(invented_share=1.0, sampled_share=0.0)
    kinds = set()
    for source, target in drawn(tokenizer, terms, 40):
        requested = [part.split("</term>")[0].strip() for part in source.split("<trans>")[1:]]
        assert target != REFERENCE
        kinds.update(requested)
        for one in requested:
            assert target.count(one) >= requested.count(one)
        # Both mentions of 川促会 are requested with the same target, invented or as written.
        assert requested[0] == requested[2]
    assert "Bank of Stone" in kinds
    assert len(kinds) > 10


def test_no_glossary_term_is_requested_again_as_a_phrase_over_the_same_words(tokenizer: Any) -> None:
    terms = find_terms(SOURCE, REFERENCE, GLOSSARY)
    phrases = find_phrases(SOURCE, REFERENCE, Lexicon({"成都": ["Chengdu"]}))
    made = AnnotatedSegments([Segment(SOURCE, REFERENCE, terms, phrases)], PairEncoder(tokenizer, 400), ALL, 1)
    text = tokenizer.decode(made(0).annotated[0])
    assert text.count("<trans> Chengdu") == 1


def test_what_is_too_long_is_left_out_or_plain(tokenizer: Any) -> None:
    plain = len(tokenizer(SOURCE)["input_ids"])
    target = len(tokenizer(text_target=REFERENCE)["input_ids"])
    longest = max(plain, target)
    made = AnnotatedSegments([segment()], PairEncoder(tokenizer, longest), ALL, 1)
    annotated = made(0).annotated[0]
    assert len(annotated) <= longest
    short = AnnotatedSegments([segment(), Segment("好。", "Good.")], PairEncoder(tokenizer, target - 1), ALL, 1)
    assert (len(short), short.left_out) == (1, 1)


def test_a_phrase_is_found_as_a_word_and_each_mention_once() -> None:
    lexicon = Lexicon({"储备": ["reserves"]})
    text = "It preserves reserves, and reserves again."
    found = find_phrases("储备与储备", text, lexicon)
    assert [text[term.target_start : term.target_end] for term in found] == ["reserves", "reserves"]
    assert [term.target_start for term in found] == [13, 27]
