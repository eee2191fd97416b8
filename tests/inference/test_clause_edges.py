"""Clauses translated by themselves, put together to one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.glossary import Term
from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.assemble import assemble
from mt.inference.clause_edges import as_clause
from mt.inference.clauses import split_sentence
from mt.inference.engines.base import Hypothesis
from mt.inference.request import Request
from mt.inference.sentences import split_texts


@pytest.mark.parametrize(
    ("text", "follows", "mark", "expected"),
    [
        ("The banks raise rates.", True, "", "the banks raise rates."),
        ("Hong Kong raises rates.", True, "，", "Hong Kong raises rates,"),
        ("In Hong Kong", False, "，", "In Hong Kong,"),
        ("However, it rose", True, "；", "however, it rose;"),
        ("I think so.", True, "：", "I think so:"),
        ("IT is AS good", True, "，", "IT is AS good,"),
        ("What is this?", False, "，", "What is this?"),
        ("and so on...", False, "，", "and so on..."),
        ("already so,", False, "，", "already so,"),
        ("the “fund”", False, "，", "the “fund”,"),
        ("", True, "，", ""),
        ("It rose.", False, "", "It rose."),
        ("Banks raise rates.", True, "", "banks raise rates."),
        ("Memory, hard disks.", True, "、", "memory, hard disks"),
        ("He Ping, Lin Tao and Lin Tao,", True, "、", "He Ping, Lin Tao"),
        ("White House aides", True, "", "White House aides"),
        ("Sichuan has risen.", True, " ", "Sichuan has risen"),
        ("Hebei, Shanxi, Jilin, etc.", True, "、", "Hebei, Shanxi, Jilin"),
    ],
)
def test_a_clause_loses_capital_and_full_stop(text: str, follows: bool, mark: str, expected: str) -> None:
    assert as_clause(text, follows=follows, mark=mark) == expected


@given(st.text("The ABC in.,;: “”’0", max_size=30), st.booleans(), st.sampled_from(["", *"，；：,;:"]))
def test_only_the_first_letter_and_the_end_change(text: str, follows: bool, mark: str) -> None:
    clause = as_clause(text, follows=follows, mark=mark)
    assert len(text) <= len(clause) <= len(text) + 1
    assert clause[1 : len(text) - 1] == text[1:-1]
    assert clause[:1].lower() == text[:1].lower() or len(text) == 1
    assert as_clause(clause, follows=follows, mark=mark) == clause


def _translated(source: str, terms: dict[str, str], outputs: list[str]) -> str:
    matches = [TermMatch(source.index(zh), source.index(zh) + len(zh), Term(zh, (en,))) for zh, en in terms.items()]
    (sentence,) = split_texts([source])
    parts = split_sentence(Request(sentence, matches, list(terms.values())))
    assert len(parts) == len(outputs)
    for part, output in zip(parts, outputs, strict=True):
        part.accept(Hypothesis(output, 0.0), constrained=False, respell=True)
    (translation,) = assemble([source], parts)
    for term in translation.terms:
        assert translation.text[term.target_start : term.target_end] == term.target
    assert all(term.status == "model" for term in translation.terms)
    return translation.text


SOURCE = "川促会的经验值得我们学习和借鉴并且推广，重庆的经验同样值得我们认真学习和借鉴。"


def test_parts_are_joined_to_one_sentence_and_terms_keep_their_places() -> None:
    text = _translated(
        SOURCE, {"川促会": "SUCPEB", "重庆": "Chongqing"}, ["SUCPEB is worth it.", "The way of Chongqing is too."]
    )
    assert text == "SUCPEB is worth it, the way of Chongqing is too."


def test_a_term_keeps_its_own_full_stop_and_capital() -> None:
    text = _translated(
        SOURCE,
        {"推广": "Promotion Inc.", "重庆": "The Chongqing"},
        ["A part of Promotion Inc.", "The Chongqing is too."],
    )
    assert text == "A part of Promotion Inc. The Chongqing is too."


def test_sentences_that_run_into_each_other_are_parted_unless_a_term_is_written_so() -> None:
    text = _translated(
        SOURCE,
        {"推广": "Trip.Com", "重庆": "Chongqing"},
        ["It is worth it.We share Trip.Com here.", "Chongqing is.So are we."],
    )
    assert text == "It is worth it. We share Trip.Com here, Chongqing is. So are we."


def test_no_cut_within_a_number() -> None:
    (sentence,) = split_texts(["截至年底的人民币贷款余额达到了创纪录的2,948亿元人民币与上年大致相若并且还在增长。"])
    assert len(split_sentence(Request(sentence, [], []))) == 1


def test_an_article_before_no_name_loses_its_capital() -> None:
    assert as_clause("A national poll of people.", follows=True, mark="，") == "a national poll of people,"
    assert as_clause("Faced with this.", follows=True, mark="") == "faced with this."
    assert as_clause("International opinion holds.", follows=True, mark="") == "international opinion holds."
    assert as_clause("AI is here.", follows=True, mark="") == "AI is here."
    assert as_clause("I think so.", follows=True, mark="") == "I think so."
