"""TBX and TMX."""

from __future__ import annotations

from pathlib import Path

import pytest
from parsed_terms import PAIRS, pairs, read, stripped

from mt.errors import GlossaryError
from mt.glossary import Term
from mt.glossary.formats.registry import losses, parse, write_terms
from mt.glossary.term import make_term

KEPT = Term("iPhone 手机壳", ("iPhone 手机壳",), keep=True)


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


def test_characters_xml_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GlossaryError, match="XML cannot hold"):
        write_terms([Term("川", ("a\ufffe",))], tmp_path / "a.tmx")
    assert list(tmp_path.iterdir()) == []
