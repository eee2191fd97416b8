"""What the readers and writers of TBX and TMX share; ``mt.io.xml`` parses."""

from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.io.tables import language
from mt.io.xml import local_name, parse_xml

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def parse_root(data: bytes, *names: str) -> Any:
    """Parse a document whose root has one of the local names.

    Raises:
        GlossaryError: it is not XML, or has another root.
    """
    root = parse_xml(data, error=GlossaryError)
    if local_name(root) not in names:
        raise GlossaryError(f"is XML of another kind (<{local_name(root)}>)", hint=f"give a file of <{names[0]}>")
    return root


def attribute(node: Any, name: str) -> str | None:
    """Return an attribute by its name without namespace, or ``None``."""
    found = (value for key, value in node.attrib.items() if key.rpartition("}")[2].lower() == name.lower())
    return next(map(str, found), None)


def language_of(node: Any) -> str | None:
    """Return the language of an element's ``lang`` or ``xml:lang``; see :func:`language`."""
    return language(attribute(node, "lang"))


def element(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    """Add a child to ``parent``; the attribute ``lang`` is written as ``xml:lang``."""
    child = etree.SubElement(parent, name)
    for key, value in attributes.items():
        child.set(XML_LANG if key == "lang" else key, value)
    try:
        child.text = text
    except ValueError:
        raise GlossaryError(f"'{(text or '')[:40]}' holds a character XML cannot hold", hint="delete it") from None
    return child


def serialise(root: Any) -> str:
    """Write a document with declaration and indentation."""
    etree.indent(root)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written.decode("utf-8") + "\n"
