"""The development data: real lists, real faults, real documents."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from mt.glossary import Glossary
from mt.glossary.formats.registry import read_entries
from mt.glossary.lint import lint
from mt.glossary.matching.output_checker import check_terms

pytestmark = pytest.mark.shared
YEARS = [("train", 2015), ("dev", 2016), ("train", 2017), ("dev", 2018), ("train", 2019), ("train", 2021)]


@pytest.mark.parametrize(
    ("name", "entries", "faults"),
    [
        (
            "beijing_fao_org_titles.tsv",
            217,
            {"slash": 7, "bracketed": 9, "placeholder": 17, "empty": 1, "one-character": 3},
        ),
        ("cedict_chongqing_sichuan.tsv", 628, {"several-glosses": 2, "chinese-target": 793, "bracketed": 520}),
        ("xuexi_terms.tsv", 32, {"slash": 1}),
        ("tw_legal_terms.tsv", 1955, {"slash": 191, "bracketed": 96, "several-glosses": 1}),
    ],
)
def test_real_lists_load_and_their_faults_are_reported(
    shared: Path, name: str, entries: int, faults: dict[str, int]
) -> None:
    path = shared / "glossaries" / name
    assert len(Glossary.load(path)) == entries
    counts = Counter(finding.kind for finding in lint(read_entries(path)))
    assert {kind: counts[kind] for kind in faults} == faults


def test_cedict_loads_and_matches(shared: Path) -> None:
    glossary = Glossary.load(shared / "glossaries/cedict.tsv.xz")
    assert len(glossary) == 200_686
    assert [match.term.source for match in glossary.match("他在重庆市工作。")] == ["他", "在", "重庆市", "工作"]
    assert all(term.source and term.targets for term in glossary)


@pytest.mark.parametrize(("part", "year"), YEARS)
def test_finance_years_load_and_match_their_documents(shared: Path, part: str, year: int) -> None:
    path = shared / f"testsets/wmt25-finance/{part}/{year}.jsonl"
    documents = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    glossary = Glossary.load(path)
    # Even years go from Chinese to English; the odd ones are turned round, with one entry a Chinese term.
    given = documents[0]["proper"]
    expected = given if year % 2 == 0 else {target for targets in given.values() for target in targets}
    assert len(glossary) == len(expected)
    found = 0
    for document in documents:
        for match in glossary.match(document["zh"]):
            found += 1
            assert 0 <= match.start < match.end <= len(document["zh"])
    assert found > 1000


@pytest.mark.parametrize("year", [2016, 2018])
def test_wmt25_success_of_the_reference_itself(shared: Path, year: int) -> None:
    from mt.metrics.row_scores import share
    from mt.metrics.term_metric import term_dictionary
    from mt.metrics.wmt25 import wmt25_success

    path = shared / f"testsets/wmt25-finance/dev/{year}.jsonl"
    documents = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    # The definition in ../shared/testsets/README.md, word for word.
    values = []
    for document in documents:
        zh, en = document["zh"].lower(), document["en"].lower()
        for term, translations in document["proper"].items():
            listed = {translation.lower() for translation in translations}
            if term.lower() in zh and any(translation in en for translation in listed):
                produced = sum(en.count(translation) for translation in listed)
                values.append(min(1.0, produced / zh.count(term.lower())))
    glossary = Glossary.load(path)
    sources, references = ([document[side] for document in documents] for side in ("zh", "en"))
    rows = wmt25_success(sources, references, references, term_dictionary(glossary))
    assert share(rows.sum(0).tolist()) == pytest.approx(100 * sum(values) / len(values), abs=1e-9)
    # Exclusive match asks more: every mention its own, word-bounded piece of the translation.
    checks = [
        check for zh, en in zip(sources, references, strict=True) for check in check_terms(en, glossary.match(zh))
    ]
    exclusive = 100 * sum(check.met for check in checks) / len(checks)
    assert 85 < exclusive < share(rows.sum(0).tolist())


def test_known_errors_of_the_wmt23_terms(shared: Path) -> None:
    parsed = read_entries(shared / "testsets/wmt23-novels/dev.term.proper", "jsonl")
    found = lint(parsed)
    assert len(parsed.terms) + len(parsed.errors) == 1356
    assert sum(finding.kind == "empty" for finding in found) == 5
    assert len({(finding.line, finding.entry) for finding in found if finding.kind == "markup"}) == 16
