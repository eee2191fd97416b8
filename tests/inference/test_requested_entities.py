"""Large numbers and names of persons requested beside the glossary's terms, through the real starter."""

from __future__ import annotations

from typing import Any

import pytest

from mt.config import DecodingConfig
from mt.glossary.glossary import Glossary
from mt.glossary.term import Term
from mt.inference.clauses import split_sentence
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.request import Request
from mt.inference.sentences import split_texts
from mt.inference.translation import EntityResult, Translation
from mt.inference.translator import Translator
from mt.text.entities import find_entities
from mt.text.numbers.requested import find_numbers

NUMBERS = "該公司共有員工18萬人，去年的收入為1218億元。"
# Invented persons.
NAMES = "记者王伟明报道，市长刘殿勋表示，该市去年的收入为1218亿元。"


@pytest.fixture(scope="module")
def requesting(starter_engine: TorchEngine) -> TorchEngine:
    return decoding(starter_engine, numbers="request", names="request")


def decoding(engine: TorchEngine, **options: Any) -> TorchEngine:
    return TorchEngine(engine.model, engine.tokenizer, DecodingConfig(**options))


def of_kind(translation: Translation, kind: str) -> list[EntityResult]:
    return [entity for entity in translation.entities if entity.kind == kind]


def test_numbers_are_met_and_placed_in_both_texts(requesting: TorchEngine) -> None:
    result = Translator(requesting).translate("前言。\n" + NUMBERS)
    given = "前言。\n" + NUMBERS
    assert [given[one.source_start : one.source_end] for one in of_kind(result, "number")] == ["18萬", "1218億"]
    assert [one.target for one in of_kind(result, "number")] == ["180,000", "121.8 billion"]
    for one in of_kind(result, "number"):
        assert one.met
        assert result.text[one.target_start : one.target_end] == one.target


def test_numbers_that_are_ignored_are_not_reported(starter_engine: TorchEngine) -> None:
    engine = decoding(starter_engine, numbers="ignore")
    assert of_kind(Translator(engine).translate(NUMBERS), "number") == []


@pytest.mark.parametrize("mode", ["soft", "hybrid", "hard", "off"])
def test_terms_are_held_to_beside_numbers(requesting: TorchEngine, mode: str) -> None:
    glossary = Glossary([Term("员工", ("members of staff",)), Term("收入", ("proceeds",))])
    result = Translator(requesting, glossary, glossary_mode=mode).translate(NUMBERS)  # type: ignore[arg-type]
    assert [one.target for one in of_kind(result, "number")] == ["180,000", "121.8 billion"]
    assert [outcome.term.source for outcome in result.terms] == ["员工", "收入"]
    if mode in ("hybrid", "hard"):
        assert all(outcome.status != "unsatisfied" for outcome in result.terms)


def test_a_number_within_a_term_is_the_glossary_s(requesting: TorchEngine) -> None:
    glossary = Glossary([Term("收入为1218亿元", ("the revenue of last year",))])
    result = Translator(requesting, glossary).translate(NUMBERS)
    assert [one.target for one in of_kind(result, "number")] == ["180,000"]
    assert result.terms[0].target == "the revenue of last year"


def test_parts_of_a_sentence_keep_their_numbers() -> None:
    (sentence,) = split_texts(
        ["全年新开工改造城镇老旧小区共计三万九千个左右，全国财政赤字规模安排在三万五千七百亿元以内。"]
    )
    request = Request(sentence, [], [], find_numbers(sentence.source))
    parts = split_sentence(request)
    assert len(parts) == 2
    for part, written in zip(parts, ("三万九千", "三万五千七百亿"), strict=True):
        assert [part.sentence.source[one.start : one.end] for one in part.entities] == [written]


def test_of_a_beam_the_text_with_the_numbers_is_chosen() -> None:
    (sentence,) = split_texts(["收入为1218亿元。"])
    request = Request(sentence, [], [], find_numbers(sentence.source))
    assert request.choose(["It was 1.218 billion.", "It was 121.8 billion.", "121.8 billion"]) == 1
    assert find_entities(request.entities, "It was 121,800 million.") != [None]


def test_names_are_met_and_placed_in_both_texts(requesting: TorchEngine) -> None:
    given = "前言。\n" + NAMES
    result = Translator(requesting).translate(given)
    assert [given[one.source_start : one.source_end] for one in of_kind(result, "name")] == ["王伟明", "刘殿勋"]
    assert [one.target for one in of_kind(result, "name")] == ["Wang Weiming", "Liu Dianxun"]
    for one in of_kind(result, "name"):
        assert one.met
        assert result.text[one.target_start : one.target_end] == one.target
    assert [one.target for one in of_kind(result, "number")] == ["121.8 billion"]


def test_a_name_is_known_by_all_texts_of_its_document(requesting: TorchEngine) -> None:
    alone = "大家把票投给刘殿勋了。"
    first, second = Translator(requesting).translate([NAMES, alone])
    assert [one.target for one in of_kind(first, "name")] == ["Wang Weiming", "Liu Dianxun"]
    assert [one.target for one in of_kind(second, "name")] == ["Liu Dianxun"]
    results = Translator(requesting).translate([NAMES, alone], documents=[1, 2])
    assert of_kind(results[1], "name") == []


def test_names_that_are_ignored_are_not_reported(starter_engine: TorchEngine) -> None:
    engine = decoding(starter_engine, names="ignore")
    assert of_kind(Translator(engine).translate(NAMES), "name") == []


@pytest.mark.parametrize("mode", ["soft", "hybrid", "hard", "off"])
def test_terms_are_held_to_beside_names(requesting: TorchEngine, mode: str) -> None:
    glossary = Glossary([Term("市长", ("chief burgomaster",)), Term("收入", ("proceeds",))])
    result = Translator(requesting, glossary, glossary_mode=mode).translate(NAMES)  # type: ignore[arg-type]
    assert [one.target for one in of_kind(result, "name")] == ["Wang Weiming", "Liu Dianxun"]
    assert [outcome.term.source for outcome in result.terms] == ["市长", "收入"]
    if mode in ("hybrid", "hard"):
        assert all(outcome.status != "unsatisfied" for outcome in result.terms)


def test_a_name_in_the_glossary_is_the_glossary_s(requesting: TorchEngine) -> None:
    glossary = Glossary([Term("刘殿勋", ("David Chik",))])
    result = Translator(requesting, glossary).translate("市長劉殿勳會見了代表團。")
    assert of_kind(result, "name") == []
    assert result.terms[0].target == "David Chik"
