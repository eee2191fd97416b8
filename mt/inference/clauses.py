"""A sentence taken apart at its commas, where a model cannot carry all of it at once.

One is a sentence whose terms it did not all render: clause by clause the annotation alone mostly achieves what it did
not in the whole, and a constrained search that must place a dozen terms in a sentence strings them together when the
model has no idea of it. The other is a sentence so long that a weak model leaves half of it out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.request import Request
from mt.inference.sentences import Sentence

__all__ = ["clauses", "overburdened", "with_parts", "without_long"]

# Not within a number or a time of day: 2,948 and 10:30.
_MARK = re.compile("[，；：,;:](?<![0-9].(?=[0-9]))")
# Characters of Chinese of a part, at least: shorter ones say too little by themselves (10 and 20 were tried).
_SHORTEST = 15
# The same where nothing is missed, and only the length is the reason.
_SHORTEST_OF_LONG = 20


def overburdened(request: Request) -> bool:
    """Whether a sentence that was translated misses a term or a reading and can be taken apart."""
    return request.incomplete and len(_cuts(request, _SHORTEST)) > 2


def clauses(request: Request) -> list[Request]:
    """Take a sentence apart into requests of their own, not yet translated; no term is cut in two.

    The parts together are the sentence, character by character, and have its terms.
    """
    return _parts(request, _SHORTEST)


def without_long(requests: Sequence[Request], characters: int) -> list[Request]:
    """Put their parts in the place of sentences of so many characters and more, not yet translated."""
    long = {number for number, request in enumerate(requests) if len(request.sentence.source) >= characters}
    return with_parts(requests, {number: _parts(requests[number], _SHORTEST_OF_LONG) for number in long})


def _parts(request: Request, shortest: int) -> list[Request]:
    cuts = _cuts(request, shortest)
    parts = [_part(request, start, end) for start, end in itertools.pairwise(cuts)]
    parts[0].follows, parts[-1].mark = request.follows, request.mark
    for before, after in itertools.pairwise(parts):
        before.mark, after.follows = before.sentence.source[-1], True
    return parts


def _cuts(request: Request, shortest: int) -> list[int]:
    """Where parts of so many characters and more begin, and the end of the last."""
    source = request.sentence.source
    spans = [(start, end) for start, end, _ in (*request.spans, *request.reading_spans)]
    inside = {place for start, end in spans for place in range(start + 1, end)}
    cuts = [0]
    for mark in _MARK.finditer(source):
        at = mark.end()
        if at not in inside and at - cuts[-1] >= shortest and len(source) - at >= shortest:
            cuts.append(at)
    return [*cuts, len(source)]


def _part(request: Request, start: int, end: int) -> Request:
    sentence = request.sentence
    source = sentence.source[start:end]
    own = [number for number, match in enumerate(request.matches) if start <= match.start and match.end <= end]
    return Request(
        Sentence(sentence.text, sentence.line, source, sentence.offsets[start : end + 1]),
        [_moved(request.matches[number], -start) for number in own],
        [request.wanted[number] for number in own],
        [reading.moved(-start) for reading in request.readings if start <= reading.start and reading.end <= end],
    )


def _moved(match: TermMatch, by: int) -> TermMatch:
    return replace(match, start=match.start + by, end=match.end + by)


def with_parts(requests: Sequence[Request], parts: dict[int, list[Request]]) -> list[Request]:
    """Put the parts of some requests, by their number, in their place."""
    return [part for number, request in enumerate(requests) for part in parts.get(number, [request])]
