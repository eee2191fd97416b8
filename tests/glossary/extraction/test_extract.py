"""Term extraction."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.data.documents import read_documents
from mt.data.segments import segments_of
from mt.glossary.extraction.association import log_likelihood_ratio
from mt.glossary.extraction.chinese_terms import organisations, recurring_strings, same_province, transliterations
from mt.glossary.extraction.english_names import acronyms, capitalised_names, expansions, repeated_phrases
from mt.glossary.extraction.extract import Candidate, extract, write_candidates
from mt.glossary.formats.registry import parse


def test_log_likelihood_ratio_of_a_known_table() -> None:
    # "the swiss" style table of Dunning (1993), table 2: k(AB)=110, k(A~B)=2442, k(~AB)=111, k(~A~B)=29114 → 270.72.
    assert log_likelihood_ratio(110, 2552, 221, 31777) == pytest.approx(270.72, abs=0.01)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_log_likelihood_ratio_properties(both: int, first: int, second: int, neither: int) -> None:
    total = both + first + second + neither
    value = log_likelihood_ratio(both, both + first, both + second, total)
    assert value == pytest.approx(log_likelihood_ratio(both, both + second, both + first, total))
    assert math.isfinite(value)
    if both * total == (both + first) * (both + second):
        assert value == pytest.approx(0, abs=1e-9)
    else:
        assert (value > 0) == (both * total > (both + first) * (both + second)) or abs(value) < 1e-9


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="no text can have"):
        log_likelihood_ratio(3, 2, 3, 10)


def test_acronyms_and_expansions() -> None:
    assert acronyms("the FAOCSPC-FAOCMG of COVID-19 by Lu Jin, A and I; AIs") == ["FAOCSPC", "FAOCMG", "COVID", "AI"]
    text = "the Hong Kong Monetary Authority (HKMA) and HKAB (Hong Kong Association of Banks); see (UN) or (the end)"
    assert expansions(text) == [
        ("Hong Kong Monetary Authority", "HKMA"),
        ("Hong Kong Association of Banks", "HKAB"),
    ]
    assert expansions("it went up (GDP)") == []


def test_capitalised_names() -> None:
    text = (
        "On Monday Mr. Lu Jin met the Association for Friendship with Foreign Countries (CMPAFFC). They left Chengdu."
    )
    assert list(capitalised_names(text)) == [
        ("Monday", False),
        ("Lu Jin", False),
        ("Association for Friendship with Foreign Countries", False),
        ("Chengdu", False),
    ]
    assert list(capitalised_names("Friends came. Chengdu grew.")) == [("Friends", True), ("Chengdu", True)]


def test_recurring_strings_are_closed() -> None:
    texts = ["推进双城经济圈建设", "双城经济圈的发展", "双城"]
    assert recurring_strings(texts, 2) == {"双城经济圈": 2, "双城": 3}
    assert repeated_phrases(["the economic circle of two", "an economic circle, economic growth"], 2) == {
        "economic circle": 2,
        "economic": 3,
    }


def test_organisations() -> None:
    assert organisations("按照川渝外办签署的，加快推进渝促会的筹建工作，与四川省对外友协秘书长") == [
        "川渝外办",
        "渝促会",
        "四川省对外友协",
    ]
    assert organisations("重庆市政府外办二级巡视员在战略部署上，两部门") == ["重庆市政府外办"]
    names = ("Sichuan Union Council", "Beijing Municipality", "SUCPEB")
    assert [same_province("川渝外办", name) for name in names] == [1, -1, 0]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Xiang Qionghua", "秘书长向琼花举行", ["向琼花"]),
        ("Chongqing", "在重庆市", ["重庆"]),  # 重 has two readings
        ("Xi'an", "从西安到", ["西安"]),
        ("Lü Bu", "名吕布者", ["吕布"]),
        ("Lyu Bu", "名吕布者", ["吕布"]),
        ("Washington", "华盛顿", []),
        ("Li", "李", []),
    ],
)
def test_transliterations(name: str, text: str, found: list[str]) -> None:
    assert transliterations(name.replace("ü", "u"), text) == found


def test_terms_need_the_statistic() -> None:
    pairs = [("签署合作备忘录。", "They signed a memorandum."), ("讨论天气。", "They talked about the weather.")] * 8
    candidates = extract(pairs)
    linked = {candidate.target: candidate.source for candidate in candidates if candidate.kind == "term"}
    assert any("memorandum" in target and "备忘录" in source for target, source in linked.items())
    assert all(candidate.score >= 10.83 for candidate in candidates if candidate.kind == "term")
    assert [c for c in extract(pairs, min_score=1000) if c.kind == "term"] == []


def seed_candidates(root: Path) -> list[Candidate]:
    (document,) = read_documents([str(root / "seeds/raw")])
    return extract([(segment.zh, segment.en) for segment in segments_of(document).segments])


def test_seed_document(root: Path) -> None:
    candidates = seed_candidates(root)
    by_target = {candidate.target: candidate for candidate in candidates}
    assert {"CMPAFFC", "SUCPEB", "FAOCMG", "FAOCSPC", "SPPAFFC"} <= set(by_target)
    assert by_target["CMPAFFC"].full == (
        "Chongqing Municipal Peoples Association for Friendship with Foreign Countries"
    )
    assert by_target["SUCPEB"].full == "Sichuan Union Council for the Promotion of Enterprise Business"
    for name, source in [("Lu Jin", "鲁进"), ("Yang Dong", "杨东"), ("Xiang Qionghua", "向琼花")]:
        assert (by_target[name].source, by_target[name].kind) == (source, "transliteration")
    sources = {candidate.source for candidate in candidates}
    assert {"市对外友协", "四川省对外友协"} <= sources
    assert (by_target["CMPAFFC"].source, by_target["SPPAFFC"].source) == ("市对外友协", "四川省对外友协")
    for candidate in candidates:
        assert candidate.joint_count <= min(candidate.source_count, candidate.target_count) or not candidate.source
        assert candidate.source in candidate.source_context or not candidate.source_context


def test_table_loads_once_both_sides_are_there(root: Path) -> None:
    candidates = seed_candidates(root)
    parsed = parse(write_candidates(candidates).encode(), "tsv")
    whole = [candidate for candidate in candidates if candidate.source and candidate.target]
    assert len(parsed.terms) == len(whole)
    assert len(parsed.errors) == len(candidates) - len(whole)
    (council,) = [term for term in parsed.terms if term.acronym == "SUCPEB"]
    assert council.full == "Sichuan Union Council for the Promotion of Enterprise Business"


def test_no_text() -> None:
    assert extract([]) == []
    assert extract([("", "")]) == []
