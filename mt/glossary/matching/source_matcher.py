"""Find the terms of a glossary in a source text, whatever its script, width and case.

An Aho-Corasick automaton (Aho & Corasick 1975) over folded text finds every occurrence of every entry in time linear in
the text and the occurrences.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mt.glossary.matching.folding import fold_script, fold_width, word_bounded
from mt.glossary.term import Term, merge_terms
from mt.text.han import is_han
from mt.text.script import convert


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A term found at ``source[start:end]``, in characters of the original text."""

    start: int
    end: int
    term: Term


def _searcher(patterns: list[str]) -> Callable[[str], list[tuple[int, int, int]]]:
    """Build the automaton of distinct ``patterns``: text → (start, end, index of the pattern) of every occurrence.

    daachorse's double array (Kanda, Akabe & Oda 2023, "Engineering faster double-array Aho-Corasick automata") is the
    faster the larger the glossary; where there is no wheel of it (Linux on ARM) ahocorasick_rs finds the same.
    """
    try:
        from daachorse import CharwiseDoubleArrayAhoCorasick
    except ImportError:
        from ahocorasick_rs import AhoCorasick

        find = AhoCorasick(patterns, store_patterns=False).find_matches_as_indexes
        return lambda text: [(start, end, index) for index, start, end in find(text, overlapping=True)]
    # The prefilter skips to characters that begin an entry: in a large glossary nearly all do.
    return CharwiseDoubleArrayAhoCorasick(patterns, use_prefilter=False).find_overlapping


# Where a line or a cell of a table ends.
_CELL_END = re.compile("[\\t\\n\\v\\f\\r\\x1c-\\x1e\\x85\\u2028\\u2029]")


class Matcher:
    """The automaton over a glossary's sources.

    Texts and entries are folded by character and, where OpenCC's phrases differ (反覆, 乾隆), in that way too.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = terms
        widths = [fold_width(term.source).text.strip() for term in terms]
        # Converted in one call, one per line: no phrase of OpenCC's contains a line end.
        phrases = convert("\n".join(widths)).split("\n") if terms else []
        groups: dict[str, list[int]] = {}
        for index, (width, phrase) in enumerate(zip(widths, phrases, strict=True)):
            key = fold_script(width)
            if not key:
                continue  # nothing but invisible characters
            groups.setdefault(key, []).append(index)
            if phrase != width and (other := fold_script(phrase)) != key:
                groups.setdefault(other, []).append(index)
        # Sorted, so that neighbours in the automaton are neighbours in memory: built and searched faster.
        patterns = sorted(groups)
        self._groups = [groups[pattern] for pattern in patterns]
        # Most groups are one term, found here in one step.
        self._lone = [terms[group[0]] if len(group) == 1 else None for group in self._groups]
        self._search = _searcher(patterns)
        self._merged: dict[tuple[int, ...], Term] = {}

    def match(self, source: str, *, overlap: bool = False) -> list[TermMatch]:
        """Find the terms in ``source``, in order of their place; none begins or ends inside a Latin word or number.

        ``source`` may be a whole text: no term crosses the end of a line or, at a tab, of a cell.

        Entries with one source come as one term with all their targets; where some entry is written just as the
        text is (後 beside 后), only such entries count.

        Args:
            overlap: return every occurrence of every term, longer first at one place. By default the longest term
                wins wherever two overlap, and of two equally long the earlier.
        """
        found = self._occurrences(source)
        spans = sorted(found, key=lambda span: (span[0], -span[1])) if overlap else longest_first(found, len(source))
        return [TermMatch(start, end, self._term(source[start:end], found[start, end])) for start, end in spans]

    def _occurrences(self, source: str) -> dict[tuple[int, int], tuple[int, ...]]:
        """Every word-bounded occurrence: span in ``source`` → its groups."""
        folded = fold_width(source)
        text = folded.text
        variants = [fold_script(text)]
        if (phrase := convert(text)) != text and (other := fold_script(phrase)) != variants[0]:
            variants.append(other)
        found: dict[tuple[int, int], tuple[int, ...]] = {}
        direct, cells = folded.starts is None, _CELL_END.search(source) is not None
        padded = text + " "
        for variant in variants:
            for start, end, group in self._search(variant):
                # Between ideographs a term may begin and end anywhere: nearly always the case, and quickly told.
                free = is_han(text[start]) and is_han(text[end - 1]) and (padded[end] < "\u0300" or is_han(padded[end]))
                if not free and not word_bounded(text, start, end):
                    continue
                span = (start, end) if direct else folded.original(start, end)
                if span is None or (cells and _CELL_END.search(source, *span)):
                    continue
                if group not in found.get(span, ()):
                    found[span] = (*found.get(span, ()), group)
        return found

    def _term(self, written: str, groups: tuple[int, ...]) -> Term:
        if len(groups) == 1 and (lone := self._lone[groups[0]]) is not None:
            return lone
        indices = sorted({index for group in groups for index in self._groups[group]})
        if len(indices) == 1:
            return self._terms[indices[0]]
        exact = [index for index in indices if self._terms[index].source == written]
        key = tuple(exact or indices)
        if key not in self._merged:
            self._merged[key] = merge_terms([self._terms[index] for index in key])
        return self._merged[key]


def longest_first(found: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Choose disjoint spans of a text of some length: the longest first, of two equally long the earlier; in order."""
    taken = bytearray(length)
    chosen = []
    for start, end in sorted(found, key=lambda span: (span[0] - span[1], span[0])):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\x01" * (end - start)
            chosen.append((start, end))
    chosen.sort()
    return chosen
