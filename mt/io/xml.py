"""The one reader of XML: no entities, no external DTD, no network (OWASP's XML External Entity Prevention Cheat Sheet).

A document type that names an external DTD is read without it, as TMX files commonly have one; a document that
declares entities of its own, or refers to any, is refused.
"""

import re
from pathlib import Path
from typing import Any

from lxml import etree

from mt.errors import DataError, UserError

# A tree takes five to ten times the memory of its text.
MAX_BYTES = 256 * 1024 * 1024
_UNWRITABLE = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# libxml2 repeats the place in its message.
_PLACE = re.compile(r",? line \d+, column \d+.*", re.S)


def parse_xml(
    data: bytes, *, path: str | Path | None = None, error: type[UserError] = DataError, keep_comments: bool = False
) -> Any:
    """Parse a document; comments and processing instructions are dropped, unless they are to be kept.

    Returns the root, an ``lxml`` element.

    Raises:
        UserError: (``error``) not well-formed, with entities, too large or nested too deep.
    """
    if len(data) > MAX_BYTES:
        raise error(f"is XML of more than {MAX_BYTES // 1024**2} MB", path=path, hint="split it")
    safe: dict[str, Any] = dict.fromkeys(("load_dtd", "dtd_validation", "resolve_entities", "huge_tree"), False)
    safe |= dict.fromkeys(("remove_comments", "remove_pis"), not keep_comments)
    parser = etree.XMLParser(no_network=True, **safe)
    try:
        root: Any = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as problem:
        message = f"is not well-formed XML ({_PLACE.sub('', problem.msg or 'it is empty')})"
        raise error(message, path=path, line=problem.lineno or None) from None
    except (LookupError, ValueError) as problem:
        raise error(f"is not usable XML ({problem})", path=path) from None
    if root is None:
        raise error("is not well-formed XML", path=path)
    hint = "write the characters themselves"
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(iter(declared.iterentities()), None) is not None:
        raise error("declares XML entities, which are not read", path=path, hint=hint)
    for reference in root.iter(etree.Entity):
        line = line_of(reference.getparent())
        raise error(f"refers to an XML entity ({reference.text})", path=path, line=line, hint=hint)
    return root


def writable(text: str) -> str:
    """Return a text with a space for each character that XML cannot hold."""
    return _UNWRITABLE.sub(" ", text)


def local_name(node: Any) -> str:
    """An element's name without its namespace, which tools often leave out or invent."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def children(node: Any, *names: str) -> list[Any]:
    """The children of ``node`` with one of the local names, in document order."""
    return [child for child in node if local_name(child) in names]


def descendants(node: Any, *names: str) -> list[Any]:
    """The elements with one of the local names among ``node`` and what it holds, in document order."""
    return [child for child in node.iter() if local_name(child) in names]


def attribute(node: Any, name: str) -> str | None:
    """An attribute in whatever namespace, its name in any case."""
    return next(
        (str(value) for key, value in node.attrib.items() if key.rpartition("}")[2].lower() == name.lower()), None
    )


def line_of(node: Any) -> int | None:
    """The line an element begins on, from 1, where the parser knows it."""
    line: int | None = node.sourceline
    return line
