"""Words of both languages, as spans: Chinese by longest match in a dictionary, English by form.

Longest match (forward, over CC-CEDICT's headwords) is cruder than a trained segmenter, but deterministic, fast and good
enough for counting; names fall into single characters, which phrase extraction joins again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOKEN = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d+(?:[.,]\d+)*|[^\s\w]|\w")
_ENGLISH = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*|\d+(?:[.,]\d+)*|[^\s\w]|\w")
_LONGEST = 8


class Segmenter:
    """Chinese text → spans of words."""

    def __init__(self, headwords: Iterable[str]) -> None:
        import ahocorasick_rs

        words = sorted({word for word in headwords if 2 <= len(word) <= _LONGEST})
        self._automaton = ahocorasick_rs.AhoCorasick(words, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return (start, end) of each word, number or punctuation mark, in order, without white space."""
        found = []
        position = 0
        for _, start, end in self._automaton.find_matches_as_indexes(text):
            found += [match.span() for match in _TOKEN.finditer(text, position, start)]
            found.append((start, end))
            position = end
        return found + [match.span() for match in _TOKEN.finditer(text, position)]


def english_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each word, number or punctuation mark, in order."""
    return [match.span() for match in _ENGLISH.finditer(text)]
