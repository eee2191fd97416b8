"""Soft constraints: the requested target of a term written into the source, between tags.

``… <term> 川促会 <trans> SUCPEB </term> …`` in the manner of Dinu et al. (2019), "Training neural machine translation
to apply terminology constraints", and Bergmanis & Pinnis (2021). The tags are single tokens of our own. Training data
and requests are annotated by this one function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mt.models.length_tags import LENGTH_TAGS
from mt.models.term_tags import TAGS, TERM_CLOSE, TERM_OPEN, TRANSLATION

_TAG = re.compile("|".join(map(re.escape, (*TAGS, *LENGTH_TAGS))))


def annotated_pieces(source: str, terms: Sequence[tuple[int, int, str]]) -> list[str]:
    """Cut a source into the pieces of its annotated form: plain text and tags, in order.

    Args:
        source: one segment, not annotated yet.
        terms: (start, end, target) for each term, as character spans of ``source`` that do not overlap, in any order.

    Returns:
        Pieces with no surrounding white space and none empty; each tag is a piece of its own.

    Raises:
        ValueError: a span lies outside ``source``, is empty, or overlaps another.
    """
    pieces: list[str] = []
    position = 0
    for start, end, target in sorted(terms):
        if not position <= start < end <= len(source):
            raise ValueError(f"term span {start}:{end} overlaps another or lies outside the segment")
        before, term = strip_tags(source[position:start]), strip_tags(source[start:end])
        pieces += [before, TERM_OPEN, term, TRANSLATION, strip_tags(target), TERM_CLOSE]
        position = end
    pieces.append(strip_tags(source[position:]))
    return [stripped for piece in pieces if (stripped := piece.strip())]


def annotate(source: str, terms: Sequence[tuple[int, int, str]]) -> str:
    """Write each term's requested target into the source; arguments and errors as :func:`annotated_pieces`."""
    return " ".join(annotated_pieces(source, terms))


def strip_tags(text: str) -> str:
    """Remove strings that look like our tags: user text must not be able to forge an annotation or a length."""
    while _TAG.search(text):
        # Once is not enough: removing a tag from "<te<term>rm>" leaves another.
        text = _TAG.sub("", text)
    return text
