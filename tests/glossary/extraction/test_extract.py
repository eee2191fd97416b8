"""Term extraction."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mt.data.documents import read_documents
from mt.data.segments import segments_of
from mt.glossary.extraction.association import log_likelihood_ratio
from mt.glossary.extraction.chinese_terms import is_organisation, organisations, transliterations
from mt.glossary.extraction.english_names import acronyms, expansions, repeated_phrases
from mt.glossary.extraction.extract import Candidate, extract
from mt.glossary.extraction.organisations import acronym_pairs
from mt.glossary.extraction.phrases import AlignedSpan, phrases
from mt.glossary.extraction.review import COLUMNS, candidates_tsv, write_workbook
from mt.glossary.extraction.statistics import collect, normalised
from mt.glossary.formats.registry import parse
from mt.glossary.glossary import Glossary
from mt.inference.alignment import Aligner

Pairs = list[tuple[str, str]]


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


def test_repeated_phrases_are_closed() -> None:
    assert repeated_phrases(["the economic circle of two", "an economic circle, economic growth"], 2) == {
        "economic circle": 2,
        "economic": 3,
    }


def test_organisations() -> None:
    text = "按照川渝外办签署的，加快推进渝促会的筹建工作，与四川省对外友协秘书长"
    assert [text[start:end] for start, end in organisations(text)] == ["川渝外办", "渝促会", "四川省对外友协"]
    text = "重庆市政府外办二级巡视员在战略部署上，两部门"
    assert [text[start:end] for start, end in organisations(text)] == ["重庆市政府外办"]
    assert is_organisation("巴塞尔银行监管委员会")
    assert not is_organisation("联系汇率制度")


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


def linked(zh: str, en: str, words: dict[str, str]) -> list[AlignedSpan]:
    """Links by hand, in the order of the words."""
    links, place, start = [], 0, 0
    for source, target in words.items():
        start = en.index(target, start)
        place = zh.index(source)
        links.append((place, place + len(source), start, start + len(target), 0.9))
    return sorted(links, key=lambda link: link[2])


RATE = ("实施联系汇率制度的报告", "a report on the Linked Exchange Rate System (LERS) in force")
RATE_WORDS = {"报告": "report", "联系": "Linked", "汇率": "Exchange", "制度": "System", "实施": "force"}


def test_phrases_end_where_the_alignment_and_function_words_say() -> None:
    found = {(phrase.source, phrase.target) for phrase in phrases(*RATE, linked(*RATE, RATE_WORDS))}
    assert {("联系汇率制度", "Linked Exchange Rate System"), ("联系汇率制度", "LERS"), ("报告", "report")} <= found
    assert not any(target.startswith(("the ", "on ")) or target.endswith(" in") for _, target in found)
    assert not any("的" in (source[0], source[-1]) for source, _ in found)


def test_case_number_and_possessives_are_one_target() -> None:
    assert normalised("Authorized Institutions’") == normalised("authorized institution") == "authorized institution"
    assert normalised("policies of the Long-Term Portfolio's") == "policy of the long term portfolio"
    assert normalised("basis of class analysis") == "basis of class analysis"


def repeated(count: int) -> tuple[Pairs, list[list[AlignedSpan]]]:
    pairs, links = [], []
    for number in range(count):
        other = ("委员会公布资本规则。", "THE COMMITTEE publishes capital rules of the committee.")
        words = {"委员会": "COMMITTEE", "公布": "publishes", "资本": "capital", "规则": "rules"}
        pair, own = (RATE, RATE_WORDS) if number % 2 else (other, words)
        pairs.append(pair)
        links.append(linked(*pair, own))
    return pairs, links


def test_candidates_have_their_acronym_counts_and_evidence() -> None:
    candidates = extract(*repeated(20))
    (rate,) = [candidate for candidate in candidates if candidate.source == "联系汇率制度"]
    assert dict(rate.renderings) == {"Linked Exchange Rate System": 10, "LERS": 10}
    assert (rate.acronym, rate.full, rate.source_count) == ("LERS", "Linked Exchange Rate System", 10)
    assert "联系汇率制度" in rate.source_example
    assert "Linked Exchange Rate System" in rate.target_example
    confidences = [candidate.confidence for candidate in candidates]
    assert confidences == sorted(confidences, reverse=True)


def test_capitals_of_a_heading_make_no_acronym() -> None:
    candidates = {candidate.source: candidate for candidate in extract(*repeated(20))}
    assert "acronym" not in {candidates[source].kind for source in candidates if source != "联系汇率制度"}


def test_what_is_excluded_unlikely_or_rare_is_not_proposed() -> None:
    pairs, links = repeated(20)
    everything = [candidate.source for candidate in extract(pairs, links)]
    assert [source for source in everything if source != "联系汇率制度"] == [
        candidate.source for candidate in extract(pairs, links, exclude=["聯繫匯率制度"])
    ]
    assert all(candidate.confidence >= 0.2 for candidate in extract(pairs, links, min_confidence=0.2))
    assert extract(pairs, links, min_count=11) == []


def test_no_text() -> None:
    assert extract([], []) == []
    assert extract([("", "")], [[]]) == []
    assert collect([("中国", "China")], [[]]) == []


@pytest.fixture(scope="module")
def seed(root: Path) -> list[Candidate]:
    (document,) = read_documents([str(root / "seeds/raw")])
    pairs = [(segment.zh, segment.en) for segment in segments_of(document).segments]
    aligner = Aligner.from_pretrained(root / "models" / "starter")
    return extract(pairs, aligner.align([zh for zh, _ in pairs], [en for _, en in pairs]))


def test_seed_document(seed: list[Candidate]) -> None:
    by_source = {candidate.source: candidate for candidate in seed}
    for name, source in [("Lu Jin", "鲁进"), ("Yang Dong", "杨东"), ("Xiang Qionghua", "向琼花")]:
        assert (by_source[source].renderings[0][0], by_source[source].kind) == (name, "person")
    assert by_source["成渝地区双城经济圈"].renderings[0][0] == "Chengdu-Chongqing Economic Circle"
    for source, acronym in [
        ("重庆市政府外办", "FAOCMG"),
        ("四川省委外办", "FAOCSPC"),
        ("市对外友协", "CMPAFFC"),
        ("四川省对外友协", "SPPAFFC"),
        ("川促会", "SUCPEB"),
    ]:
        found = by_source[source]
        assert (found.renderings[0][0], found.acronym, found.kind) == (acronym, acronym, "organisation")
    assert by_source["市对外友协"].full == (
        "Chongqing Municipal Peoples Association for Friendship with Foreign Countries"
    )
    assert by_source["川促会"].full == "Sichuan Union Council for the Promotion of Enterprise Business"
    others = {"川渝外办": "FAOCSPC-FAOCMG", "重庆市委": "CPC Chongqing Municipal Committee", "成都": "Chengdu"}
    assert {source: by_source[source].renderings[0][0] for source in others} == others
    for candidate in seed:
        assert candidate.source in candidate.source_example
        assert len(candidate.source) > 1


def test_the_table_loads_as_a_glossary(seed: list[Candidate]) -> None:
    text = candidates_tsv(seed)
    parsed = parse(text.encode(), "tsv")
    assert not parsed.errors
    assert [(term.source, term.targets) for term in parsed.terms] == [
        (candidate.term.source, candidate.term.targets) for candidate in seed
    ]
    assert text.splitlines()[0].split("\t") == COLUMNS
    (council,) = [term for term in parsed.terms if term.acronym == "SUCPEB"]
    assert council.full == "Sichuan Union Council for the Promotion of Enterprise Business"


def test_the_glossary_of_the_seed_document_among_the_first_sixty(seed: list[Candidate], root: Path) -> None:
    glossary = Glossary.load(root / "seeds/glossary.tsv")
    (document,) = read_documents([str(root / "seeds/raw")])
    text = [segment.zh for segment in segments_of(document).segments]
    occurring = {match.term.source: match.term for zh in text for match in glossary.match(zh)}
    first = {candidate.source: {target for target, _ in candidate.renderings} for candidate in seed[:60]}
    found = [source for source, term in occurring.items() if not first.get(source, set()).isdisjoint(term.targets)]
    assert len(occurring) == 26
    assert len(found) >= 16


def test_acronyms_follow_the_order_and_the_full_name() -> None:
    zh = "市外办和友好协会、省商会会面。"
    en = "The BFC met the ADE and the Provincial Chamber of Commerce (PCC)."
    start, end = en.index("Chamber"), en.index("Commerce")
    found = {pair.source: pair.target for pair, _ in acronym_pairs([(zh, en)], [[(9, 12, start, end, 0.8)]])}
    assert found["省商会"] in ("pcc", "provincial chamber of commerce")
    assert (found["市外办"], found["友好协会"]) == ("bfc", "ade")
    swapped = [(0, 3, start, end, 0.8)]  # the alignment counts for more than the order
    found = {pair.source: pair.target for pair, _ in acronym_pairs([(zh, en)], [swapped])}
    assert found["市外办"] in ("pcc", "provincial chamber of commerce")


def test_the_workbook_holds_the_same(seed: list[Candidate], tmp_path: Path) -> None:
    write_workbook(seed, tmp_path / "candidates.xlsx")
    with zipfile.ZipFile(tmp_path / "candidates.xlsx") as archive:
        assert archive.testzip() is None
        sheet = etree.fromstring(archive.read("sheet.xml"))
        for name in archive.namelist():
            etree.fromstring(archive.read(name))
    rows = [["".join(cell.itertext()) for cell in row] for row in sheet.iter("{*}row")]
    assert rows[0] == COLUMNS
    assert [row[0] for row in rows[1:]] == [candidate.source for candidate in seed]
