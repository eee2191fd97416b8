from __future__ import annotations

import pytest

from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term
from mt.metrics.term_accuracy import TermConsistency, mention_policy


def test_consistency_by_hand() -> None:
    glossary = Glossary([make_term(zh, ["aa", "bb", "cc"]) for zh in "甲乙丙丁戊"])
    sources, texts = zip(
        ("甲", "bb"), ("甲", "aa"), ("甲", "aa"), ("甲", "no"),  # most frequent is aa
        ("乙", "no"), ("乙", "cc"),  # none and cc are equally common, and cc is taken
        ("丙", "no"),
        ("丁", "aa"),
        ("戊", "no"), ("戊", "no"), ("戊", "bb"),  # most often there is none, as the task counts it
        strict=True,
    )  # fmt: skip
    metric = TermConsistency(glossary, ["x"] * len(sources), sources)
    assert metric.statistics(texts).tolist() == [[4, 11]]
    assert TermConsistency(GLOSSARY, ["x"], ["天气"]).corpus_score(["weather"]).score is None


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
