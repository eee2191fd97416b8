"""Sentences split at their commas, where a model cannot translate the whole.

Either it did not render all terms: clause by clause annotation mostly achieves what it did not in the whole, and a
constrained search that must place a dozen terms in one sentence strings them together. Or the sentence is so long that
a weak model omits half of it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.request import Request

# Not within a number or a time of day: 2,948 and 10:30.
_MARK = re.compile("[，；：,;:](?<![0-9].(?=[0-9]))")
# Fewest Chinese characters of a part: shorter ones say too little by themselves (10 and 20 were tried).
_SHORTEST = 15
# The same where no term is missed, and length is the only reason.
_SHORTEST_OF_LONG = 20


def should_split(request: Request) -> bool:
    """Whether a translated sentence misses a term or an entity and can be split."""
    return request.incomplete and len(_cuts(request, _SHORTEST)) > 2


def split_sentence(request: Request, shortest: int = _SHORTEST) -> list[Request]:
    """Split a sentence into requests not yet translated; no term is cut in two.

    The parts together are the sentence, character by character, and have its terms.

    Args:
        request: the sentence.
        shortest: fewest Chinese characters of a part.
    """
    cuts = _cuts(request, shortest)
    parts = [_part(request, start, end) for start, end in itertools.pairwise(cuts)]
    parts[0].follows, parts[-1].mark = request.follows, request.mark
    for before, after in itertools.pairwise(parts):
        before.mark, after.follows = before.sentence.source[-1], True
    return parts


def split_long(requests: Sequence[Request], characters: int) -> list[Request]:
    """Replace sentences of ``characters`` and more by their parts, not yet translated."""
    return replace_by_parts(
        requests,
        {
            number: split_sentence(request, _SHORTEST_OF_LONG)
            for number, request in enumerate(requests)
            if len(request.sentence.source) >= characters
        },
    )


def _cuts(request: Request, shortest: int) -> list[int]:
    """Return where parts of at least ``shortest`` characters begin, and the end of the last."""
    source = request.sentence.source
    spans = [(start, end) for start, end, _ in (*request.term_spans, *request.entity_spans)]
    inside = {place for start, end in spans for place in range(start + 1, end)}
    cuts = [0]
    for mark in _MARK.finditer(source):
        at = mark.end()
        if at not in inside and at - cuts[-1] >= shortest and len(source) - at >= shortest:
            cuts.append(at)
    return [*cuts, len(source)]


def _part(request: Request, start: int, end: int) -> Request:
    sentence = request.sentence
    own = [number for number, match in enumerate(request.matches) if start <= match.start and match.end <= end]
    return Request(
        replace(sentence, source=sentence.source[start:end], offsets=sentence.offsets[start : end + 1]),
        [_moved(request.matches[number], -start) for number in own],
        [request.requested[number] for number in own],
        [entity.moved(-start) for entity in request.entities if start <= entity.start and entity.end <= end],
    )


def _moved(match: TermMatch, by: int) -> TermMatch:
    return replace(match, start=match.start + by, end=match.end + by)


def replace_by_parts(requests: Sequence[Request], parts: dict[int, list[Request]]) -> list[Request]:
    """Replace some requests, by their number, by their parts."""
    return [part for number, request in enumerate(requests) for part in parts.get(number, [request])]
