"""Checking terms in a translation."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.glossary import Glossary, Term
from mt.glossary.matching.assignment import maximum_disjoint
from mt.glossary.matching.forms import allowed_forms, is_acronym, is_name, plurals
from mt.glossary.matching.output_checker import _Finder, check_terms
from mt.glossary.matching.source_matcher import TermMatch
from mt.glossary.term import make_term


def mentions(*terms: Term) -> list[TermMatch]:
    return [TermMatch(index, index + 1, term) for index, term in enumerate(terms)]


def find_targets(text: str, term: Term) -> list[tuple[int, int]]:
    """Every occurrence of any allowed form, in order; they may overlap."""
    return sorted(_Finder(text).find(term))


def found(text: str, term: Term) -> list[str]:
    return [text[start:end] for start, end in find_targets(text, term)]


PEOPLES = Term("中国人民银行", ("People's Bank of China",))
CHINA = Term("中国银行", ("Bank of China",))


def test_one_string_counts_once() -> None:
    text = "The People’s Bank of China said"
    assert [check.met for check in check_terms(text, mentions(PEOPLES, CHINA))] == [True, False]
    assert [check.met for check in check_terms(text, mentions(CHINA))] == [True]
    text += " that Bank of China agreed."
    checks = check_terms(text, mentions(CHINA, PEOPLES))
    assert [(check.met, text[check.start : check.end]) for check in checks] == [
        (True, "Bank of China"),
        (True, "People’s Bank of China"),
    ]
    assert checks[0].start == 37


def test_counts_are_respected() -> None:
    term = Term("成都", ("Chengdu",))
    checks = check_terms("Chengdu and Chengdu.", mentions(term, term, term))
    assert [check.met for check in checks] == [True, True, False]
    assert [check.start for check in checks] == [0, 12, None]


def test_name_and_acronym_together_are_one_mention() -> None:
    term = make_term("川促会", ["SUCPEB"], acronym="SUCPEB", full="Sichuan Union Council")
    text = "the Sichuan Union Council (SUCPEB) met; SUCPEB agreed"
    assert found(text, term) == ["Sichuan Union Council (SUCPEB)", "SUCPEB"]
    assert found("SUCPEB (Sichuan Union Council)", term) == ["SUCPEB (Sichuan Union Council)"]
    assert found("Sichuan Union Council, SUCPEB", term) == ["Sichuan Union Council", "SUCPEB"]
    checks = check_terms(text, mentions(term, term, term))
    assert [check.target for check in checks] == ["Sichuan Union Council (SUCPEB)", "SUCPEB", None]


@pytest.mark.parametrize(
    ("requested", "text", "met"),
    [
        ("Sichuan Union Council (SUCPEB)", "the Sichuan Union Council met", False),
        ("Sichuan Union Council (SUCPEB)", "the SUCPEB met", False),
        ("Sichuan Union Council (SUCPEB)", "SUCPEB (Sichuan Union Council) met", False),
        ("Sichuan Union Council (SUCPEB)", "the Sichuan Union Council (SUCPEB) met", True),
        ("Sichuan Union Council (SUCPEB)", "Sichuan union councils (SUCPEB) met", True),
        ("SUCPEB", "the Sichuan Union Council met", False),
        ("SUCPEB", "the SUCPEB met", True),
        ("SUCPEB", "the Sichuan Union Council (SUCPEB) met", True),
        ("Sichuan Union Council", "the SUCPEB met", False),
        ("Sichuan Union Council", "the Sichuan Union Council (SUCPEB) met", True),
    ],
)
def test_what_was_requested_is_what_counts(requested: str, text: str, met: bool) -> None:
    term = make_term("川促会", ["SUCPEB", "the Council"], acronym="SUCPEB", full="Sichuan Union Council")
    assert check_terms(text, mentions(term), [requested])[0].met == met
    assert check_terms(text, mentions(term))[0].met


def test_first_and_later_mentions_are_told_apart() -> None:
    term = make_term("川促会", ["SUCPEB"], acronym="SUCPEB", full="Sichuan Union Council")
    requested = ["Sichuan Union Council (SUCPEB)", "SUCPEB"]
    text = "The SUCPEB and the Sichuan Union Council (SUCPEB) met"
    assert [check.start for check in check_terms(text, mentions(term, term), requested)] == [19, 4]
    text = "The Sichuan Union Council and SUCPEB met"
    assert [check.met for check in check_terms(text, mentions(term, term), requested)] == [False, True]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        (Term("x", ("bank",)), "Bank and banks, the bank's; embankment, bankers", ["Bank", "banks", "bank"]),
        (Term("x", ("bank",), inflect=False), "banks, the bank's, a bank", ["bank"]),
        (Term("x", ("Bank",), case="exact"), "bank Bank BANK Banks", ["Bank", "Banks"]),
        (Term("x", ("WHO",)), "who is the WHO? Who knows", ["WHO"]),
        (Term("x", ("authority",)), "authorities", ["authorities"]),
        (Term("x", ("secretary-general",)), "secretaries-general", ["secretaries-general"]),
        (Term("x", ("secretary of the committee",)), "Secretaries of the Committee", ["Secretaries of the Committee"]),
        (Term("x", ("level-2 counselor",)), "Level‑2  counselors", ["Level‑2  counselors"]),
        (Term("x", ("3.5%",)), "13.5%, 3.5%", ["3.5%"]),
        (Term("x", ("3",)), "3.5 and 3, 13 and 3.", ["3", "3"]),
        (Term("x", ("HK$68.1 billion",)), "of HK$68.1 billion", ["HK$68.1 billion"]),
        (Term("x", ("Lu Jin",), case="exact"), "Mr. Lu Jin’s and Lu Jing", ["Lu Jin"]),
        (Term("iPhone", ("iPhone",), keep=True), "an iPhone, no iphone or iPhones", ["iPhone"]),
        (Term("x", ("café",)), "cafe\u0301", ["cafe\u0301"]),
        (Term("x", ("FAOCMG",)), "the FAOCSPC-FAOCMG memorandum", ["FAOCMG"]),
        (Term("x", ("foreign\nminister",)), "foreign minister", ["foreign minister"]),
    ],
)
def test_options_of_the_english_side(term: Term, text: str, expected: list[str]) -> None:
    assert found(text, term) == expected


def test_plurals() -> None:
    assert "policies" in plurals("policy")
    assert "working groups" in plurals("working group")
    assert "spokeswomen" in plurals("spokeswoman")
    assert "memoranda of understanding" in plurals("memorandum of understanding")
    assert "days" in plurals("day")
    assert plurals("2018") == ()
    assert is_acronym("COVID-19")
    assert not is_acronym("A")
    assert not is_acronym("CPC Committee")


def test_every_plural_form_names_its_target() -> None:
    term = make_term("x", ["office"], full="Foreign Office", acronym="FO")
    assert {form.target for form in allowed_forms(term)} == {"office", "Foreign Office", "FO"}
    assert {form.written for form in allowed_forms(term)} >= {"offices", "FOs", "Foreign Offices"}


def test_longer_span_goes_before_the_shorter_it_contains() -> None:
    both, one = Term("川渝外办", ("FAOCSPC-FAOCMG",)), Term("四川省外办", ("FAOCSPC",))
    checks = check_terms("signed by the FAOCSPC-FAOCMG", mentions(one, both))
    assert [check.met for check in checks] == [False, True]


def test_nothing_to_check() -> None:
    assert check_terms("", []) == []
    assert [check.met for check in check_terms("", mentions(CHINA))] == [False]


def brute_force(demands: list[int], spans: list[list[tuple[int, int]]]) -> int:
    """The most disjoint spans, by trying every choice: each span in turn is left or, where it still fits, taken."""
    tagged = [(span, group) for group, own in enumerate(spans) for span in sorted(set(own))]

    def most(index: int, taken: tuple[tuple[int, int], ...], left: tuple[int, ...]) -> int:
        if index == len(tagged):
            return len(taken)
        span, group = tagged[index]
        best = most(index + 1, taken, left)
        if left[group] and all(span[1] <= other[0] or other[1] <= span[0] for other in taken):
            fewer = (*left[:group], left[group] - 1, *left[group + 1 :])
            best = max(best, most(index + 1, (*taken, span), fewer))
        return best

    return most(0, (), tuple(demands))


SPAN = st.tuples(st.integers(0, 11), st.integers(1, 4)).map(lambda pair: (pair[0], pair[0] + pair[1]))
GROUPS = st.lists(st.tuples(st.integers(0, 2), st.lists(SPAN, max_size=5)), min_size=1, max_size=4)


@given(GROUPS)
@settings(max_examples=300, deadline=None)
def test_assignment_agrees_with_brute_force(groups: list[tuple[int, list[tuple[int, int]]]]) -> None:
    demands = [demand for demand, _ in groups]
    spans = [own for _, own in groups]
    chosen = maximum_disjoint(demands, spans)
    taken = sorted(span for own in chosen for span in own)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(taken))
    for demand, group, own in zip(demands, spans, chosen, strict=True):
        assert len(own) <= demand
        assert set(own) <= set(group)
    assert len(taken) == brute_force(demands, spans)


WORDS = ["a", "b", "a b", "b c", "a b c", "c", "c a"]


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(0, 3), min_size=1, max_size=5),
    st.lists(st.sampled_from("abcd"), max_size=9).map(" ".join),
    st.randoms(),
)
@settings(max_examples=300, deadline=None)
def test_check_agrees_with_brute_force_in_any_order(
    targets: list[str], order: list[int], text: str, shuffle: random.Random
) -> None:
    terms = [Term(f"源{target}", (target,), inflect=False) for target in targets]
    matches = mentions(*(terms[index % len(terms)] for index in order))
    checks = check_terms(text, matches)
    for check in checks:
        if check.met:
            assert check.start is not None
            assert text[check.start : check.end] == check.match.term.targets[0]
    used = [term for term in terms if any(match.term == term for match in matches)]
    demands = [sum(match.term == term for match in matches) for term in used]
    assert sum(check.met for check in checks) == brute_force(demands, [find_targets(text, term) for term in used])
    # Neither the order of the matches nor that of the glossary's entries changes what is met.
    shuffled = list(matches)
    shuffle.shuffle(shuffled)
    assert {(c.match.start, c.met, c.start) for c in check_terms(text, shuffled)} == {
        (c.match.start, c.met, c.start) for c in checks
    }


@settings(deadline=None)
@given(st.lists(st.sampled_from("甲乙丙丁"), max_size=8).map("".join), st.randoms())
def test_check_is_invariant_to_entry_order(source: str, shuffle: random.Random) -> None:
    pairs = [("甲", "a"), ("甲乙", "a b"), ("乙丙", "b c"), ("丙", "c"), ("丁", "a b c"), ("乙", "b")]
    text = "a b c, a b, b c a"
    before = [
        (c.match.start, c.met, c.start, c.end) for c in check_terms(text, Glossary.from_pairs(pairs).match(source))
    ]
    shuffle.shuffle(pairs)
    after = [
        (c.match.start, c.met, c.start, c.end) for c in check_terms(text, Glossary.from_pairs(pairs).match(source))
    ]
    assert after == before


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("Bank of China", True),
        ("Chongqing", True),
        ("Common QR Code Standard for Retail Payments", True),
        ("Banking (Specification of Multilateral Development Bank) (Amendment) Notice 2018", True),
        ("3rd China International Import Expo", True),
        ("president Jin Liqun", False),
        ("secretary of the Party committee", False),
        ("AI", False),
        ("2018", False),
        ("", False),
    ],
)
def test_names_have_capitals_throughout(form: str, name: bool) -> None:
    assert is_name(form) == name
