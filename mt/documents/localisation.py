"""Files of translators' tools: gettext catalogues (.po, .pot) and translation memories (.tmx)."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from mt.documents.container import xml_bytes
from mt.documents.mixed import Inline, MixedContent
from mt.documents.segment import Segment, Target
from mt.errors import DataError
from mt.io.text import read_bytes, read_text
from mt.io.xml import children, descendants, local_name, parse_xml, writable
from mt.text.han import has_han

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Catalogue:
    """A gettext catalogue with Chinese messages: those without a translation get one, marked fuzzy for review."""

    def __init__(self, path: str | Path) -> None:
        import polib

        try:
            # polib would open the file that a text of one line names.
            self._file = polib.pofile(read_text(path) + "\n")
        except (OSError, ValueError) as problem:
            raise DataError(f"is no gettext catalogue ({problem})", path=path) from None
        self._entries = [
            entry
            for entry in self._file
            if has_han(entry.msgid)
            and not entry.obsolete
            and not entry.msgstr
            and not any(entry.msgstr_plural.values())
        ]
        self.segments: list[Segment] = [Segment(entry.msgid) for entry in self._entries]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        kind = self._file.metadata.get("Content-Type", "")
        if "charset=" in kind:
            self._file.metadata["Content-Type"] = re.sub(r"(charset=)[^;\s]*", r"\1UTF-8", kind)
        if self._file.metadata.get("Language", "").lower().startswith("zh"):
            self._file.metadata["Language"] = "en"
        for entry, target in zip(self._entries, targets, strict=True):
            # Both texts begin and end with a line break, or gettext refuses the catalogue.
            begin, end = ("\n" * entry.msgid.startswith("\n"), "\n" * entry.msgid.endswith("\n"))
            text = begin + target.text.strip("\n") + end
            if entry.msgid_plural:
                entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural or (0, 1), text)
            else:
                entry.msgstr = text
            entry.flags = [*entry.flags, *(["fuzzy"] if "fuzzy" not in entry.flags else [])]
        return (str(self._file).rstrip("\n") + "\n").encode()


def _marker(element: Any) -> tuple[int, str] | None:
    name = local_name(element)
    return ({"bpt": 1, "ept": -1}[name], element.get("i") or "") if name in ("bpt", "ept") else None


_INLINE = Inline(frozenset(("hi",)), marker=_marker)


class Tmx:
    """A translation memory: each unit with Chinese and no English gets an English variant."""

    def __init__(self, path: str | Path) -> None:
        self._root = parse_xml(read_bytes(path), path=path, keep_comments=True)
        if local_name(self._root) != "tmx":
            raise DataError(f"is no translation memory, but <{local_name(self._root)}>", path=path)
        self._units: list[tuple[Any, MixedContent]] = []
        for unit in descendants(self._root, "tu"):
            variants = {(one.get(_LANG) or one.get("lang") or "").lower()[:2]: one for one in children(unit, "tuv")}
            segments = children(variants["zh"], "seg") if "zh" in variants and "en" not in variants else []
            if segments and has_han("".join(segments[0].itertext())):
                self._units.append((variants["zh"], MixedContent(segments[0], _INLINE)))
        self.segments: list[Segment] = [content.segment for _, content in self._units]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for (variant, content), target in zip(self._units, targets, strict=True):
            made = variant.makeelement(variant.tag, {_LANG if variant.get(_LANG) else "lang": "en"})
            content.write(target, etree.SubElement(made, children(variant, "seg")[0].tag), copy=True)
            made.tail = variant.tail
            variant.addnext(made)
        return xml_bytes(self._root)


def memory_of(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return a translation memory (TMX 1.4) of Chinese texts and their English."""
    root = etree.Element("tmx", {"version": "1.4"})
    header = {"creationtool": "zhen-mt", "creationtoolversion": "1", "segtype": "paragraph", "o-tmf": "zhen-mt"}
    etree.SubElement(root, "header", header | {"adminlang": "en", "srclang": "zh", "datatype": "plaintext"})
    body = etree.SubElement(root, "body")
    for texts in dict.fromkeys(pairs):
        unit = etree.SubElement(body, "tu")
        for language, text in zip(("zh", "en"), texts, strict=True):
            segment = etree.SubElement(etree.SubElement(unit, "tuv", {_LANG: language}), "seg")
            segment.text = writable(text)
    etree.indent(root)
    return xml_bytes(root)
