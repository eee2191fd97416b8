"""TSV, CSV, and the columns of DeepL and Amazon."""

from __future__ import annotations

import codecs

import pytest
from parsed_terms import PAIRS, pairs, read

from mt.glossary import Term
from mt.glossary.formats.registry import WRITERS, parse
from mt.glossary.term import make_term

PLAIN = Term("成都", ("Chengdu",))


@pytest.mark.parametrize(
    "text",
    [
        "source\ttarget\n重庆\tChongqing\n成都\tChengdu|Rongcheng\n",
        "重庆\tChongqing\r\n\r\n成都\tChengdu | Rongcheng",
        "English\tnumber\t中文\nChongqing\t1\t重庆\nChengdu|Rongcheng\t2\t成都\n",
        "en-US\tzh-CN\nChongqing\t重庆\nChengdu|Rongcheng\t成都\n",
        "重庆\tChongqing\r成都\tChengdu|Rongcheng",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_tsv_with_and_without_header_in_every_encoding(text: str, encoding: str) -> None:
    assert pairs(read(text.encode(encoding), "tsv")) == PAIRS


def test_big_endian_utf_16_with_mark() -> None:
    data = codecs.BOM_UTF16_BE + "重庆\tChongqing\n".encode("utf-16-be")
    assert pairs(read(data, "tsv")) == PAIRS[:1]


def test_columns_after_the_second_without_header() -> None:
    (term,) = read("中共\tCPC\tA.1\n", "tsv")
    assert term.note == "A.1"
    (term,) = read("中共\tCPC\tcase=exact\tdomain=politics; keep=no\n", "tsv")
    assert (term.case, term.domain, term.keep) == ("exact", "politics", False)
    (term,) = read("iPhone手机\t\tkeep\n", "tsv")
    assert term == Term("iPhone手机", ("iPhone手机",), keep=True)


def test_wide_columns_and_notes_in_a_header() -> None:
    (term,) = read("Source,Target,Case,Acronym,Comment\n川促会,Council,exact,SUCPEB,from paper\n", "csv")
    assert term == make_term("川促会", ["Council"], case="exact", acronym="SUCPEB", note="from paper")
    parsed = parse("source,target,status\n川,Sichuan,ok\n".encode(), "csv")
    assert parsed.notes == ["columns not read: status"]


def test_quotes_in_tsv() -> None:
    assert pairs(read('缩写\tacronym for "a, b"\n', "tsv")) == [("缩写", ('acronym for "a, b"',))]
    assert pairs(read('口号\t"Growth Next"\n', "tsv")) == [("口号", ('"Growth Next"',))]
    assert pairs(read('口号\t"say ""yes"""\n', "tsv")) == [("口号", ('say "yes"',))]
    excel = '口号\t"say ""yes""\tnow"\n'.encode("utf-16")
    assert pairs(read(excel, "tsv")) == [("口号", ('say "yes" now',))]


@pytest.mark.parametrize("header", ["", "source\ttarget\n", "source\ttarget\toptions\n"])
def test_a_bar_is_escaped_in_every_form(header: str) -> None:
    (term,) = read(f"{header}或\ta\\|b|c\n", "tsv")
    assert term.targets == ("a|b", "c")
    assert pairs(read(WRITERS["tsv"]([term]), "tsv")) == pairs([term])


def test_foreign_backslashes_stand() -> None:
    assert pairs(read("部长\tDirector of\\_\\_ Department\n", "tsv")) == [("部长", ("Director of\\_\\_ Department",))]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_separators_and_quoting(separator: str) -> None:
    text = f'"重庆"{separator}"Chongqing, city; west\n""big"""\n成都{separator}Chengdu\n'
    terms = parse(text.encode(), "csv").terms
    assert pairs(terms) == [("重庆", ('Chongqing, city; west "big"',)), ("成都", ("Chengdu",))]
    assert [term.line for term in terms] == [1, 3]


def test_deepl_columns() -> None:
    text = "重庆,Chongqing,ZH,EN\nChengdu,成都,en-US,zh-HANS\nBerlin,柏林,DE,ZH\nParis,Paris,FR,EN\n"
    parsed = parse(text.encode(), "csv")
    assert pairs(parsed.terms) == [("重庆", ("Chongqing",)), ("成都", ("Chengdu",))]
    assert parsed.notes == ["2 rows of other languages are skipped"]
    header = "source,target,source_lang,target_lang\n重庆,Chongqing,zh,en\n"
    assert pairs(read(header, "csv")) == PAIRS[:1]


def test_amazon_columns() -> None:
    parsed = parse("en,fr,zh\nChongqing,Tchongking,重庆\n".encode(), "amazon")
    assert pairs(parsed.terms) == PAIRS[:1]
    assert parsed.notes == ["columns not read: fr"]
    assert WRITERS["amazon"]([PLAIN]) == "zh,en\n成都,Chengdu\n"


def test_english_first_lists_are_turned_round() -> None:
    parsed = parse(b"Chongqing\t\xe9\x87\x8d\xe5\xba\x86\nCity of Chongqing\t\xe9\x87\x8d\xe5\xba\x86\n", "tsv")
    assert pairs(parsed.terms) == [("重庆", ("Chongqing", "City of Chongqing"))]
    assert "in reverse" in parsed.notes[0]
