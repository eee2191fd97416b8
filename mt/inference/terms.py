"""The glossary's terms in each sentence: matched in the text as it was given, and in the sentence as it was cleaned."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from mt.glossary.glossary import Glossary
from mt.glossary.matching.folding import fold_source
from mt.glossary.matching.source_matcher import TermMatch, longest_first
from mt.glossary.term import Term
from mt.inference.sentences import Sentence

_BRACKETS = re.compile(r"[ ]?[(（]([^()（）\n]{1,80})[)）]")
# Between the names in brackets, and what may stand before one.
_BETWEEN = re.compile(r"[，,、;；/:：]|以下简称|简称|英文缩写|缩写|英文名?|即|下称")
_QUOTES = " “”\"'‘’「」《》"


def match_texts(texts: Sequence[str], glossaries: Sequence[Glossary | None]) -> list[list[TermMatch]]:
    """Find the terms of each text in the script it is written in; none crosses a line or a cell."""
    return [[] if own is None else own.match(text) for text, own in zip(texts, glossaries, strict=True)]


def sentence_terms(
    sentence: Sentence, given: Sequence[TermMatch], glossary: Glossary | None
) -> tuple[Sentence, list[TermMatch]]:
    """Find the terms of a sentence, in characters of its cleaned form; ``given`` are those of the whole text.

    Cleaning converts the script, so that only the text as given tells 後 from 后; and it takes out what hides a term,
    such as readings in brackets. Longer terms win, whichever of the two has them.

    Returns:
        The sentence without brackets that only repeat a term, and its terms.
    """
    if glossary is None:
        return sentence, []
    found = {(match.start, match.end): match.term for match in glossary.match(sentence.source)}
    offsets = sentence.offsets
    first, last = (bisect_left(given, edge, key=lambda match: match.start) for edge in (offsets[0], offsets[-1]))
    for match in given[first:last]:
        start, end = bisect_left(offsets, match.start), bisect_left(offsets, match.end)
        if start < end <= len(sentence.source):
            found[start, end] = match.term
    matches = [TermMatch(*span, found[span]) for span in longest_first(found, len(sentence.source))]
    for index in range(len(matches) - 1, -1, -1):
        if index < len(matches) and (brackets := _repeating(sentence.source, matches[index], matches)):
            start, end = brackets
            sentence = sentence.without(start, end)
            matches = [
                replace(match, start=match.start - shift, end=match.end - shift)
                for match in matches
                if (shift := (end - start) * (match.start >= end)) or match.end <= start
            ]
    return sentence, matches


def _repeating(source: str, match: TermMatch, matches: Sequence[TermMatch]) -> tuple[int, int] | None:
    """Return the span of brackets after a term that hold other names of it only: 上海合作组织（上合组织，SCO）."""
    brackets = _BRACKETS.match(source, match.end)
    if brackets is None:
        return None
    inner = (other for other in matches if brackets.start() <= other.start < brackets.end())
    same = {source[other.start : other.end] for other in inner if _concept(other.term) == _concept(match.term)}
    names = set(map(fold_source, (*match.term.targets, *same)))
    parts = [fold_source(part) for raw in _BETWEEN.split(brackets[1]) if (part := raw.strip(_QUOTES))]
    others = [part for part in parts if part not in names]
    return brackets.span() if len(others) < len(parts) and not re.search("[a-z0-9]", "".join(others)) else None


def _concept(term: Term) -> tuple[str, ...]:
    return (term.full, term.acronym) if term.full and term.acronym else term.targets[:1]
