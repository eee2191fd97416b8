"""Sentences split at their commas and lists, where a model cannot translate the whole, and the parts' edges.

Either it did not render all terms: clause by clause annotation mostly achieves what it did not in the whole, and a
constrained search that must place a dozen terms in one sentence strings them together. Or the sentence is so long that
a weak model omits half of it, or longer than its positions. No cut falls within a term, an entity, or what stands
between quotation marks or brackets.
"""

import itertools
import re
from collections.abc import Callable, Sequence

from mt.inference.request import Request
from mt.text.sentences import open_pairs

# Not within a number or a time of day: 2,948 and 10:30.
_MARK = re.compile("[，；：,;:](?<![0-9].(?=[0-9]))")
# Fewest Chinese characters of a part: shorter ones say too little by themselves (10 and 20 were tried).
_SHORTEST = 15
# The same where no term is missed, and length is the only reason.
_SHORTEST_OF_LONG = 20
# A list of a dozen and more, items of which models lose and repeat; and how many of them they translate well.
_LIST = re.compile("(?:[^、，。；：]{1,20}、){11,}")
_ITEMS = 4
# Where a part that is longer than the model's positions is cut, the best places first.
_LAST_RESORTS = [re.compile(mark) for mark in ("[。！？；]", _MARK.pattern, "、", r"\s", "")]


def should_split(request: Request) -> bool:
    """Whether a translated sentence misses a term or an entity and can be split."""
    return request.incomplete and bool(_clause_ends(request, _SHORTEST))


def split_sentence(request: Request, shortest: int = _SHORTEST) -> list[Request]:
    """Split a sentence into requests not yet translated.

    The parts, of at least ``shortest`` characters, are together the sentence and have its terms.
    """
    return _parts(request, _clause_ends(request, shortest))


def split_long(requests: Sequence[Request], characters: int) -> list[Request]:
    """Replace sentences of ``characters`` and more by their clauses, and these by stretches of their lists."""
    parts: list[Request] = []
    for request in requests:
        if request.left or len(request.sentence.source) < characters:
            parts.append(request)
            continue
        for clause in split_sentence(request, _SHORTEST_OF_LONG):
            parts += _parts(clause, _stretch_ends(clause))
    return parts


def split_overlong(request: Request, fits: Callable[[Request], bool]) -> list[Request]:
    """Halve a sentence, and its halves, until all fit; a part that cannot be cut stays as it is."""
    if fits(request):
        return [request]
    source = request.sentence.source
    for free in (_free(request), _free(request, within_pairs=True)):
        for mark in _LAST_RESORTS:
            # Not at a far edge: that would hardly help.
            places = [match.end() for match in mark.finditer(source) if free[match.end()]]
            middle = min(places, key=lambda place: abs(2 * place - len(source)), default=0)
            if middle and (mark is _LAST_RESORTS[-1] or abs(2 * middle - len(source)) < 0.8 * len(source)):
                return [half for part in _parts(request, [middle]) for half in split_overlong(part, fits)]
    return [request]


def _free(request: Request, *, within_pairs: bool = False) -> list[bool]:
    """Whether the sentence may be cut at each of its places."""
    free = [within_pairs or opened is None for opened in open_pairs(request.sentence.source)]
    refused = ((match.start, match.end, target) for match, target in request.refused)
    entities = ((entity.start, entity.end, entity.target) for entity in request.entities)
    for start, end, _ in (*request.term_spans, *entities, *refused):
        free[start + 1 : end] = [False] * (end - start - 1)
    free[0] = free[-1] = False
    return free


def _clause_ends(request: Request, shortest: int) -> list[int]:
    """Return the ends of parts of at least ``shortest`` characters, but the last."""
    source, free = request.sentence.source, _free(request)
    ends = [0]
    for mark in _MARK.finditer(source):
        at = mark.end()
        if free[at] and at - ends[-1] >= shortest and len(source) - at >= shortest:
            ends.append(at)
    return ends[1:]


def _stretch_ends(request: Request) -> list[int]:
    """Return the ends of all stretches of long lists but the last."""
    source, free = request.sentence.source, _free(request)
    ends = []
    for found in _LIST.finditer(source):
        marks = [place + 1 for place in range(*found.span()) if source[place] == "、"]
        ends += [at for at in marks[_ITEMS - 1 :: _ITEMS] if free[at]]
    return ends


def _parts(request: Request, ends: Sequence[int]) -> list[Request]:
    """Cut a request after some of its characters; a comma between items (、) belongs to neither part."""
    source, parts = request.sentence.source, []
    for start, end in itertools.pairwise([0, *ends, len(source)]):
        listed = end < len(source) and source[end - 1] == "、"
        part = request.part(start, end - listed)
        part.follows = request.follows if start == 0 else source[start - 1] not in "。！？"
        # Cut between two characters, there is no mark.
        part.mark = request.mark if end == len(source) else source[end - 1] if not source[end - 1].isalnum() else " "
        parts.append(part)
    return parts


def replace_by_parts(requests: Sequence[Request], parts: dict[int, list[Request]]) -> list[Request]:
    """Replace some requests, by their number, by their parts."""
    return [part for number, request in enumerate(requests) for part in parts.get(number, [request])]
