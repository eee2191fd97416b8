"""Matching terms in a source."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.glossary import Glossary, Term
from mt.glossary.matching.folding import fold_script, fold_width, word_bounded
from mt.glossary.matching.source_matcher import TermMatch
from mt.text.script import convert


def spans(glossary: Glossary, text: str, *, overlap: bool = False) -> list[str]:
    return [text[match.start : match.end] for match in glossary.match(text, overlap=overlap)]


def test_longest_first_over_the_whole_text() -> None:
    glossary = Glossary.from_pairs([("甲乙", "1"), ("乙丙丁", "2"), ("丁戊", "3"), ("戊", "4")])
    # 甲乙 begins earlier, 乙丙丁 is longer.
    assert spans(glossary, "甲乙丙丁戊") == ["乙丙丁", "戊"]
    assert spans(glossary, "甲乙丙丁戊", overlap=True) == ["甲乙", "乙丙丁", "丁戊", "戊"]
    assert spans(glossary, "甲乙丁戊") == ["甲乙", "丁戊"]


def test_equally_long_terms_go_by_place() -> None:
    glossary = Glossary.from_pairs([("甲乙", "1"), ("乙丙", "2")])
    assert spans(glossary, "甲乙丙") == ["甲乙"]


@pytest.mark.parametrize(
    ("entry", "text", "found"),
    [
        ("重庆市对外友协", "重慶市對外友協", "重慶市對外友協"),
        ("重慶市對外友協", "重庆市对外友协", "重庆市对外友协"),
        ("反复", "他反覆思量", "反覆"),  # a phrase, not the characters, makes 覆 复
        ("反覆", "他反复思量", "反复"),
        ("了解", "瞭解情況", "瞭解"),
        ("乾隆", "清朝乾隆年間", "乾隆"),
        ("5G网络", "５Ｇ網絡", "５Ｇ網絡"),
        ("第4季", "2018 年第4 季", "第4 季"),
        ("ai", "用AI写", "AI"),
        ("“走出去”", "民間「走出去」工作", "「走出去」"),
        ("鲁进", "鲁\u200b进率队", "鲁\u200b进"),
    ],
)
def test_script_width_and_case_do_not_matter(entry: str, text: str, found: str) -> None:
    assert spans(Glossary.from_pairs([(entry, "x")]), text) == [found]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("AI", "SAID"),
        ("AI", "AI2"),
        ("3年", "13年"),
        ("5", "3.5"),
        ("5", "5.5%"),
        ("5G", "15G"),
        ("2B", "2B-AI2Bx"[3:]),
    ],
)
def test_no_hit_inside_words_and_numbers(entry: str, text: str) -> None:
    assert spans(Glossary.from_pairs([(entry, "x")]), text) == []


def test_entries_of_one_source_are_alternatives() -> None:
    glossary = Glossary.from_pairs([("银行", "bank"), ("銀行", "banking"), ("银行", "bank")])
    (match,) = glossary.match("银行業")
    assert match.term.targets == ("bank",)  # written just so: 銀行 in the text would give the other
    (match,) = glossary.match("銀行業")
    assert match.term.targets == ("banking",)
    (match,) = Glossary.from_pairs([("银行", "bank"), ("银行", "lender")]).match("銀行")
    assert match.term.targets == ("bank", "lender")


def test_nothing_to_match() -> None:
    assert Glossary([]).match("重庆") == []
    assert Glossary.from_pairs([("重庆", "Chongqing")]).match("") == []
    assert Glossary([Term("\u200b", ("x",))]).match("a\u200bb") == []


@pytest.mark.parametrize("entry", ["a\0b", "𠮷野家", "友好\U0010ffff", "\U0010ffff", "\U0001f600", "\ue000甲"])
def test_any_character_may_stand_in_an_entry(entry: str) -> None:
    glossary = Glossary.from_pairs([(entry, "x"), ("重庆", "y")])
    assert spans(glossary, f"，{entry}重庆 {entry}") == [entry, "重庆", entry]
    assert spans(glossary, f"\ud800{entry}") == [entry]
    # Characters of no entry, one of which must not pass for another.
    assert spans(glossary, "\U0010fffe\ud800\ue001甲\0𠮶") == []


def test_both_automata_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("daachorse")
    rng = random.Random(3)
    pairs = [("".join(rng.choices("重慶庆友好a1 \0𠮷", k=rng.randint(1, 4))) + "甲", str(n)) for n in range(400)]
    texts = ["".join(rng.choices("重慶庆友好甲甲甲a1 \0𠮷乙\U0010ffff", k=60)) for _ in range(50)]

    def found() -> list[list[TermMatch]]:
        glossary = Glossary.from_pairs(pairs)
        return [glossary.match(text, overlap=overlap) for text in texts for overlap in (False, True)]

    double_array = found()
    assert sum(map(len, double_array)) > 500
    monkeypatch.setitem(sys.modules, "daachorse", None)  # as where it is not installed
    assert found() == double_array


ALPHABET = "重慶庆反覆复乾干A1.½ Ａ"
WORDS = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=4).filter(lambda word: bool(word.strip()))


@given(st.lists(WORDS, min_size=1, max_size=8), st.text(st.sampled_from(ALPHABET), max_size=20))
@settings(max_examples=300)
def test_spans_slice_back_to_the_matched_text(words: list[str], text: str) -> None:
    glossary = Glossary.from_pairs([(word, "x") for word in words])
    for overlap in (False, True):
        for match in glossary.match(text, overlap=overlap):
            written = text[match.start : match.end]
            readings = {fold_script(fold_width(part).text).strip() for part in (written, convert(written))}
            source = match.term.source
            expected_keys = {fold_script(fold_width(part).text).strip() for part in (source, convert(source))}
            # Context may decide a phrase: then the reading of the whole text agrees, at the same place.
            whole = fold_script(fold_width(convert(text)).text)
            assert readings & expected_keys or any(word in whole for word in expected_keys)
            assert len(written) >= 1


@given(st.lists(WORDS, min_size=1, max_size=8), st.text(st.sampled_from("重庆复干A1.x "), max_size=20))
@settings(max_examples=300)
def test_agrees_with_brute_force(words: list[str], text: str) -> None:
    glossary = Glossary.from_pairs([(word, "x") for word in words])
    folded = fold_width(text)
    key = fold_script(folded.text)
    expected = set()
    for word in words:
        width = fold_width(word).text.strip()
        for pattern in {fold_script(width), fold_script(convert(width))} - {""}:
            for start in range(len(key) - len(pattern) + 1):
                end = start + len(pattern)
                if key[start:end] == pattern and word_bounded(folded.text, start, end):
                    span = folded.original(start, end)
                    if span:
                        expected.add(span)
    assert {(match.start, match.end) for match in glossary.match(text, overlap=True)} == expected
    chosen: list[tuple[int, int]] = []
    for start, end in sorted(expected, key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= other[0] or other[1] <= start for other in chosen):
            chosen.append((start, end))
    assert [(match.start, match.end) for match in glossary.match(text)] == sorted(chosen)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.text(st.sampled_from(ALPHABET), max_size=20), st.randoms())
def test_order_of_entries_moves_no_span(words: list[str], text: str, order: random.Random) -> None:
    before = spans(Glossary.from_pairs([(word, "x") for word in words]), text)
    order.shuffle(words)
    assert spans(Glossary.from_pairs([(word, "x") for word in words]), text) == before
