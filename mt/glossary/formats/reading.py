"""What every reader of term bases shares: decoding, the result of a reading, the direction of the languages."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.term import Term, make_term
from mt.text.han import has_han

__all__ = ["EntryFault", "Reading", "add_term", "decode", "language", "oriented"]


class EntryFault(GlossaryError):
    """What is wrong with one entry; ``kind`` is the name lint reports it under."""

    kind: str = "entry"

    @classmethod
    def of(cls, error: GlossaryError, kind: str, **place: Any) -> EntryFault:
        """Make a fault of an error, at the place given or else the error's own."""
        known = {"path": error.path, "line": error.line, "field": error.field} | place
        fault = cls(error.message, hint=error.hint, **known)
        fault.kind = kind
        return fault


@dataclass
class Reading:
    """What a reader found in a file.

    ``faults`` are entries that cannot be used; ``flaws`` are slips in entries that can, such as an empty
    alternative; ``remarks`` say what was set aside though nothing is wrong with it, such as other languages.
    """

    terms: list[Term] = field(default_factory=list)
    faults: list[EntryFault] = field(default_factory=list)
    flaws: list[EntryFault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def add_term(reading: Reading, source: str, targets: Iterable[str], line: int | None, options: dict[str, Any]) -> None:
    """Add an entry to a reading, or the fault that keeps it out. Empty alternatives beside others are left out."""
    wanted = list(targets)
    filled = [target for target in wanted if target.strip()]
    written = source + "".join(wanted)
    try:
        if not written.isprintable() and any("\x00" <= c < " " and c not in "\t\n\r" for c in written):
            raise EntryFault.of(GlossaryError("holds a control character", hint="delete it"), "control-character")
        reading.terms.append(make_term(source, filled, line=line, **options))
        if filled and len(filled) < len(wanted):
            flaw = GlossaryError(f"an empty alternative of '{source.strip()}' is left out")
            reading.flaws.append(EntryFault.of(flaw, "empty", line=line))
    except GlossaryError as error:
        reading.faults.append(EntryFault.of(error, getattr(error, "kind", "empty"), line=line))


def decode(data: bytes) -> str:
    """Decode UTF-8 with or without byte order mark, or UTF-16 as Excel's "Unicode Text" has it.

    Raises:
        GlossaryError: the bytes are neither.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                name = "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
                raise GlossaryError(
                    f"begins as {name} but is not (byte {error.start})", hint="save it as UTF-8"
                ) from None
    if b"\x00" in data[:4096]:
        # UTF-16 without its mark: the zero bytes of tabs and line ends tell which half comes first.
        odd, even = data[1:4096:2].count(0), data[0:4096:2].count(0)
        try:
            return data.decode("utf-16-le" if odd >= even else "utf-16-be")
        except UnicodeDecodeError:
            raise GlossaryError("holds zero bytes: it is not a text file", hint="save it as UTF-8 text") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8"
        try:
            if has_han(data.decode("gb18030")):
                hint = "it may be GB18030: convert it with 'iconv -f GB18030 -t UTF-8'"
        except UnicodeDecodeError:
            pass
        raise GlossaryError(f"is not UTF-8 (byte {error.start})", hint=hint) from None


_LANGUAGE = re.compile(r"(zh|zho|chi|cmn|yue|en|eng|[a-z]{2,3})([-_][a-z0-9]+)*", re.IGNORECASE)
_NAMES = {
    "chinese": "zh",
    "mandarin": "zh",
    "simplified chinese": "zh",
    "traditional chinese": "zh",
    "chinese simplified": "zh",
    "chinese traditional": "zh",
    "chinese (simplified)": "zh",
    "chinese (traditional)": "zh",
    "中文": "zh",
    "汉语": "zh",
    "漢語": "zh",
    "简体中文": "zh",
    "繁體中文": "zh",
    "english": "en",
    "英文": "en",
    "英语": "en",
    "英語": "en",
}


def language(name: str | None) -> str | None:
    """Return ``zh``, ``en``, another two- or three-letter code, or ``None`` if ``name`` names no language."""
    if not name:
        return None
    name = name.strip().lower()
    if name in _NAMES:
        return _NAMES[name]
    if not _LANGUAGE.fullmatch(name):
        return None
    code = re.split("[-_]", name)[0]
    return {"zho": "zh", "chi": "zh", "cmn": "zh", "yue": "zh", "eng": "en"}.get(code, code)


def oriented(reading: Reading) -> Reading:
    """Turn a reading round when it goes from English to Chinese, as bilingual lists often do.

    Of each pair the Chinese becomes the source; English terms with one Chinese term become its alternatives.
    """
    turned = sum(1 for term in reading.terms if not has_han(term.source) and any(map(has_han, term.targets)))
    if turned * 2 <= len(reading.terms):
        return reading
    by_source: dict[str, list[Term]] = {}
    for term in reading.terms:
        for target in term.targets:
            by_source.setdefault(target, []).append(term)
    terms = []
    for source, found in by_source.items():
        first = found[0]
        options = {"case": first.case, "inflect": first.inflect, "domain": first.domain, "note": first.note}
        terms.append(make_term(source, [term.source for term in found], line=first.line, **options))
    remark = f"its {len(reading.terms)} entries go from English to Chinese and are read the other way round"
    return Reading(terms, reading.faults, reading.flaws, [*reading.remarks, remark])
