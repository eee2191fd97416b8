"""Translation memories and exchange files of CAT tools: TMX 1.4, XLIFF 1.2 and XLIFF 2.x.

Read with lxml, its network, external DTDs and entity expansion off; a file that needs an entity of its own is
refused. Inline codes (tags of the original format) are left out, the text they enclose stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from lxml import etree

from mt.data.formats import Pair, read_bytes
from mt.errors import DataError
from mt.io.xml import safe_parser

__all__ = ["read_tmx", "read_xliff"]

# Elements whose content is code of the original format, not text.
_TMX_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})
_XLIFF_CODES = frozenset({"bpt", "ept", "it", "ph", "bx", "ex", "x", "sc", "ec", "sm", "em"})
# lxml says the line in words too.
_LINE_IN_MESSAGE = re.compile(r",? line \d+, column \d+.*", re.S)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_tmx(path: str | Path) -> list[Pair]:
    """Read a translation memory (TMX 1.4b, also the ``lang`` attribute of 1.1): one pair a ``<tu>``.

    Variants in other languages are left out; of two variants of one language the first counts.

    Raises:
        DataError: not well-formed, not TMX, or a unit lacks Chinese or English.
    """
    path = Path(path)
    root = _parse(path)
    if _name(root) != "tmx":
        raise DataError(f"is not TMX (its root is <{_name(root)}>)", path=path)
    pairs = []
    for unit in _all(root, "tu"):
        texts: dict[str, str] = {}
        for variant in _children(unit, "tuv"):
            language = _language(variant.get(_LANG) or variant.get("lang") or "")
            segments = _children(variant, "seg")
            if language and language not in texts and segments:
                texts[language] = _text(segments[0], _TMX_CODES, path)
        if len(texts) < 2:
            missing = "Chinese (zh)" if "zh" not in texts else "English (en)"
            raise DataError(f"<tu> without a variant in {missing}", path=path, line=_line(unit))
        pairs.append(Pair(texts["zh"], texts["en"], _line(unit)))
    return _checked(pairs, path, "<tu>")


def read_xliff(path: str | Path) -> list[Pair]:
    """Read XLIFF 1.2 (one pair a ``<trans-unit>``) or 2.x (one a ``<segment>``), Chinese–English in either direction.

    With several ``<file>`` elements, each is a document, named by its ``original`` or ``id``.

    Raises:
        DataError: not well-formed, not XLIFF, other languages, or a unit without its target.
    """
    path = Path(path)
    root = _parse(path)
    if _name(root) != "xliff":
        raise DataError(f"is not XLIFF (its root is <{_name(root)}>)", path=path)
    files = _all(root, "file")
    second = (root.get("version") or "").startswith("2")
    pairs = []
    for index, file in enumerate(files):
        document = (file.get("original") or file.get("id") or f"file{index + 1}") if len(files) > 1 else None
        holder, names = (root, ("srcLang", "trgLang")) if second else (file, ("source-language", "target-language"))
        languages = tuple(_language(holder.get(name) or "") for name in names)
        if set(languages) != {"zh", "en"}:
            given = ", ".join(f'{name}="{holder.get(name) or ""}"' for name in names)
            raise DataError(f"is not between Chinese and English ({given})", path=path, line=_line(holder))
        for unit in _all(file, "segment" if second else "trans-unit"):
            sides = []
            for side in ("source", "target"):
                elements = _children(unit, side)
                if not elements:
                    raise DataError(f"<{_name(unit)}> without <{side}>", path=path, line=_line(unit))
                sides.append(_text(elements[0], _XLIFF_CODES, path))
            texts = dict(zip(languages, sides, strict=True))
            pairs.append(Pair(texts["zh"], texts["en"], _line(unit), document))
    return _checked(pairs, path, "<segment>" if second else "<trans-unit>")


def _parse(path: Path) -> etree._Element:
    data = read_bytes(path)
    try:
        root = etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        raise DataError(
            f"is not well-formed XML: {_LINE_IN_MESSAGE.sub('', error.msg)}", path=path, line=error.lineno
        ) from None
    except (LookupError, ValueError) as error:
        raise DataError(f"cannot be read as XML: {error}", path=path) from None
    if root is None:
        raise DataError("is not well-formed XML", path=path)
    return root


def _checked(pairs: list[Pair], path: Path, element: str) -> list[Pair]:
    if not pairs:
        raise DataError(f"has no {element}", path=path)
    return pairs


def _line(element: etree._Element) -> int | None:
    return cast("int | None", element.sourceline)


def _name(element: etree._Element) -> str:
    """The element's name without namespace; empty for an entity reference."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _all(element: etree._Element, name: str) -> list[etree._Element]:
    return [inner for inner in element.iter() if _name(inner) == name]


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [inner for inner in element if _name(inner) == name]


def _language(tag: str) -> str | None:
    primary = tag.replace("_", "-").split("-")[0].lower()
    return {"zh": "zh", "zho": "zh", "chi": "zh", "cmn": "zh", "en": "en", "eng": "en"}.get(primary)


def _text(element: etree._Element, codes: frozenset[str], path: Path) -> str:
    return "".join(_pieces(element, codes, path)).strip()


def _pieces(element: etree._Element, codes: frozenset[str], path: Path) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        if not isinstance(inner.tag, str):
            raise DataError(
                f"entity reference {inner.text}", path=path, line=_line(element), hint="write the text itself"
            )
        if _name(inner) == "cp":
            # XLIFF 2 spells characters XML cannot hold; none of them is text.
            pass
        elif _name(inner) not in codes:
            yield from _pieces(inner, codes, path)
        yield inner.tail or ""
