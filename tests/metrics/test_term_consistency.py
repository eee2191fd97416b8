from __future__ import annotations

import pytest

from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term
from mt.metrics.term_consistency import TermConsistency, consistency
from mt.metrics.terms import mention_policy


def test_variants_by_hand() -> None:
    mentions = [
        ("甲", "b"), ("甲", "a"), ("甲", "a"), ("甲", None),  # first b, most frequent a, preferred b
        ("乙", None), ("乙", "c"),  # first none; none and c are equally common, and c is taken
        ("丙", None),
        ("丁", "a"),
    ]  # fmt: skip
    found = consistency(mentions, {"甲": "b", "乙": "d", "丙": "e", "丁": "a"})
    assert {choice: rows.sum(0).tolist() for choice, rows in found.items()} == {
        "predefined": [2, 8],
        "frequent": [4, 8],
        "first": [2, 8],
    }
    # Macro goes over renderings chosen: a, c and none for 丙 when frequent; 甲 and 丁 share a.
    assert found["frequent"].tolist() == [[3, 5], [1, 2], [0, 1]]
    assert found["predefined"].tolist() == [[1, 4], [0, 2], [0, 1], [1, 1]]


def test_micro_and_macro() -> None:
    metric = TermConsistency(GLOSSARY, ["x"] * 3, ["鲁进", "鲁进", "川促会"])
    variants = metric.variants(["Lu Jin", "he", "SUCPEB"])
    # 鲁进 agrees once of twice, 川促会 always.
    assert variants["frequent"] == {"micro": pytest.approx(100 * 2 / 3), "macro": 75}
    nothing = TermConsistency(GLOSSARY, ["x"], ["天气"]).variants(["weather"])
    assert nothing["first"] == {"micro": None, "macro": None}


TERM = make_term("川促会", ["SUCPEB"], acronym="SUCPEB", full="Sichuan Union Council")
GLOSSARY = Glossary([TERM, make_term("鲁进", ["Lu Jin"])])


def policy(sources: list[str], texts: list[str], documents: list[str] | None = None) -> dict[str, float | int | None]:
    checks = [check_terms(text, GLOSSARY.match(source)) for source, text in zip(sources, texts, strict=True)]
    return mention_policy(checks, documents)


def test_first_in_full_with_the_acronym_then_the_acronym() -> None:
    sources = ["川促会和鲁进", "川促会", "川促会"]
    right = ["The Sichuan Union Council (SUCPEB) and Lu Jin", "SUCPEB", "the SUCPEB"]
    assert policy(sources, right) == {"first": 100, "later": 100, "mentions": 3}
    assert policy(sources, ["SUCPEB", "Sichuan Union Council", "SUCPEB"]) == {"first": 0, "later": 50, "mentions": 3}
    assert policy(sources, ["nothing", "SUCPEB", "SUCPEB"])["first"] == 0
    # In a document of its own each mention is a first one.
    # A document that continues later is still the same.
    assert policy(sources, right, ["a", "b", "a"]) == {"first": 50, "later": 100, "mentions": 3}
    assert policy(sources, right, ["a", "b", "c"]) == {"first": pytest.approx(100 / 3), "later": None, "mentions": 3}


def test_the_order_of_the_english_decides_within_a_segment() -> None:
    assert policy(["川促会和川促会"], ["SUCPEB and the Sichuan Union Council (SUCPEB)"]) == {
        "first": 0, "later": 0, "mentions": 2,
    }  # fmt: skip
    assert policy(["鲁进"], ["Lu Jin"]) == {"first": None, "later": None, "mentions": 0}
