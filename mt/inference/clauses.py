"""A sentence taken apart at its commas, where a model did not render all of its terms at once.

Clause by clause the annotation alone mostly achieves what it did not in the whole sentence. A constrained search that
must place a dozen terms in one sentence strings them together when the model has no idea of the sentence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from mt.glossary.match import TermMatch
from mt.inference.request import Request
from mt.inference.sentences import Sentence

__all__ = ["clauses", "overburdened", "with_parts"]

# Not within a number or a time of day: 2,948 and 10:30.
_MARK = re.compile("[，；：,;:](?<![0-9].(?=[0-9]))")
# Characters of Chinese of a part, at least: shorter ones say too little by themselves (tried: docs/decoding.md).
_SHORTEST = 15


def overburdened(request: Request) -> bool:
    """Whether a sentence that was translated misses a term and can be taken apart."""
    return request.missing and len(_cuts(request)) > 2


def clauses(request: Request) -> list[Request]:
    """Take a sentence apart into requests of their own, not yet translated; no term is cut in two.

    The parts together are the sentence, character by character, and have its terms.
    """
    cuts = _cuts(request)
    if len(cuts) == 2:
        return [_part(request, *cuts)]
    parts = [_part(request, start, end) for start, end in itertools.pairwise(cuts)]
    for part in parts[1:]:
        part.follows = True
    for part in parts[:-1]:
        part.mark = part.sentence.source[-1]
    return parts


def _cuts(request: Request) -> list[int]:
    """Where parts begin, and the end of the last."""
    source = request.sentence.source
    inside = {place for match in request.matches for place in range(match.start + 1, match.end)}
    cuts = [0]
    for mark in _MARK.finditer(source):
        at = mark.end()
        if at not in inside and at - cuts[-1] >= _SHORTEST and len(source) - at >= _SHORTEST:
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
    )


def _moved(match: TermMatch, by: int) -> TermMatch:
    return replace(match, start=match.start + by, end=match.end + by)


def with_parts(requests: Sequence[Request], parts: dict[int, list[Request]]) -> list[Request]:
    """Put the parts of some requests, by their number, in their place."""
    return [part for number, request in enumerate(requests) for part in parts.get(number, [request])]
