"""Names of persons asked for beside figures and the glossary's terms, through the real starter."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt.config import DecodingConfig
from mt.glossary.glossary import Glossary
from mt.glossary.term import Term
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.translator import Translator

STARTER = Path(__file__).parents[2] / "models" / "starter"
# Invented persons.
SOURCE = "市長劉殿勳會見了代表團。"
MORE = "记者王伟明报道，市长刘殿勋表示，该市去年的收入为1218亿元。"


@pytest.fixture(scope="module")
def asked() -> TorchEngine:
    return TorchEngine.load(STARTER, DecodingConfig(numbers="request", names="request"), "cpu")


def test_names_are_met_and_placed_in_both_texts(asked: TorchEngine) -> None:
    given = "前言。\n" + MORE
    result = Translator(asked).translate(given, details=True)
    assert [given[one.source_start : one.source_end] for one in result.names] == ["王伟明", "刘殿勋"]
    assert [one.target for one in result.names] == ["Wang Weiming", "Liu Dianxun"]
    for one in result.names:
        assert one.met
        assert result.text[one.target_start : one.target_end] == one.target
    assert [one.target for one in result.figures] == ["121.8 billion"]


def test_a_name_is_known_by_all_texts_of_its_document(asked: TorchEngine) -> None:
    alone = "大家把票投给刘殿勋了。"
    first, second = Translator(asked).translate([MORE, alone], details=True)
    assert [one.target for one in first.names] == ["Wang Weiming", "Liu Dianxun"]
    assert [one.target for one in second.names] == ["Liu Dianxun"]
    results = Translator(asked).translate([MORE, alone], documents=[1, 2], details=True)
    assert results[1].names == ()


def test_names_that_are_free_are_not_reported() -> None:
    engine = TorchEngine.load(STARTER, DecodingConfig(names="ignore"), "cpu")
    assert Translator(engine).translate(MORE, details=True).names == ()


@pytest.mark.parametrize("mode", ["soft", "hybrid", "hard", "off"])
def test_terms_are_held_to_beside_names(asked: TorchEngine, mode: str) -> None:
    glossary = Glossary([Term("市长", ("chief burgomaster",)), Term("收入", ("proceeds",))])
    result = Translator(asked, glossary, glossary_mode=mode).translate(MORE, details=True)  # type: ignore[arg-type]
    assert [one.target for one in result.names] == ["Wang Weiming", "Liu Dianxun"]
    assert [outcome.term.source for outcome in result.terms] == ["市长", "收入"]
    if mode in ("hybrid", "hard"):
        assert all(outcome.status != "unsatisfied" for outcome in result.terms)


def test_a_name_in_the_glossary_is_the_glossary_s(asked: TorchEngine) -> None:
    glossary = Glossary([Term("刘殿勋", ("David Chik",))])
    result = Translator(asked, glossary).translate(SOURCE, details=True)
    assert result.names == ()
    assert result.terms[0].target == "David Chik"
