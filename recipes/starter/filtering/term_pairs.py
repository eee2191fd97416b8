"""Terms to annotate in a pair: from a dictionary, and phrases that word alignment finds.

A phrase pair is consistent (Och & Ney 2004) if no word of it is linked to a word outside. Those are kept that look like
terms (nouns and names) and occur once on each side, so that a request is never ambiguous. Frequent types are used ever
more rarely: a model should meet many different terms.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence

from mt.text.han import HAN
from mt.text.stop_words import COMMON_WORDS
from recipes.starter.corpus.dictionary import Dictionary
from recipes.starter.filtering.word_alignment import Links

_LONGEST_ZH, _LONGEST_EN = 6, 7
# Least probability, in both directions, of the links at a phrase's ends, and of a phrase of one word.
_CERTAIN = 0.04
_ALONE_CERTAIN = 0.15
# More frequent types are used with probability sqrt(this / occurrences).
_OFTEN = 20
_TERM_ZH = re.compile(rf"[{HAN}A-Za-z0-9·]{{2,16}}")
_NO_TERM_ZH = re.compile(
    "[的是了在和与及也不就都而这那我你他她它们吗呢吧啊很被把让使对为]|一个|没有|可以|什么|怎么|自己|如果|因为|所以|但是"
)
_INSIDE = frozenset("of the for and in on to de la - ' & a an".split())
_NO_EDGE = COMMON_WORDS | frozenset(
    "came come first get go good got great him me new said say says three two use used went".split()
)
_WORD_BEFORE = re.compile(r"([\w'-]+\.?)[ -]$")
_NAME_AFTER = re.compile(r"(?:'s)?[ -][A-Z]")
_ADDRESS = frozenset("Mr Mrs Ms Dr President Premier Chairman Minister General Secretary Professor King Queen".split())
_NO_NOUN = re.compile(r"(?:ly|ed|ing)$")


def aligned_phrases(
    zh: str, en: str, zh_spans: Sequence[tuple[int, int]], en_spans: Sequence[tuple[int, int]], links: Links
) -> list[tuple[int, int, str]]:
    """Return (start, end, target) of phrase pairs that look like terms; their spans of ``zh`` may overlap."""
    to_en: dict[int, int] = {}
    to_zh: dict[int, int] = {}
    strengths: dict[int, float] = {}
    for source, target, strength in zip(
        links.source.tolist(), links.target.tolist(), links.strength.tolist(), strict=True
    ):
        to_en[source], to_zh[target], strengths[source] = target, source, strength
    found = []
    for first in sorted(to_en):
        if strengths[first] < _CERTAIN:
            continue
        low = high = to_en[first]
        for last in range(first, min(first + _LONGEST_ZH, len(zh_spans))):
            if last > first and zh_spans[last][0] != zh_spans[last - 1][1]:
                break
            if last not in to_en:
                continue
            low, high = min(low, to_en[last]), max(high, to_en[last])
            if high - low >= _LONGEST_EN:
                break
            if strengths[last] < _CERTAIN or (first == last and strengths[first] < _ALONE_CERTAIN):
                continue
            if any(not first <= to_zh.get(place, first) <= last for place in range(low, high + 1)):
                continue
            start, end = zh_spans[first][0], zh_spans[last][1]
            words = [en[slice(*en_spans[place])] for place in range(low, high + 1)]
            unlinked = [word for place, word in enumerate(words, low) if place not in to_zh]
            target = en[en_spans[low][0] : en_spans[high][1]]
            if (
                all(word.lower() in _INSIDE for word in unlinked)
                and _like_a_term(zh[start:end], words, target)
                and whole_name(en, en_spans[low][0], en_spans[high][1])
            ):
                found.append((start, end, target))
    return found


def whole_name(en: str, start: int, end: int) -> bool:
    """Whether no capitalised word before or after ``en[start:end]`` makes it part of a longer name.

    Capitals at the beginning of a sentence and in forms of address do not count.
    """
    if en[start].isupper() and (before := _WORD_BEFORE.search(en, 0, start)):
        at_beginning = not en[: before.start()].strip(" \"'") or en[: before.start()].rstrip()[-1:] in ".!?:"
        if before[1][0].isupper() and not at_beginning and before[1].rstrip(".") not in _ADDRESS:
            return False
    last = en[start:end].split()[-1]
    return not (last[0].isupper() and _NAME_AFTER.match(en, end))


def _like_a_term(source: str, words: list[str], target: str) -> bool:
    if not _TERM_ZH.fullmatch(source) or _NO_TERM_ZH.search(source) or '"' in target:
        return False
    if not (words[0][0].isalpha() and words[-1][-1].isalnum()) or len(target) < 3:
        return False
    if any(not (word[0].isalnum() or word in "-'&.") for word in words):
        return False
    if words[0].lower() in _NO_EDGE or words[-1].lower() in _NO_EDGE:
        return False
    named = any(word[0].isupper() for word in words[1:]) or (words[0][0].isupper() and len(words[0]) > 1)
    return named or not (_NO_NOUN.search(words[-1]) or (len(words) == 1 and len(source) < 2))


class TermFinder:
    """Finds the terms of one pair after the other, and counts how often each type occurs."""

    def __init__(self, lexicon: Dictionary, seed: int) -> None:
        self._lexicon = lexicon
        self._rng = random.Random(seed)
        self.types: Counter[str] = Counter()

    def find(
        self, zh: str, en: str, zh_spans: Sequence[tuple[int, int]], en_spans: Sequence[tuple[int, int]], links: Links
    ) -> list[tuple[int, int, str]]:
        """Return the terms of a pair; neither their spans of ``zh`` nor those of their targets in ``en`` overlap."""
        candidates = aligned_phrases(zh, en, zh_spans, en_spans, links) + self._lexicon.find_terms(zh, en)
        candidates.sort(key=lambda term: (term[0] - term[1], term[0]))
        lower = en.lower()
        taken_zh: list[tuple[int, int]] = []
        taken_en: list[tuple[int, int]] = []
        chosen = []
        for start, end, target in candidates:
            source = zh[start:end]
            if zh.count(source) > 1 or lower.count(target.lower()) > 1 or not _apart(start, end, taken_zh):
                continue
            at = en.find(target)
            if at < 0 or not _apart(at, at + len(target), taken_en):
                continue
            self.types[source] += 1
            if self._rng.random() ** 2 * self.types[source] > _OFTEN:
                continue
            taken_zh.append((start, end))
            taken_en.append((at, at + len(target)))
            chosen.append((start, end, target))
        return sorted(chosen)


def _apart(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return all(end <= other_start or start >= other_end for other_start, other_end in taken)
