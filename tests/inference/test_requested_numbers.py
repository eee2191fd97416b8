"""Large figures asked for beside the glossary's terms, through the real starter."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt.config import DecodingConfig
from mt.glossary.glossary import Glossary
from mt.glossary.term import Term
from mt.inference.clauses import clauses
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.request import Request
from mt.inference.sentences import take_apart
from mt.inference.translator import Translator
from mt.text.entities import find_entities
from mt.text.numbers import find_numbers

STARTER = Path(__file__).parents[2] / "models" / "starter"
SOURCE = "該公司共有員工18萬人，去年的收入為1218億元。"


@pytest.fixture(scope="module")
def asked() -> TorchEngine:
    return TorchEngine.load(STARTER, DecodingConfig(numbers="request"), "cpu")


def test_figures_are_met_and_placed_in_both_texts(asked: TorchEngine) -> None:
    result = Translator(asked).translate("前言。\n" + SOURCE, details=True)
    given = "前言。\n" + SOURCE
    assert [given[one.source_start : one.source_end] for one in result.figures] == ["18萬", "1218億"]
    assert [one.target for one in result.figures] == ["180,000", "121.8 billion"]
    for one in result.figures:
        assert one.met
        assert result.text[one.target_start : one.target_end] == one.target


def test_figures_that_are_free_are_not_reported() -> None:
    engine = TorchEngine.load(STARTER, DecodingConfig(numbers="ignore"), "cpu")
    assert Translator(engine).translate(SOURCE, details=True).figures == ()


@pytest.mark.parametrize("mode", ["soft", "hybrid", "hard", "off"])
def test_terms_are_held_to_beside_figures(asked: TorchEngine, mode: str) -> None:
    glossary = Glossary([Term("员工", ("members of staff",)), Term("收入", ("proceeds",))])
    result = Translator(asked, glossary, glossary_mode=mode).translate(SOURCE, details=True)  # type: ignore[arg-type]
    assert [one.target for one in result.figures] == ["180,000", "121.8 billion"]
    assert [outcome.term.source for outcome in result.terms] == ["员工", "收入"]
    if mode in ("hybrid", "hard"):
        assert all(outcome.status != "unsatisfied" for outcome in result.terms)


def test_a_figure_within_a_term_is_the_glossary_s(asked: TorchEngine) -> None:
    glossary = Glossary([Term("收入为1218亿元", ("the revenue of last year",))])
    result = Translator(asked, glossary).translate(SOURCE, details=True)
    assert [one.target for one in result.figures] == ["180,000"]
    assert result.terms[0].target == "the revenue of last year"


def test_parts_of_a_sentence_keep_their_figures() -> None:
    (sentence,) = take_apart(
        ["全年新开工改造城镇老旧小区共计三万九千个左右，全国财政赤字规模安排在三万五千七百亿元以内。"]
    )
    request = Request(sentence, [], [], find_numbers(sentence.source))
    parts = clauses(request)
    assert len(parts) == 2
    for part, written in zip(parts, ("三万九千", "三万五千七百亿"), strict=True):
        assert [part.sentence.source[one.start : one.end] for one in part.readings] == [written]


def test_of_a_beam_the_text_with_the_figures_is_chosen() -> None:
    (sentence,) = take_apart(["收入为1218亿元。"])
    request = Request(sentence, [], [], find_numbers(sentence.source))
    assert request.choose(["It was 1.218 billion.", "It was 121.8 billion.", "121.8 billion"]) == 1
    assert find_entities(request.readings, "It was 121,800 million.") != [None]
