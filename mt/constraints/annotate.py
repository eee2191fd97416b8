"""Soft constraints: the requested target of a term written into the source, between tags; and where terms are there.

``… <term> 川促会 <trans> SUCPEB </term> …`` in the manner of Dinu et al. (2019), "Training neural machine translation
to apply terminology constraints", and Bergmanis & Pinnis (2021). The tags are single tokens of our own. Training data
and requests are annotated by this one function.
"""

import re
from collections.abc import Sequence
from typing import Any

from mt.models.tags import LENGTH_TAGS, TAGS, TERM_CLOSE, TERM_OPEN, TRANSLATION

_TAG = re.compile("|".join(map(re.escape, (*TAGS, *LENGTH_TAGS))))


def annotated_pieces(source: str, terms: Sequence[tuple[int, int, str]]) -> list[str]:
    """Cut a source into the pieces of its annotated form, plain text and tags, none empty or with outer white space.

    ``terms`` are (start, end, target), as character spans of ``source`` that do not overlap, in any order.
    """
    pieces: list[str] = []
    position = 0
    for start, end, target in sorted(terms):
        if not position <= start < end <= len(source):
            raise ValueError(f"term span {start}:{end} overlaps another or lies outside the segment")
        before, term = escape_tags(source[position:start]), escape_tags(source[start:end])
        pieces += [before, TERM_OPEN, term, TRANSLATION, escape_tags(target), TERM_CLOSE]
        position = end
    pieces.append(escape_tags(source[position:]))
    return [stripped for piece in pieces if (stripped := piece.strip())]


def annotate(source: str, terms: Sequence[tuple[int, int, str]]) -> str:
    """Write each term's requested target into the source; arguments and errors as :func:`annotated_pieces`."""
    return " ".join(annotated_pieces(source, terms))


def escape_tags(text: str) -> str:
    """Write a space into what looks like our tags: user text must not forge an annotation or a length, nor vanish."""
    return _TAG.sub(lambda tag: "< " + tag.group()[1:], text)


def tagged_spans(tokenizer: Any, tokens: Sequence[int]) -> list[tuple[int, int]]:
    """Return (start, end) of each annotated term of a tokenised source, tags and target included: all are attended."""
    opens, closes = map(tokenizer.convert_tokens_to_ids, (TERM_OPEN, TERM_CLOSE))
    starts = [place for place, token in enumerate(tokens) if token == opens]
    ends = [place + 1 for place, token in enumerate(tokens) if token == closes]
    return list(zip(starts, ends, strict=True))


def plain_spans(
    tokenizer: Any, source: str, spans: Sequence[tuple[int, int]], prefix: str = ""
) -> list[tuple[int, int]]:
    """Return the token spans of character spans of a source without annotation; none is empty.

    SentencePiece does not tell where its tokens are, so the text before the term and up to its end are tokenised by
    themselves; where that cuts a token, the span is off by one, which the search tolerates. Special tokens that the
    tokenizer puts first (a language code), and the ``prefix`` before the source, are counted.
    """

    def encode(text: str, special: bool = False) -> list[int]:
        return list(tokenizer(text, add_special_tokens=special)["input_ids"]) if text else []

    bare, whole = encode(prefix + source), encode(prefix + source, special=True)
    first = next((place for place in range(len(whole)) if whole[place : place + len(bare)] == bare), 0)
    result = []
    for start, end in spans:
        begin = first + len(encode(prefix + source[:start]))
        result.append((begin, max(first + len(encode(prefix + source[:end])), begin + 1)))
    return result
