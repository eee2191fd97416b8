"""Readers of translation memories and exchange files of CAT tools.

TMX 1.4b, XLIFF 1.2 and 2.x, and the XLIFF of Trados Studio (.sdlxliff) and memoQ (.mqxliff). A unit that is not in
Chinese and English, or not translated yet, is counted in the :class:`~mt.data.pairs.ReadLog` with its line; a file
that is not well-formed, not of the format or without any pair raises :class:`~mt.errors.DataError`.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from mt.data.pairs import Pair, ReadLog
from mt.errors import DataError
from mt.io.inline_codes import native_codes, text_of
from mt.io.tables import language
from mt.io.text import read_bytes
from mt.io.xml import attribute, children, descendants, line_of, local_name, parse_xml
from mt.text.han import language_of

_OTHER = {"zh": "en", "en": "zh"}
# States of a target that nobody has finished or that was rejected, in lower case: of XLIFF 1.2, of XLIFF 2 ("initial"),
# of Trados Studio ("conf", without which a segment is unspecified) and of memoQ ("mq:status").
_UNFINISHED = frozenset(
    "new needs-translation initial unspecified draft rejectedtranslation rejectedsignoff "
    "notstarted pretranslated machinetranslated assembledfromfragments partiallyedited rejected".split()
)


def read_tmx(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read a translation memory (TMX 1.4b, also the ``lang`` attribute of 1.1): one pair per ``<tu>``.

    Variants in other languages are ignored; of several in one language the first with text counts.
    """
    for unit in _units([_root(path, "tmx")], "tu", path):
        texts: dict[str, str] = {}
        for variant in children(unit, "tuv"):
            code, segments = language(attribute(variant, "lang")), children(variant, "seg")
            if code in _OTHER and segments and not texts.get(code):
                texts[code] = text_of(segments[0])
        if len(texts) < 2:
            missing = "Chinese (zh)" if "zh" not in texts else "English (en)"
            log.skip("other_languages", path, line_of(unit), f"no variant in {missing}")
        elif not all(texts.values()):
            log.skip("no_translation", path, line_of(unit))
        else:
            yield Pair(texts["zh"], texts["en"], line_of(unit))


def read_xliff(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read XLIFF 1.2 (one pair per ``<trans-unit>`` or segment in it) or 2.x (one per ``<segment>``), either way round.

    Of several ``<file>`` elements each is a document, named by its ``original`` or ``id``. A language that is not
    given is the other one.
    """
    root = _root(path, "xliff")
    files = descendants(root, "file")
    name = "segment" if (root.get("version") or "").startswith("2") else "trans-unit"
    _units(files, name, path)
    for index, file in enumerate(files):
        document = (file.get("original") or file.get("id") or f"file{index + 1}") if len(files) > 1 else None
        units = descendants(file, name)
        languages, given = _languages(root if name == "segment" else file, units)
        tags = native_codes(file, "tag")
        for unit in units:
            codes = tags | (native_codes(unit.getparent(), "data") if name == "segment" else {})
            for source, target, segment in _segments(unit):
                line = line_of(unit if segment is None else source)
                texts = [text_of(side, codes) if side is not None else "" for side in (source, target)]
                if len(languages) < 2:
                    log.skip("other_languages", path, line, f"{given}, not Chinese and English")
                elif not all(texts):
                    log.skip("no_translation", path, line, "no target" if texts[0] else "no source")
                elif state := _unfinished(unit, target, segment):
                    log.skip("no_translation", path, line, f"its state is {state}")
                else:
                    sides = dict(zip(languages, texts, strict=True))
                    yield Pair(sides["zh"], sides["en"], line, document)


def _root(path: Path, name: str) -> Any:
    root = parse_xml(read_bytes(path), path=path)
    if local_name(root) != name:
        raise DataError(f"is not {name.upper()} (its root is <{local_name(root)}>)", path=path)
    return root


def _units(holders: list[Any], name: str, path: Path) -> list[Any]:
    units = [unit for holder in holders for unit in descendants(holder, name)]
    if not units:
        raise DataError(f"has no <{name}>", path=path)
    return units


def _languages(holder: Any, units: list[Any]) -> tuple[tuple[str, ...], str]:
    """The languages of source and target, none if they are not Chinese and English; and what the file says of them."""
    tags = []
    for side, names in (("source", ("source-language", "srcLang")), ("target", ("target-language", "trgLang"))):
        own = (attribute(element, "lang") for unit in units for element in children(unit, side))
        tags.append(next(filter(None, chain(map(holder.get, names), own)), ""))
    source, target = map(language, tags)
    if not any(tags):
        sources = [text_of(element) for unit in units for element in children(unit, "source")]
        source = "zh" if sum(language_of(text) == "zh" for text in sources) * 2 >= len(sources) else "en"
    source = source if tags[0] else source or _OTHER.get(target or "")
    target = target if tags[1] else _OTHER.get(source or "")
    given = f'source "{tags[0]}", target "{tags[1]}"'
    return ((source, target) if source and target and _OTHER.get(source) == target else ()), given


def _segments(unit: Any) -> Iterator[tuple[Any, Any, str | None]]:
    """Yield source, target (``None`` if missing) and id of each ``<mrk mtype="seg">``, or of the unit as a whole."""
    sources, targets = children(unit, "source"), children(unit, "target")
    before, after = _marked([*sources, *children(unit, "seg-source")]), _marked(targets)
    if before and after:
        yield from ((element, after.get(segment), segment) for segment, element in before.items())
    else:
        yield sources[0] if sources else None, targets[0] if targets else None, None


def _marked(sides: list[Any]) -> dict[str, Any]:
    return {
        mark.get("mid") or "": mark for side in sides for mark in descendants(side, "mrk") if mark.get("mtype") == "seg"
    }


def _unfinished(unit: Any, target: Any, segment: str | None) -> str | None:
    """The state of a segment that is not translated yet."""
    status, percent = attribute(unit, "status"), attribute(unit, "percent") or ""
    if (status or "").lower() == "pretranslated" and percent.isdecimal() and int(percent) >= 100:
        status = None  # a memory had it word for word
    definitions = [seg for seg in descendants(unit, "seg") if segment in (None, seg.get("id"))]
    states = [target.get("state"), unit.get("state"), status, *(seg.get("conf", "Unspecified") for seg in definitions)]
    return next((state for state in states if state and state.strip().lower() in _UNFINISHED), None)
