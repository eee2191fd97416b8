"""Lint: each fault is found, and what is sound is left alone."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

import pytest

from mt.glossary.formats.registry import parse
from mt.glossary.lint import Finding, lint, lint_against_text


def findings(text: str, format: str = "tsv", **options: bool) -> list[Finding]:
    return lint(parse(text.encode(), format), **options)  # type: ignore[arg-type]


def kinds(text: str) -> Counter[str]:
    return Counter(finding.kind for finding in findings(text))


def test_sound_entries_give_nothing() -> None:
    assert (
        findings(
            "加油！少年\tGo, Boy!\n鲁进\tLu Jin\n2018年\tthe year 2018\n走出去\tgoing global|go global\n"
            "“一带一路”\tBelt and Road\n"
        )
        == []
    )


@pytest.mark.parametrize(
    ("line", "kind", "severity"),
    [
        ("\tSichuan", "empty", "error"),
        ("川\t ", "empty", "error"),
        ("川\tSichuan||Shu", "empty", "warning"),
        ("川促会", "columns", "error"),
        ('"川', "columns", "error"),
        ("川\tSi\x02chuan", "control-character", "error"),
        ("<b>川</b>\tSichuan", "markup", "error"),
        ("<GPE,T,1>{仙羽郡\tXianyu", "markup", "error"),
        ("川\t<i>Sichuan</i>", "markup", "error"),
        ("川\tSichuan &amp; Chongqing", "entity", "error"),
        ("川&#39;\tSichuan", "entity", "error"),
        ("\u200b\tSichuan", "never-matches", "error"),
        ("二级(jí)巡视员\tlevel-2 counselor", "never-matches", "error"),
        ("____委员会\tCommittee", "never-matches", "error"),
        ("委员会\tCommittee/Commission", "slash", "warning"),
        ("研究院/研究所\tAcademy", "slash", "warning"),
        ("中共（中国）\tCPC", "bracketed", "warning"),
        ("中共\tCommunist Party (CPC)", "bracketed", "warning"),
        ("部长\tDirector of\\_\\_\\_ Department", "placeholder", "warning"),
        ("三体\ttrisomy; Down's syndrome", "several-glosses", "warning"),
        ("绵阳\tMianyang 綿陽", "chinese-target", "warning"),
        ("」\tquote", "punctuation", "warning"),
        ("川\t" + "very " * 20 + "long", "too-long", "warning"),
        ("部\tDepartment", "one-character", "warning"),
        (" 門\u200b\tDepartment", "one-character", "warning"),
        ("长" * 50 + "\tlong", "too-long", "warning"),
    ],
)
def test_single_entries(line: str, kind: str, severity: str) -> None:
    found = [finding for finding in findings(f"成都\tChengdu\n{line}\n") if finding.kind == kind]
    assert found
    assert {finding.severity for finding in found} == {severity}
    assert {finding.line for finding in found} == {2}


def test_what_stands_for_itself_wherever_it_is_found_is_no_fault() -> None:
    assert not list(findings("组织部\tOrganization Department\nA\tA\n"))


def test_entries_against_each_other() -> None:
    text = "银行\tbank\n銀行\tbank\n银行\tlender\n银行\tbank\tcase=exact\n中国银行\tBank of China\n简称\t银行\n"
    found = [(finding.line, finding.kind, finding.message) for finding in findings(text)]
    assert (2, "duplicate", "银行 of line 1") in found
    assert (3, "conflict", "'lender' here, 'bank' in line 1; both are allowed") in found
    assert (4, "duplicate", "the same as line 1") in found
    assert (4, "conflict", "case is exact here, any in line 1") in found
    assert (5, "nested", "holds 银行; the longer one wins") in found
    assert (6, "chain", "the target '银行' is itself a source (line 4)") in found


def test_findings_are_in_order_and_plain_data() -> None:
    found = findings("四川\tS/C\n\tx\n重庆\ta;b\n")
    assert [finding.line for finding in found] == [1, 2, 3]
    assert set(asdict(found[0])) == {"entry", "line", "kind", "severity", "message"}
    json.dumps(list(map(asdict, found)))


def test_against_bilingual_text() -> None:
    terms = parse("川\tSichuan\n渝\tYu\n鄂\tHubei\n".encode(), "tsv").terms
    found = lint_against_text(terms, [("川与渝", "Sichuan and Chongqing"), ("川、川", "Sichuan")])
    assert [(f.entry, f.kind, f.severity, f.message) for f in found] == [
        ("川", "obeyed", "info", "the human translation obeys it in 2 of 3 mentions"),
        ("渝", "disobeyed", "warning", "the human translation obeys it in 0 of 1 mentions"),
    ]


def test_targets_the_vocabulary_cannot_write() -> None:
    parsed = parse("四川\tSichuan\n重庆\tChongqing ½ø|the office\n".encode(), "tsv")
    (finding,) = lint(parsed, spells=str.isascii)
    assert (finding.line, finding.kind, finding.severity) == (2, "unspellable", "error")
    assert "'Chongqing ½ø'" in finding.message
