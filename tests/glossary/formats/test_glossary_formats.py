"""Every format: round trips, losses, and what is refused."""

from __future__ import annotations

import contextlib
import gzip
import lzma
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsed_terms import read, stripped

from mt.errors import GlossaryError
from mt.glossary import Glossary, Term
from mt.glossary.formats.registry import READERS, WRITERS, losses, parse, read_entries, write_terms
from mt.glossary.term import make_term

PLAIN = Term("成都", ("Chengdu",))


KEPT = Term("iPhone 手机壳", ("iPhone 手机壳",), keep=True)


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


EVERYTHING = ("tsv", "csv", "json", "jsonl", "tmx")


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


# Terms are slow to draw: each draw is tried in every format.
@given(terms=st.lists(TERMS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_round_trips_lose_nothing(terms: list[Term]) -> None:
    for format in EVERYTHING:
        assert read(WRITERS[format](terms), format) == terms, format


@given(terms=st.lists(TERMS, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_what_a_format_cannot_hold_is_listed(terms: list[Term]) -> None:
    for format in ("tbx", "deepl", "amazon"):
        check_losses(format, terms)


def check_losses(format: str, terms: list[Term]) -> None:
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


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.tsv", b"", "is empty"),
        ("a.tsv", b"source\ttarget\n", "holds no entry"),
        ("a.tsv", "川促会\n".encode(), ":1: has 1 column"),
        ("a.tsv", b"\tx\n", ":1: the source term is empty"),
        ("a.tsv", "川\t \n".encode(), ":1: '川' has an empty target"),
        ("a.tsv", "川\tS\x01\n".encode(), ":1: holds a control character"),
        ("a.tsv", "川\tSichuan".encode("gb18030"), "iconv -f GB18030"),
        ("a.tsv", b"\xff\xfe\x00", "is not UTF-16-LE"),
        ("a.csv", '川,"S\n'.encode(), ":1: has a quote that is never closed"),
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


def test_an_empty_alternative_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("车间主任\tWorkshop Manager||Head\n", "utf-8")
    parsed = read_entries(path)
    assert parsed.terms[0].targets == ("Workshop Manager", "Head")
    assert [warning.kind for warning in parsed.warnings] == ["empty"]


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
