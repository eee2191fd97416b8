"""Reading and writing XML without its dangers, for TBX and TMX alike."""

from __future__ import annotations

from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.io.xml import safe_parser

__all__ = ["attribute", "children", "element", "local_name", "parse_xml", "serialise", "text_of"]

XML = "http://www.w3.org/XML/1998/namespace"


def parse_xml(data: bytes) -> Any:
    """Parse a document and return its root, with entities, external references and networks off.

    Raises:
        GlossaryError: it is not well-formed, or declares entities.
    """
    try:
        root = etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        raise GlossaryError(f"is not XML ({error.msg})", line=error.lineno or None) from None
    except (ValueError, LookupError) as error:
        raise GlossaryError(f"is not usable XML ({error})") from None
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and next(iter(declared.iterentities()), None) is not None:
        raise GlossaryError("declares XML entities, which are not read", hint="write the characters themselves")
    return root


def local_name(node: Any) -> str:
    """Return an element's name without namespace; clients often leave the namespace out or invent one."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def attribute(node: Any, name: str) -> str | None:
    """Return an attribute by its name without namespace, or ``None``."""
    for key, value in node.attrib.items():
        if key.rpartition("}")[2].lower() == name.lower():
            return str(value)
    return None


def children(node: Any, *names: str) -> list[Any]:
    """Return the descendants of ``node`` with one of the local names, in document order."""
    return [child for child in node.iter() if local_name(child) in names]


def text_of(node: Any) -> str:
    """Return an element's text, its inline elements' text included, white space joined to single spaces."""
    return " ".join("".join(node.itertext()).split())


def element(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    """Add a child to ``parent``; the attribute ``lang`` is written as ``xml:lang``."""
    child = etree.SubElement(parent, name)
    for key, value in attributes.items():
        child.set(f"{{{XML}}}lang" if key == "lang" else key, value)
    if text is not None:
        try:
            child.text = text
        except ValueError:
            raise GlossaryError(f"'{text[:40]}' holds a character XML cannot hold", hint="delete it") from None
    return child


def serialise(root: Any) -> str:
    """Write a document with declaration and indentation."""
    etree.indent(root)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written.decode("utf-8") + "\n"
