"""The options of an entry as one cell."""

from __future__ import annotations

import pytest

from mt.errors import GlossaryError
from mt.glossary import Term
from mt.glossary.formats.options import format_options, parse_options
from mt.glossary.formats.registry import parse

PLAIN = Term("成都", ("Chengdu",))


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
