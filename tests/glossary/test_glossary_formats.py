"""Every format: read, written, round trips, dialects, and what is refused."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import json
import lzma
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.errors import GlossaryError
from mt.glossary import Glossary, Term
from mt.glossary.formats.options import format_options, parse_options
from mt.glossary.formats.registry import READERS, WRITERS, losses, parse, read_entries, write_terms
from mt.glossary.term import make_term

FULL = make_term(
    "川促会",
    ["SUCPEB", "the Council | of Sichuan"],
    acronym="SUCPEB",
    full="Sichuan Union Council; for short",
    case="exact",
    inflect=False,
    domain="organisation",
    note='says "so"; and\\or | more',
    policy="always-full",
)
PLAIN = Term("成都", ("Chengdu",))
KEPT = Term("iPhone 手机壳", ("iPhone 手机壳",), keep=True)
EVERYTHING = ("tsv", "csv", "json", "jsonl", "tmx")


def stripped(terms: list[Term]) -> list[Term]:
    return [replace(term, line=None) for term in terms]


def read(data: bytes | str, format: str) -> list[Term]:
    parsed = parse(data.encode() if isinstance(data, str) else data, format)
    assert parsed.errors == []
    return stripped(parsed.terms)


@pytest.mark.parametrize("format", EVERYTHING)
def test_round_trip_of_every_field(format: str) -> None:
    terms = [FULL, PLAIN, KEPT]
    assert read(WRITERS[format](terms), format) == terms
    assert losses(terms, format) == []


# No leading or trailing white space (stripped by every reader), no control characters (refused), and of white space
# only what XML keeps.
WORD = st.text(
    st.one_of(
        st.sampled_from("川渝AIab|;\\\"',=&<>（）$#"), st.characters(codec="utf-8", exclude_categories=["C", "Z"])
    ),
    min_size=1,
    max_size=8,
)
PHRASE = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
OPTIONAL = st.none() | PHRASE
TERMS = st.builds(
    lambda source, targets, options: make_term(source + "渝", targets, **options),
    PHRASE,
    st.lists(PHRASE, min_size=1, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "case": st.sampled_from(["any", "exact"]),
            "acronym": OPTIONAL,
            "full": OPTIONAL,
            "keep": st.booleans(),
            "inflect": st.booleans(),
            "domain": OPTIONAL,
            "note": OPTIONAL,
            "policy": st.sampled_from([None, "first-full", "none"]),
        },
    ),
)


@pytest.mark.parametrize("format", EVERYTHING)
@given(terms=st.lists(TERMS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_round_trips_lose_nothing(format: str, terms: list[Term]) -> None:
    assert read(WRITERS[format](terms), format) == terms


@pytest.mark.parametrize("format", ["tbx", "tbx-2008", "deepl", "amazon"])
@given(terms=st.lists(TERMS, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_what_a_format_cannot_hold_is_listed(format: str, terms: list[Term]) -> None:
    listed = {(loss.source, loss.field) for loss in losses(terms, format)}
    back = parse(WRITERS[format](terms).encode(), format)
    if len(back.terms) != len(terms):
        assert any(field == "entry" for _, field in listed)
        return
    for term, other in zip(terms, stripped(back.terms), strict=True):
        for field in ("targets", "case", "acronym", "full", "keep", "inflect", "domain", "note", "policy"):
            assert (getattr(term, field) != getattr(other, field)) == ((term.source, field) in listed) or sum(
                one.source == term.source for one in terms
            ) > 1


def test_losses_name_entry_field_and_value() -> None:
    (only,) = losses([replace(PLAIN, case="exact", line=4)], "tbx")
    assert (only.line, only.source, only.field, only.value) == (4, "成都", "case", "exact")
    assert {loss.field for loss in losses([FULL], "deepl")} == {
        "targets", "acronym", "full", "case", "inflect", "domain", "note", "policy",
    }  # fmt: skip


def test_options_cell() -> None:
    assert parse_options("case=exact; acronym=A\\;B; keep ;note=x=y") == {
        "case": "exact",
        "acronym": "A;B",
        "keep": True,
        "note": "x=y",
    }
    assert parse_options(" ; ") == {}
    assert format_options(PLAIN) == ""


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("acronim=X", "unknown option 'acronim'; did you mean 'acronym'"),
        ("case=lower", "is 'lower'; choose one of any, exact"),
        ("keep=perhaps", "write yes or no"),
        ("note=a; note=b", "given twice"),
        ("acronym", "has no value"),
    ],
)
def test_wrong_options_are_named(cell: str, message: str) -> None:
    with pytest.raises(GlossaryError, match=message):
        parse_options(cell)
    parsed = parse(f"source\ttarget\toptions\n川\tSichuan\t{cell}\n渝\tChongqing\n".encode(), "tsv")
    assert [(error.line, error.kind) for error in parsed.errors] == [(2, "option")]
    assert [term.source for term in parsed.terms] == ["渝"]


PAIRS = [("重庆", ("Chongqing",)), ("成都", ("Chengdu", "Rongcheng"))]


def pairs(terms: list[Term]) -> list[tuple[str, tuple[str, ...]]]:
    return [(term.source, term.targets) for term in terms]


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
    assert pairs(read(excel, "tsv")) == [("口号", ('say "yes"\tnow',))]


def test_foreign_backslashes_stand() -> None:
    assert pairs(read("部长\tDirector of\\_\\_ Department\n", "tsv")) == [("部长", ("Director of\\_\\_ Department",))]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_separators_and_quoting(separator: str) -> None:
    text = f'"重庆"{separator}"Chongqing, city; west\n""big"""\n成都{separator}Chengdu\n'
    terms = parse(text.encode(), "csv").terms
    assert pairs(terms) == [("重庆", ('Chongqing, city; west\n"big"',)), ("成都", ("Chengdu",))]
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


@pytest.mark.parametrize(
    "value",
    [
        {"重庆": "Chongqing", "成都": ["Chengdu", "Rongcheng"]},
        [["重庆", "Chongqing"], {"zh": "成都", "en": ["Chengdu", "Rongcheng"]}],
        {
            "terms": [
                {"source": "重庆", "target": "Chongqing"},
                {"src": "成都", "translations": ["Chengdu", "Rongcheng"]},
            ]
        },
        {"zh": "正文", "en": "text", "proper": {"重庆": ["Chongqing"], "成都": ["Chengdu", "Rongcheng"]}, "random": {}},
    ],
)
def test_json_shapes(value: object) -> None:
    assert pairs(read(json.dumps(value), "json")) == PAIRS
    assert pairs(read(json.dumps(value), "jsonl")) == PAIRS


def test_json_lines_repeat_a_dictionary_once() -> None:
    line = json.dumps({"proper": {"重庆": ["Chongqing"]}, "random": {"成都": "Chengdu"}})
    assert pairs(read(f"{line}\n{line}\n", "json")) == PAIRS[:1]
    assert pairs(parse(f"{line}\n{line}\n".encode(), "jsonl", "random").terms) == [("成都", ("Chengdu",))]
    terms = parse(b'[{"zh":"\xe5\xb7\x9d","en":"S"}]\n\n[{"zh":"\xe5\xb7\x9d","en":"S"}]\n', "jsonl").terms
    assert [term.line for term in terms] == [1, 3]


def test_json_keys_given_twice_are_both_kept() -> None:
    assert pairs(read('{"重庆": "Chongqing", "重庆": "CQ"}', "json")) == [("重庆", ("Chongqing",)), ("重庆", ("CQ",))]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"source": "川"}]', "[targets]: has no targets"),
        ('[{"target": "x"}]', "[source]: has no source"),
        ('[{"source": "川", "target": ["x"], "case": 3}]', "[case]"),
        ("[3]", "[entry 1]"),
        ('[{"source": "", "target": "x"}]', "[entry 1]: the source"),
    ],
)
def test_faulty_json_entries(text: str, place: str) -> None:
    (error,) = parse(text.encode(), "json").errors
    assert place in str(error)


TBX_2008 = """<?xml version='1.0'?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en"><martifHeader/><text><body>
<termEntry id="1">
 <descripGrp><descrip type="subjectField">organisation</descrip></descripGrp><note>seen</note>
 <langSet xml:lang="zh-CN"><tig><term>川促会</term></tig></langSet>
 <langSet xml:lang="en-US">
  <ntig><termGrp><term>old name</term>
   <termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termGrp></ntig>
  <ntig><termGrp><term>Sichuan  Union Council</term><termNote type="partOfSpeech">noun</termNote>
   <termNote type="termType">fullForm</termNote></termGrp></ntig>
  <tig><term>SUCPEB</term><termNote type="termType">acronym</termNote>
   <termNote type="administrativeStatus">preferredTerm-admn-sts</termNote></tig>
 </langSet>
 <langSet xml:lang="de"><tig><term>Rat</term></tig></langSet>
</termEntry>
<termEntry><langSet xml:lang="en"><tig><term>alone</term></tig></langSet></termEntry>
</body></text></martif>"""
TBX_DCT = """<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
 xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
<conceptEntry id="c1"><min:subjectField>organisation</min:subjectField>
 <basic:definition>a council</basic:definition>
 <langSec xml:lang="zh-Hant"><termSec><term>川促會</term></termSec><termSec><term>川促</term></termSec></langSec>
 <langSec xml:lang="en"><termSec><term>the Council</term></termSec>
  <termSec><term>SUCPEB</term><min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus>
  <basic:termType>acronym</basic:termType></termSec></langSec></conceptEntry></body></text></tbx>"""


def test_tbx_2008_with_several_notes_and_no_namespace() -> None:
    parsed = parse(TBX_2008.encode(), "tbx")
    assert stripped(parsed.terms) == [
        make_term(
            "川促会",
            ["SUCPEB", "Sichuan Union Council"],
            acronym="SUCPEB",
            full="Sichuan Union Council",
            domain="organisation",
            note="seen",
        )
    ]
    assert any("old name" in note for note in parsed.notes)
    assert any(note.startswith("1 concepts without") for note in parsed.notes)
    assert parsed.terms[0].line == 6


@pytest.mark.parametrize("bare", [False, True])
def test_tbx_2019_in_dct_style_with_and_without_namespace(bare: bool) -> None:
    text = TBX_DCT.replace(' xmlns="urn:iso:std:iso:30042:ed-2"', "") if bare else TBX_DCT
    terms = read(text, "xml")
    assert [term.source for term in terms] == ["川促會", "川促"]
    assert terms[0].targets == ("SUCPEB", "the Council")
    assert (terms[0].acronym, terms[0].domain, terms[0].note) == ("SUCPEB", "organisation", "a council")


def test_tbx_keeps_untranslated_terms_as_weblate_marks_them() -> None:
    note = '</term><termNote type="translationNote">no</termNote>'
    (term,) = read(TBX_2008.replace("</term>", note, 1), "tbx")
    assert term.keep
    assert [loss.field for loss in losses([KEPT], "tbx")] == ["keep"]


def test_tmx_with_inline_codes() -> None:
    text = """<tmx version="1.4"><header/><body><tu><prop type="client">x</prop>
    <tuv xml:lang="ZH-CN"><seg>重<bpt i="1">&lt;b&gt;</bpt>庆<ept i="1"/></seg></tuv>
    <tuv lang="EN-GB"><seg><hi>Chong</hi>qing</seg></tuv></tu></body></tmx>"""
    assert pairs(read(text, "xml")) == PAIRS[:1]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.tsv", b"", "is empty"),
        ("a.tsv", b"source\ttarget\n", "holds no entry"),
        ("a.tsv", "川促会\n".encode(), ":1: has one column"),
        ("a.tsv", "川\tS\n\tx\n".encode(), ":2: the source term is empty"),
        ("a.tsv", "川\t \n".encode(), ":1: '川' has an empty target"),
        ("a.tsv", "川\tS\x01\n".encode(), ":1: holds a control character"),
        ("a.tsv", "川\tSichuan".encode("gb18030"), "iconv -f GB18030"),
        ("a.tsv", b"\xff\xfe\x00", "is not UTF-16-LE"),
        ("a.csv", '川,"S\n'.encode(), ":1: cannot be read as CSV"),
        ("a.json", b"{", "is not JSON"),
        ("a.json", b"[" * 100_000, "is not JSON|nested too deep"),
        ("a.json", b"3", "is not a list of entries"),
        ("a.jsonl", b'{"a": "b"}\n{\n', ":2: is not JSON"),
        ("a.tbx", b"<tbx>", "is not well-formed XML"),
        ("a.tbx", b"<html/>", "is XML of another kind"),
        ("a.tmx", b"<html/>", "is XML of another kind"),
        ("a.tbx", b'<!DOCTYPE tbx [<!ENTITY a "b">]><tbx>&a;</tbx>', "declares XML entities"),
        ("a.tbx", b'<!DOCTYPE tbx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tbx>&a;</tbx>', "declares XML entities"),
        ("a.tsv.xz", b"not compressed at all", "not xz"),
        ("a.tsv.gz", b"no", "cannot be read"),
        ("a.xlsx", b"PK", "no known suffix"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(GlossaryError, match=message) as caught:
        Glossary.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_folder_and_unknown_format(tmp_path: Path) -> None:
    for path, format, message in [
        (tmp_path / "none.tsv", None, "no such file"),
        (tmp_path, "tsv", "is a folder"),
        (tmp_path / "none.tsv", "xls", "unknown format 'xls'"),
    ]:
        with pytest.raises(GlossaryError, match=message):
            Glossary.load(path, format)
    with pytest.raises(GlossaryError, match="unknown format 'xls'"):
        write_terms([PLAIN], tmp_path / "a.tsv", "xls")
    assert list(tmp_path.iterdir()) == []


def test_compressed_files(tmp_path: Path) -> None:
    data = WRITERS["tsv"]([PLAIN]).encode()
    (tmp_path / "a.tsv.xz").write_bytes(lzma.compress(data))
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(data))
    for name in ("a.tsv.xz", "a.tsv.gz"):
        assert stripped(list(Glossary.load(tmp_path / name))) == [PLAIN]


def test_an_empty_alternative_is_a_flaw_not_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("车间主任\tWorkshop Manager||Head\n", "utf-8")
    parsed = read_entries(path)
    assert parsed.terms[0].targets == ("Workshop Manager", "Head")
    assert [warning.kind for warning in parsed.warnings] == ["empty"]


def test_characters_xml_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GlossaryError, match="XML cannot hold"):
        write_terms([Term("川", ("a\ufffe",))], tmp_path / "a.tmx")
    assert list(tmp_path.iterdir()) == []


@given(data=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_random_bytes_give_only_clear_errors(data: bytes) -> None:
    for format in READERS:
        # Any other exception fails the test.
        with contextlib.suppress(GlossaryError):
            parse(data, format)


def test_seed_glossary_in_every_format(root: Path, tmp_path: Path) -> None:
    terms = stripped(list(Glossary.load(root / "seeds/glossary.tsv")))
    for name in ("a.tsv", "a.csv", "a.json", "a.jsonl", "a.tmx"):
        write_terms(terms, tmp_path / name)
        assert stripped(list(Glossary.load(tmp_path / name))) == terms
    write_terms(terms, tmp_path / "a.tbx")
    assert [term.targets for term in Glossary.load(tmp_path / "a.tbx")] == [term.targets for term in terms]
