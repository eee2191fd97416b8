"""Soft constraints: the wanted target of a term written into the source, between tags.

``… <term> 川促会 <trans> SUCPEB </term> …`` in the manner of Dinu et al. 2019 (Training neural
machine translation to apply terminology constraints) and Bergmanis & Pinnis 2021. The tags are
single tokens of our own. One function serves training data and requests alike, so the model is
asked exactly as it was taught.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mt.models.length_tags import LENGTH_TAGS
from mt.models.term_tags import TAGS, TERM_CLOSE, TERM_OPEN, TRANSLATION

__all__ = ["annotate", "annotated_pieces", "strip_tags"]

_TAG = re.compile("|".join(map(re.escape, (*TAGS, *LENGTH_TAGS))))


def annotated_pieces(source: str, terms: Sequence[tuple[int, int, str]]) -> list[str]:
    """Cut a source into the pieces of its annotated form: plain text and tags, in order.

    Args:
        source: one segment, not annotated yet.
        terms: (start, end, target) for each term, as character spans of ``source`` that do not
            overlap, in any order.

    Returns:
        Pieces with no surrounding white space and none empty; tags stand as pieces of their own.

    Raises:
        ValueError: a span lies outside ``source``, is empty, or overlaps another.
    """
    pieces: list[str] = []
    position = 0
    for start, end, target in sorted(terms):
        if not position <= start < end <= len(source):
            raise ValueError(f"term span {start}:{end} overlaps another or lies outside the segment")
        pieces += [
            strip_tags(source[position:start]),
            TERM_OPEN,
            strip_tags(source[start:end]),
            TRANSLATION,
            strip_tags(target),
            TERM_CLOSE,
        ]
        position = end
    pieces.append(strip_tags(source[position:]))
    return [stripped for piece in pieces if (stripped := piece.strip())]


def annotate(source: str, terms: Sequence[tuple[int, int, str]]) -> str:
    """Write each term's wanted target into the source; arguments and errors as ``annotated_pieces``.

    A source without terms comes back with only its own stray tags taken out.
    """
    return " ".join(annotated_pieces(source, terms))


def strip_tags(text: str) -> str:
    """Take out strings that look like our tags: user text must not be able to forge an annotation or a length."""
    while _TAG.search(text):
        # Once is not enough: taking a tag out of "<te<term>rm>" leaves another.
        text = _TAG.sub("", text)
    return text
