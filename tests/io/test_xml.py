from __future__ import annotations

import pytest

from mt.errors import GlossaryError
from mt.io.xml import children, descendants, line_of, local_name, parse_xml


def test_names_are_compared_without_namespaces() -> None:
    root = parse_xml(b'<a xmlns="urn:x"><b/>\n<c><b/></c><!-- b --></a>')
    assert local_name(root) == "a"
    assert len(children(root, "b")) == 1
    assert [line_of(node) for node in descendants(root, "b", "c")] == [1, 2, 2]


def test_a_document_type_is_read_without_its_dtd() -> None:
    assert local_name(parse_xml(b'<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx/>')) == "tmx"
    assert parse_xml("<a>中文</a>".encode("utf-16")).text == "中文"


BILLION_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "is not well-formed XML"),
        ("<a>\n<b></a>", ":2: is not well-formed XML"),
        ("<?xml version='1.0' encoding='none'?><a/>", "XML"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a/>', "declares XML entities"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "declares XML entities"),
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{BILLION_LAUGHS}]><a b="&l11;">&l11;</a>', "entit"),
        ('<!DOCTYPE a SYSTEM "x.dtd"><a>\n<b>&nbsp;</b></a>', ":2: refers to an XML entity"),
        ("<a>" * 100_000, "XML"),
    ],
)
def test_what_is_refused(document: str, message: str) -> None:
    with pytest.raises(GlossaryError, match=message) as error:
        parse_xml(document.encode(), path="x.xml", error=GlossaryError)
    assert str(error.value).startswith("x.xml")
