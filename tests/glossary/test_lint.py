"""Lint: each fault is found, and what is sound is left alone."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path

import pytest

from mt.errors import ModelError
from mt.glossary.formats.registry import parse
from mt.glossary.lint import Finding, lint, lint_against_text, lint_own_segments
from mt.glossary.spelling import load_speller


def findings(text: str, format: str = "tsv", **options: bool) -> list[Finding]:
    return lint(parse(text.encode(), format), **options)  # type: ignore[arg-type]


def kinds(text: str) -> Counter[str]:
    return Counter(finding.kind for finding in findings(text))


def test_sound_entries_give_nothing() -> None:
    assert (
        findings("鲁进\tLu Jin\n2018年\tthe year 2018\n走出去\tgoing global|go global\n“一带一路”\tBelt and Road\n")
        == []
    )


@pytest.mark.parametrize(
    ("line", "kind", "severity"),
    [
        ("\tSichuan", "empty", "error"),
        ("川\t ", "empty", "error"),
        ("川\tSichuan||Shu", "empty", "warning"),
        ("川促会", "columns", "error"),
        ("川\tSichuan\tcase=low", "option", "error"),
        ("川\tSi\x02chuan", "control-character", "error"),
        ("<b>川</b>\tSichuan", "markup", "error"),
        ("<GPE,T,1>{仙羽郡\tXianyu", "markup", "error"),
        ("川\t<i>Sichuan</i>", "markup", "error"),
        ("川\tSichuan &amp; Chongqing", "entity", "error"),
        ("川&#39;\tSichuan", "entity", "error"),
        ("川\\n渝\tSichuan", "never-matches", "error"),
        ("\u200b\tSichuan", "never-matches", "error"),
        ("二级(jí)巡视员\tlevel-2 counselor", "never-matches", "error"),
        ("他来了。我走\tHe came", "never-matches", "error"),
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
    assert set(found[0].as_dict()) == {"entry", "line", "kind", "severity", "message"}
    json.dumps([finding.as_dict() for finding in found])


def test_segments_of_their_own() -> None:
    entry = '{"zh":"四川","en":"Sichuan"}'
    text = f'[{entry},{entry}]\n[{entry}]\n[{{"zh":"重庆","en":"Yu"}}]\n'
    reading = parse(text.encode(), "jsonl")
    assert [(f.line, f.kind) for f in lint(reading, per_segment=True)] == [(1, "duplicate")]
    pairs = [("去四川", "to Sichuan"), ("去重庆", "to Sichuan"), ("去重庆", "to Chongqing")]
    assert [(f.line, f.kind) for f in lint_own_segments(reading.terms, pairs)] == [
        (2, "absent-source"),
        (3, "absent-target"),
    ]
    assert lint_own_segments(reading.terms, pairs[:2])[-1].kind == "no-segment"


def test_against_bilingual_text() -> None:
    terms = parse("川\tSichuan\n渝\tYu\n鄂\tHubei\n".encode(), "tsv").terms
    found = lint_against_text(terms, [("川与渝", "Sichuan and Chongqing"), ("川、川", "Sichuan")])
    assert [(f.entry, f.kind, f.severity, f.message) for f in found] == [
        ("川", "obeyed", "info", "the human translation obeys it in 2 of 3 mentions"),
        ("渝", "disobeyed", "warning", "the human translation obeys it in 0 of 1 mentions"),
    ]


@pytest.fixture(scope="module")
def vocabularies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two SentencePiece vocabularies of the same small text: without and with byte fallback."""
    import sentencepiece

    folder = tmp_path_factory.mktemp("models")
    text = folder / "text"
    text.write_text("the office of Chongqing and the office of Sichuan\n" * 50, "utf-8")
    for name, fallback in (("plain", False), ("bytes", True)):
        (folder / name).mkdir()
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(folder / name / "target"),
            vocab_size=300 if fallback else 40,
            byte_fallback=fallback,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / name / "target.model").rename(folder / name / "target.spm")
    return folder / "plain", folder / "bytes"


def test_targets_the_vocabulary_cannot_write(vocabularies: tuple[Path, Path]) -> None:
    reading = parse("四川\tSichuan\n重庆\tChongqing ½ø|the office\n".encode(), "tsv")
    plain, with_bytes = map(load_speller, vocabularies)
    (finding,) = lint(reading, spells=plain)
    assert (finding.line, finding.kind, finding.severity) == (2, "unspellable", "error")
    assert lint(reading, spells=with_bytes) == []


def test_marian_vocabulary_file_counts(vocabularies: tuple[Path, Path], tmp_path: Path) -> None:
    import sentencepiece

    model = tmp_path / "target.spm"
    model.write_bytes((vocabularies[0] / "target.spm").read_bytes())
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    pieces = set(processor.encode("the office", out_type=str))
    (tmp_path / "vocab.json").write_text(json.dumps(dict.fromkeys(pieces, 0)), "utf-8")
    spells = load_speller(tmp_path)
    assert spells("the office")
    assert not spells("Sichuan")


def test_folders_without_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no vocabulary"):
        load_speller(tmp_path)
    with pytest.raises(ModelError, match="no such folder"):
        load_speller(tmp_path / "none")
    (tmp_path / "target.spm").write_bytes(b"junk")
    logging.disable()
    with pytest.raises(ModelError, match="is not a SentencePiece model"):
        load_speller(tmp_path)
    logging.disable(logging.NOTSET)
