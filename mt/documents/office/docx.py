"""Word documents (.docx, .docm, .dotx): ECMA-376 WordprocessingML.

Body, tables, text boxes, headers, footers, footnotes and endnotes, comments if asked for, and the numbering of
headings. Tracked changes are taken as accepted in the paragraphs that are translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mt.documents.container import Container, xml_bytes
from mt.documents.office.atoms import Dialect
from mt.documents.office.drawings import CHART, DrawingPart
from mt.documents.office.fields import paired_fields
from mt.documents.office.runs import RunParagraph
from mt.documents.segment import Segment, Target, divided
from mt.io.xml import local_name
from mt.text.han import has_han

_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_W = f"{{{_NAMESPACE}}}"
# Parts in the order they are read, by the end of their content type.
MAIN = ("document.main+xml", "document.macroEnabled.main+xml", "template.main+xml")
_PARTS = (*MAIN, "header+xml", "footer+xml", "footnotes+xml", "endnotes+xml")
_COMMENTS = "comments+xml"
_CJK_FONT = re.compile(
    r"[\u4e00-\u9fff]|Sim(Sun|Hei)|FangSong|KaiTi|YaHei|DengXian|Ming|Songti|Heiti|STXi|STSong", re.I
)
_SANS = re.compile(r"[黑雅圆幼]|Hei|YaHei|DengXian|等线", re.I)
_CHAPTERS = {"章": "Chapter", "节": "Section", "条": "Article", "编": "Part", "部分": "Part", "款": "Paragraph"}


def _english_run(properties: Any) -> None:
    """Set a run's fonts and language to those of Latin text, and take nothing of its formatting else."""
    for child in list(properties):
        name = local_name(child)
        if name == "rFonts":
            child.attrib.pop(f"{_W}hint", None)
            for kind in ("ascii", "hAnsi"):
                font = child.get(f"{_W}{kind}")
                if font is not None and _CJK_FONT.search(font):
                    child.set(f"{_W}{kind}", "Arial" if _SANS.search(font) else "Times New Roman")
        elif name == "lang":
            child.set(f"{_W}val", "en-US")
        elif name in ("rPrChange", "ins", "moveTo"):
            properties.remove(child)


# What follows a highlight among the properties of a run, which have a fixed order.
_AFTER_HIGHLIGHT = frozenset(
    "u effect bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath rPrChange".split()
)


def _highlight(properties: Any, colour: str) -> None:
    for old in properties.findall(f"{_W}highlight"):
        properties.remove(old)
    place = next((at for at, one in enumerate(properties) if local_name(one) in _AFTER_HIGHLIGHT), len(properties))
    properties.insert(place, properties.makeelement(f"{_W}highlight", {f"{_W}val": colour}))


DIALECT = Dialect(
    _NAMESPACE,
    {"br": "\n", "cr": "\n", "tab": "\t"},
    spelled={"noBreakHyphen": "-"},
    leading=frozenset(("pPr",)),
    unwrapped=frozenset(("ins", "moveTo", "smartTag", "customXml")),
    wrappers=frozenset(("hyperlink", "sdt", "bdo", "dir")),
    dropped=frozenset(
        "del moveFrom proofErr lastRenderedPageBreak moveFromRangeStart moveFromRangeEnd moveToRangeStart "
        "moveToRangeEnd softHyphen smartTagPr customXmlPr".split()
    ),
    noise=frozenset("lang noProof rFonts kern szCs bCs iCs w rPrChange ins webHidden snapToGrid".split()),
    english=_english_run,
    highlight=_highlight,
)


class Docx:
    """A Word document; ``comments`` if its comments are translated too."""

    def __init__(self, path: str | Path, *, comments: bool = False) -> None:
        self._container = Container(path)
        self._roots: dict[str, Any] = {}
        self._paragraphs: list[tuple[str, RunParagraph, int]] = []
        self.segments: list[Segment] = []
        for kind in (*_PARTS, *((_COMMENTS,) if comments else ())):
            for name in content_parts(self._container, kind):
                self._read(name)
        self._drawn_from = len(self.segments)
        self._drawings = [
            DrawingPart(name, self._container.xml(name)) for name in content_parts(self._container, CHART)
        ]
        self.segments += [segment for part in self._drawings for segment in part.segments]

    def _read(self, name: str) -> None:
        root = self._roots[name] = self._container.xml(name)
        chosen: dict[tuple[Any, str], int] = {}
        for element, alternative in _paragraphs(root):
            paragraph = RunParagraph(element, DIALECT, paired_fields)
            if not has_han(paragraph.text):
                continue
            # A text box is written twice, the second time for old programs: it is one segment.
            number = chosen.get((alternative, paragraph.text)) if alternative is not None else None
            same = number is not None and len(self.segments[number].codes) == len(paragraph.segment.codes)
            if number is None or not same:
                number = len(self.segments)
                self.segments.append(paragraph.segment)
            if alternative is not None:
                chosen[alternative, paragraph.text] = number
            self._paragraphs.append((name, paragraph, number))

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        # Inner paragraphs (text boxes) are rewritten where they stand; outer ones move them as a whole.
        for _, paragraph, number in self._paragraphs:
            paragraph.write(targets[number])
        parts = {name: xml_bytes(self._roots[name]) for name in {name for name, _, _ in self._paragraphs}}
        drawn = divided(targets[self._drawn_from :], self._drawings)
        parts |= {drawing.name: drawing.write(own) for drawing, own in drawn}
        for name in content_parts(self._container, "numbering+xml"):
            root = self._container.xml(name)
            if _english_numbering(root):
                parts[name] = xml_bytes(root)
        return self._container.write(parts)


def content_parts(container: Container, kind: str) -> Iterator[str]:
    """The parts whose content type ends in ``kind``, by the numbers in their names."""
    types = container.xml("[Content_Types].xml")
    names = [
        (node.get("PartName") or "").lstrip("/")
        for node in types
        if local_name(node) == "Override" and (node.get("ContentType") or "").endswith(kind)
    ]
    for name in sorted(
        names, key=lambda name: [int(part) if part.isdigit() else 0 for part in re.split(r"(\d+)", name)]
    ):
        if name in container:
            yield name


def _paragraphs(root: Any) -> Iterator[tuple[Any, Any]]:
    """Yield paragraphs, and for those in a text box the element that holds its two forms."""
    for element in root.iter(f"{_W}p"):
        around = next((up for up in element.iterancestors() if local_name(up) == "AlternateContent"), None)
        yield element, around


def _english_numbering(root: Any) -> bool:
    """Write 第%1章 as Chapter %1 and Chinese numerals as digits; return whether anything changed."""
    changed = False
    for level in root.iter(f"{_W}lvl"):
        text, form = level.find(f"{_W}lvlText"), level.find(f"{_W}numFmt")
        for node, new in ((text, _numbering_text), (form, _numbering_form)):
            old = node.get(f"{_W}val") if node is not None else None
            if old is not None and (value := new(old)) != old:
                node.set(f"{_W}val", value)
                changed = True
    return changed


def _numbering_text(text: str) -> str:
    text = re.sub(r"第(%\d)(章|节|条|编|部分|款)", lambda match: f"{_CHAPTERS[match[2]]} {match[1]}", text)
    return text.replace("（", "(").replace("）", ")").replace("、", ".").replace("．", ".")


def _numbering_form(form: str) -> str:
    chinese = form.startswith(("chinese", "ideograph", "taiwanese", "japaneseCounting"))
    return "decimal" if chinese else form
