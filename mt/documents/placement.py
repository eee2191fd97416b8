"""Where the inline codes of a segment belong in its translation, by the words that are aligned.

Every code is placed once, none crosses another, and none stands within a word.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mt.documents.segment import Code, Segment

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")


class Link(NamedTuple):
    """Two spans of characters that translate each other, as surely as ``probability`` (0 to 1) says."""

    source_start: int
    source_end: int
    target_start: int
    target_end: int
    probability: float


def place_codes(segment: Segment, english: str, links: Sequence[Link]) -> tuple[Code, ...]:
    """Return where each code of a segment stands in its translation.

    A code around words goes around the English words that are mostly aligned with them, a code by itself after the
    word aligned with what precedes it. Where nothing is aligned, the place is proportional.
    """
    placer = _Placer(segment, english, links)
    placed: list[Code] = []
    for number, code in enumerate(segment.codes):
        outer = _enclosing(segment.codes, number)
        low, high = (placed[outer].start, placed[outer].end) if outer is not None else (0, len(english))
        taken = [placed[other] for other in range(number) if _enclosing(segment.codes, other) == outer]
        placed.append(placer.place(code, low, high, taken))
    for first, last in segment.ordered:
        if placed[last].start < placed[first].start:
            placed[first] = placed[last] = Code(placed[last].start, placed[last].start)
    return tuple(placed)


def _enclosing(codes: Sequence[Code], number: int) -> int | None:
    """The innermost earlier code around a code."""
    own = codes[number]
    around = (
        other
        for other in range(number - 1, -1, -1)
        if codes[other].start <= own.start and own.end <= codes[other].end and codes[other].start < codes[other].end
    )
    return next(around, None)


def _overlaps(code: Code, others: Sequence[Code]) -> bool:
    return any(other.start < code.end and code.start < other.end for other in others)


class _Placer:
    def __init__(self, segment: Segment, english: str, links: Sequence[Link]) -> None:
        self._source, self._english = segment.text, english
        self._sure = [link for link in links if link.probability == 1]
        self._words = [match.span() for match in _WORD.finditer(english)]
        # For each English word, how much of it each Chinese character accounts for.
        self._weights: list[dict[int, float]] = [{} for _ in self._words]
        for link in links:
            share = link.probability / max(link.source_end - link.source_start, 1)
            for number, (start, end) in enumerate(self._words):
                if link.target_start < end and start < link.target_end:
                    for place in range(link.source_start, link.source_end):
                        self._weights[number][place] = self._weights[number].get(place, 0.0) + share

    def place(self, code: Code, low: int, high: int, taken: Sequence[Code]) -> Code:
        """Place a code between two places of the English, apart from the codes that are there already."""
        text = self._source
        if code.start == code.end or not text[code.start : code.end].strip():
            place = self._point(code.start, low, high, taken)
            return Code(place, place)
        if (
            not text[: code.start].strip()
            and not text[code.end :].strip()
            and all(one.start == one.end for one in taken)
        ):
            return Code(low, high)
        known = self._copied(code) or self._known(code)
        if known is not None and low <= known.start and known.end <= high and not _overlaps(known, taken):
            return known
        return self._around(code, low, high, taken) or self._proportional(code, low, high, taken)

    def _copied(self, code: Code) -> Code | None:
        """The place of Latin letters or digits that are the same in English, be they part of a word: H₂O, 10 m²."""
        own = self._source[code.start : code.end]
        if not own.isascii() or not own.isalnum():
            return None
        before = re.search(r"[!-~]*$", self._source[: code.start]).group()  # type: ignore[union-attr]
        after = re.match(r"[!-~]*", self._source[code.end :]).group()  # type: ignore[union-attr]
        pattern = rf"(?<!\w){re.escape(before)}({re.escape(own)}){re.escape(after)}(?!\w)"
        found = re.search(pattern, self._english)
        return Code(*found.span(1)) if found else None

    def _known(self, code: Code) -> Code | None:
        """The English of a code's text where it is known, as that of terms is."""
        sure = [link for link in self._sure if code.start <= link.source_start and link.source_end <= code.end]
        if sum(link.source_end - link.source_start for link in sure) < len(self._source[code.start : code.end].strip()):
            return None
        return Code(min(link.target_start for link in sure), max(link.target_end for link in sure))

    def _around(self, code: Code, low: int, high: int, taken: Sequence[Code]) -> Code | None:
        """The run of words most of whose weight lies within the code."""
        best, best_sum = None, 0.0
        first, total = None, 0.0
        for number, (start, end) in enumerate(self._words):
            gain = self._gain(number, code)
            if start < low or end > high or _overlaps(Code(start, end), taken):
                first, total = None, 0.0
                continue
            if first is None or total <= 0:
                first, total = number, 0.0
            total += gain
            if total > best_sum + 1e-9 and gain > 0:
                best, best_sum = (self._words[first][0], end), total
        return Code(*best) if best is not None else None

    def _gain(self, number: int, code: Code) -> float:
        weights = self._weights[number]
        total = sum(weights.values())
        if not total:
            return -0.05
        inside = sum(weight for place, weight in weights.items() if code.start <= place < code.end)
        # A word that is half within counts as within; 0.4 places more codes right than 0.5.
        return inside / total - 0.4

    def _proportional(self, code: Code, low: int, high: int, taken: Sequence[Code]) -> Code:
        """The free word nearest to where the code's middle would be if all words were equally long."""
        middle = (code.start + code.end) / 2 / max(len(self._source), 1) * len(self._english)
        free = [
            (start, end)
            for start, end in self._words
            if low <= start and end <= high and not _overlaps(Code(start, end), taken)
        ]
        if not free:
            place = self._point(code.start, low, high, taken)
            return Code(place, place)
        words = [word for word in free if self._english[word[0]].isalnum()] or free
        return Code(*min(words, key=lambda word: abs(sum(word) / 2 - middle)))

    def _point(self, source_place: int, low: int, high: int, taken: Sequence[Code]) -> int:
        """The place after the word that is aligned with the characters before a place in the source."""
        text = self._source
        if not text[:source_place].strip():
            place = low
        elif not text[source_place:].strip():
            place = high
        else:
            place = self._after(source_place)
        return self._outside(min(max(place, low), high), low, taken)

    def _after(self, source_place: int) -> int:
        for before in range(source_place - 1, -1, -1):
            found = [(weights.get(before, 0.0), number) for number, weights in enumerate(self._weights)]
            weight, number = max(found, default=(0.0, 0), key=lambda one: (one[0], one[1]))
            if weight > 0.2 / max(len(self._source), 1):
                end = self._words[number][1]
                # After the mark that follows the word, if the source has one there.
                mark = not (text := self._source[source_place - 1]).isalnum() and text in "。，；：！？、.,;:!?"
                follows = number + 1 < len(self._words) and self._words[number + 1][0] == end
                return self._words[number + 1][1] if mark and follows and not self._is_word(number + 1) else end
        ends = [0, *(end for _, end in self._words)]
        wanted = source_place / max(len(self._source), 1) * len(self._english)
        return min(ends, key=lambda end: abs(end - wanted))

    def _is_word(self, number: int) -> bool:
        return self._english[self._words[number][0]].isalnum()

    def _outside(self, place: int, low: int, taken: Sequence[Code]) -> int:
        """The place itself, or the end of the code around it."""
        for code in taken:
            if code.start < place < code.end:
                place = code.end
        return max(place, low)


def proportional_links(segment: Segment, english: str, known: Sequence[Link]) -> list[Link]:
    """Links for a segment that no model aligned: those known, and between them what is at the same share of the way."""
    links = list(known)
    anchors = sorted(
        {(0, 0), (len(segment.text), len(english)), *((one.source_start, one.target_start) for one in known)}
    )
    kept: list[tuple[int, int]] = []
    for anchor in anchors:
        if not kept or (anchor[0] > kept[-1][0] and anchor[1] >= kept[-1][1]):
            kept.append(anchor)
    for (start, target_start), (end, target_end) in pairwise(kept):
        ratio = (end - start) / max(target_end - target_start, 1)
        for match in _WORD.finditer(english, target_start, target_end):
            first = start + int((match.start() - target_start) * ratio)
            last = max(first + 1, start + int((match.end() - target_start) * ratio))
            links.append(Link(first, min(last, end), *match.span(), 0.3))
    return links
