"""Readers of translation memories and exchange files of CAT tools: TMX 1.4, XLIFF 1.2 and 2.x.

Inline codes (tags of the original format) are dropped, the text they enclose stays. What is not well-formed, not of the
format, not Chinese and English or without its translation raises :class:`~mt.errors.DataError` with file and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mt.data.formats import Pair
from mt.errors import DataError
from mt.io.text import read_bytes
from mt.io.xml import children, descendants, line_of, local_name, parse_xml

__all__ = ["read_tmx", "read_xliff"]

# Elements whose content is code of the original format, not text.
_TMX_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})
_XLIFF_CODES = frozenset({"bpt", "ept", "it", "ph", "bx", "ex", "x", "sc", "ec", "sm", "em", "cp"})
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_tmx(path: str | Path) -> list[Pair]:
    """Read a translation memory (TMX 1.4b, also the ``lang`` attribute of 1.1): one pair per ``<tu>``.

    Variants in other languages are ignored; of two variants in one language the first counts.
    """
    root = _root(path, "tmx")
    pairs = []
    for unit in descendants(root, "tu"):
        texts: dict[str, str] = {}
        for variant in children(unit, "tuv"):
            language = _language(variant.get(_LANG) or variant.get("lang") or "")
            segments = children(variant, "seg")
            if language and language not in texts and segments:
                texts[language] = _text(segments[0], _TMX_CODES)
        if len(texts) < 2:
            missing = "Chinese (zh)" if "zh" not in texts else "English (en)"
            raise DataError(f"<tu> without a variant in {missing}", path=path, line=line_of(unit))
        pairs.append(Pair(texts["zh"], texts["en"], line_of(unit)))
    return _checked(pairs, path, "<tu>")


def read_xliff(path: str | Path) -> list[Pair]:
    """Read XLIFF 1.2 (one pair per ``<trans-unit>``) or 2.x (one per ``<segment>``), in either direction.

    Of several ``<file>`` elements each is a document, named by its ``original`` or ``id``.
    """
    root = _root(path, "xliff")
    files = descendants(root, "file")
    second = (root.get("version") or "").startswith("2")
    pairs = []
    for index, file in enumerate(files):
        document = (file.get("original") or file.get("id") or f"file{index + 1}") if len(files) > 1 else None
        holder, names = (root, ("srcLang", "trgLang")) if second else (file, ("source-language", "target-language"))
        languages = tuple(_language(holder.get(name) or "") for name in names)
        if set(languages) != {"zh", "en"}:
            given = ", ".join(f'{name}="{holder.get(name) or ""}"' for name in names)
            raise DataError(f"is not between Chinese and English ({given})", path=path, line=line_of(holder))
        for unit in descendants(file, "segment" if second else "trans-unit"):
            sides = []
            for side in ("source", "target"):
                elements = children(unit, side)
                if not elements:
                    raise DataError(f"<{local_name(unit)}> without <{side}>", path=path, line=line_of(unit))
                sides.append(_text(elements[0], _XLIFF_CODES))
            texts = dict(zip(languages, sides, strict=True))
            pairs.append(Pair(texts["zh"], texts["en"], line_of(unit), document))
    return _checked(pairs, path, "<segment>" if second else "<trans-unit>")


def _root(path: str | Path, name: str) -> Any:
    root = parse_xml(read_bytes(path), path=path)
    if local_name(root) != name:
        raise DataError(f"is not {name.upper()} (its root is <{local_name(root)}>)", path=path)
    return root


def _checked(pairs: list[Pair], path: str | Path, element: str) -> list[Pair]:
    if not pairs:
        raise DataError(f"has no {element}", path=path)
    return pairs


def _language(tag: str) -> str | None:
    primary = tag.replace("_", "-").split("-")[0].lower()
    return {"zh": "zh", "zho": "zh", "chi": "zh", "cmn": "zh", "en": "en", "eng": "en"}.get(primary)


def _text(element: Any, codes: frozenset[str]) -> str:
    return "".join(_pieces(element, codes)).strip()


def _pieces(element: Any, codes: frozenset[str]) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        # <cp> of XLIFF 2 is a character XML cannot hold, never text.
        if local_name(inner) not in codes:
            yield from _pieces(inner, codes)
        yield inner.tail or ""
