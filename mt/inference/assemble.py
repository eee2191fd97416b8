"""Whole texts from their translated sentences and what is copied between them, with a report on both."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mt.inference.request import Request
from mt.inference.sentences import Gap, join
from mt.inference.translation import EntityResult, Status, TermResult, Translation
from mt.text.protected import COPIED_BY_MODELS, as_copied, find_protected


def assemble(
    texts: Sequence[str], requests: Sequence[Request], patterns: Sequence[re.Pattern[str]] = ()
) -> list[Translation]:
    """Join translated sentences to texts, with every term and entity located in source and output.

    ``patterns`` are the user's, for protected spans.
    """
    joined, starts, gaps = join(
        texts, [request.sentence for request in requests], [request.hypothesis.text for request in requests]
    )
    terms: list[list[TermResult]] = [[] for _ in texts]
    entities: list[list[EntityResult]] = [[] for _ in texts]
    scores: list[list[tuple[float, int]]] = [[] for _ in texts]
    for request, start in zip(requests, starts, strict=True):
        number = request.sentence.text
        scores[number].append((request.hypothesis.score, len(request.hypothesis.text)))
        terms[number] += request.term_results(texts[number], start)
        entities[number] += request.entity_results(texts[number], start)
    for gap in gaps:
        entities[gap.text] += _copied_results(texts[gap.text], gap, patterns)
    for own in entities:
        own.sort(key=lambda result: result.source_start)
    return [
        Translation(source, text, _mean(parts), tuple(own_terms), tuple(own_entities))
        for source, text, parts, own_terms, own_entities in zip(texts, joined, scores, terms, entities, strict=True)
    ]


def _copied_results(source: str, gap: Gap, patterns: Sequence[re.Pattern[str]]) -> Iterator[EntityResult]:
    """Report on the protected spans between sentences."""
    place = 0
    for span in find_protected(source[gap.start : gap.end], patterns):
        if span.kind in COPIED_BY_MODELS:
            continue
        start, end = gap.start + span.start, gap.start + span.end
        written = as_copied(source[start:end], span.kind)
        found = gap.target.find(written, place)
        mention: dict[str, Any] = {"source": source[start:end], "source_start": start, "source_end": end}
        if found >= 0:
            place = found + len(written)
            at = gap.target_start + found
            mention |= {"target": written, "target_start": at, "target_end": at + len(written)}
        status: Status = "model" if found >= 0 else "unsatisfied"
        yield EntityResult(kind=span.kind, status=status, sentence=gap.sentence, requested=written, **mention)


def _mean(parts: Sequence[tuple[float, int]]) -> float:
    weight = sum(length for _, length in parts)
    return sum(score * length for score, length in parts) / weight if weight else 0.0
