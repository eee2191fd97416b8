"""Find the terms of a glossary in a source text, whatever its script, width and case.

An Aho-Corasick automaton (Aho & Corasick 1975) over folded text finds every occurrence of every entry in
time linear in the text and the occurrences; spans are given in the original text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mt.glossary.entries import Term, merge_terms
from mt.glossary.fold import convert_script, fold_script, fold_width, word_bounded

__all__ = ["Matcher", "TermMatch"]


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A term found at ``source[start:end]``, in characters of the original text."""

    start: int
    end: int
    term: Term


class _Alphabet(dict[int, int]):
    """``str.translate`` table that folds script and case and numbers the characters of the entries by frequency.

    The automaton works on UTF-8: with the commonest characters in one or two bytes instead of three it has half the
    states, and a large one stays in the processor's cache. What is in no entry becomes one character of its own.
    """

    _OTHER = 0x10FFFF

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__()
        counts: Counter[str] = Counter()
        for key in keys:
            counts.update(key)
        # Surrogates (from U+D800, 0x800 of them) cannot be encoded.
        self._codes = {
            character: code if code < 0xD800 else code + 0x800
            for code, (character, _) in enumerate(counts.most_common(), 1)
        }

    def __missing__(self, code: int) -> int:
        known = self[code] = self._codes.get(fold_script(chr(code)), self._OTHER)
        return known


class Matcher:
    """The automaton over a glossary's sources, built once.

    Each text is searched as folded character by character and, where OpenCC's phrases read it otherwise
    (反覆 is 反复, 乾隆 stays), in that reading too; entries stand in the automaton in both readings.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        import ahocorasick_rs

        self._terms = terms
        widths = [fold_width(term.source).text.strip() for term in terms]
        # Converted in one call, a line each: no phrase of OpenCC's goes over a line end.
        phrases = convert_script("\n".join(widths)).split("\n") if terms else []
        groups: dict[str, list[int]] = {}
        for index, (width, phrase) in enumerate(zip(widths, phrases, strict=True)):
            key = fold_script(width)
            if not key:
                continue  # nothing but invisible characters: lint names it
            groups.setdefault(key, []).append(index)
            if phrase != width and (other := fold_script(phrase)) != key:
                groups.setdefault(other, []).append(index)
        self._alphabet = _Alphabet(groups)
        # In order, so that what is looked up together lies together: built in half the time and searched faster.
        coded = {key.translate(self._alphabet): group for key, group in groups.items()}
        patterns = sorted(coded)
        self._groups = [coded[pattern] for pattern in patterns]
        self._automaton = ahocorasick_rs.AhoCorasick(
            patterns, matchkind=ahocorasick_rs.MatchKind.Standard, store_patterns=False
        )
        self._merged: dict[tuple[int, ...], Term] = {}

    def match(self, source: str, *, overlap: bool = False) -> list[TermMatch]:
        """Find the terms in ``source``, in order of their place.

        Without ``overlap`` the longest term wins wherever two overlap, over the whole text (of two equally
        long the earlier). With it every occurrence of every term is given, longer first at one place.
        A term never begins or ends inside a Latin word or a number.

        Entries with one source come as one term with all their targets; where some entry is written just as the
        text is (後 beside 后), only such entries count.
        """
        found = self._occurrences(source)
        spans = sorted(found, key=lambda span: (span[0], -span[1])) if overlap else _longest_first(found, len(source))
        return [TermMatch(start, end, self._term(source[start:end], found[start, end])) for start, end in spans]

    def _occurrences(self, source: str) -> dict[tuple[int, int], tuple[int, ...]]:
        """Every word-bounded occurrence: span in ``source`` → its groups."""
        folded = fold_width(source)
        text = folded.text
        readings = [text.translate(self._alphabet)]
        if (phrase := convert_script(text)) != text and (other := phrase.translate(self._alphabet)) != readings[0]:
            readings.append(other)
        found: dict[tuple[int, int], tuple[int, ...]] = {}
        direct = folded.starts is None
        padded = text + " "
        for reading in readings:
            for group, start, end in self._automaton.find_matches_as_indexes(reading, overlapping=True):
                # Between ideographs any place will do; this is nearly always the case, and quick to see.
                if not (
                    "\u3400" <= text[start] <= "\u9fff"
                    and "\u3400" <= text[end - 1] <= "\u9fff"
                    and (padded[end] < "\u0300" or "\u3400" <= padded[end] <= "\u9fff")
                ) and not word_bounded(text, start, end):
                    continue
                span = (start, end) if direct else folded.original(start, end)
                if span is None:
                    continue
                groups = found.get(span)
                if groups is None:
                    found[span] = (group,)
                elif group not in groups:
                    found[span] = (*groups, group)
        return found

    def _term(self, written: str, groups: tuple[int, ...]) -> Term:
        indices = self._groups[groups[0]]
        if len(groups) > 1:
            indices = sorted({index for group in groups for index in self._groups[group]})
        if len(indices) == 1:
            return self._terms[indices[0]]
        exact = [index for index in indices if self._terms[index].source == written]
        key = tuple(exact or indices)
        if key not in self._merged:
            self._merged[key] = merge_terms([self._terms[index] for index in key])
        return self._merged[key]


def _longest_first(found: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    taken = bytearray(length)
    chosen = []
    for start, end in sorted(found, key=lambda span: (span[0] - span[1], span[0])):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\x01" * (end - start)
            chosen.append((start, end))
    chosen.sort()
    return chosen
