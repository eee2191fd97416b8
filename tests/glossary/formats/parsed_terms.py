"""What the tests of glossary formats share: a text parsed without errors, and its terms to compare."""

from __future__ import annotations

from dataclasses import replace

from mt.glossary import Term
from mt.glossary.formats.registry import parse

PAIRS = [("重庆", ("Chongqing",)), ("成都", ("Chengdu", "Rongcheng"))]


def stripped(terms: list[Term]) -> list[Term]:
    return [replace(term, line=None) for term in terms]


def read(data: bytes | str, format: str) -> list[Term]:
    parsed = parse(data.encode() if isinstance(data, str) else data, format)
    assert parsed.errors == []
    return stripped(parsed.terms)


def pairs(terms: list[Term]) -> list[tuple[str, tuple[str, ...]]]:
    return [(term.source, term.targets) for term in terms]
