"""Synthetic segments rich in terms: real pairs with a name exchanged on both sides for another of its kind.

Only a term that occurs once on each side is exchanged, so nothing else in the sentence refers to it by name. The target
of a third of the organisations of three words and more becomes their acronym, which only the annotation tells.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from recipes.starter.filtering.entities import Entities, acronym
from recipes.starter.filtering.filtered_pairs import FilteredPair
from recipes.starter.filtering.term_pairs import whole_name

_ACRONYM_SHARE = 0.33
# Titles are few and common: used rarely, or most exchanged names would be titles.
_TITLE_SHARE = 0.15
# Dictionary entries are no sentences to put a name into.
_FEWEST_WORDS = 5

_Term = tuple[int, int, str]


class NameExchanger:
    """Makes pairs with other names.

    Args:
        entities: names by kind.
        near: least domain score; other texts (scripture, software) are no place for names of the domain.
        seed: of every draw.

    Attributes:
        kinds: number of names exchanged, by kind.
    """

    def __init__(self, entities: Entities, near: float, seed: int) -> None:
        self._entities, self._near = entities, near
        self._rng = random.Random(seed)
        self.kinds: Counter[str] = Counter()

    def exchange(self, pairs: Iterable[FilteredPair], copies: int) -> Iterator[FilteredPair]:
        """Yield up to ``copies`` new pairs for each pair that has a name."""
        rng = self._rng
        for pair in pairs:
            if pair.domain < self._near or len(pair.en.split()) < _FEWEST_WORDS:
                continue
            sites = [
                (term, kind)
                for term in pair.terms
                if (kind := self._entities.kind(pair.zh[term[0] : term[1]], term[2]))
            ]
            made: set[str] = set()
            for _ in range(copies if sites else 0):
                term, kind = rng.choice(sites)
                if kind == "title" and rng.random() >= _TITLE_SHARE:
                    continue
                new = self._exchanged(pair, term, kind)
                if new is not None and new.zh not in made:
                    made.add(new.zh)
                    self.kinds[kind + (" as acronym" if new.annotated_only else "")] += 1
                    yield new

    def _exchanged(self, pair: FilteredPair, term: _Term, kind: str) -> FilteredPair | None:
        start, end, old = term
        zh_name, en_name = self._entities.another(kind, self._rng)
        if kind == "title" and old[0].isupper():
            en_name = en_name.title()
        short = acronym(en_name)
        as_acronym = kind == "organisation" and len(short) >= 3 and self._rng.random() < _ACRONYM_SHARE
        new = short if as_acronym else en_name
        at = pair.en.find(old)
        part_of_name = "·" in (pair.zh[max(start - 1, 0) : start], pair.zh[end : end + 1])
        if at < 0 or part_of_name or not whole_name(pair.en, at, at + len(old)):
            return None
        zh = pair.zh[:start] + zh_name + pair.zh[end:]
        en, count = re.subn(
            rf"(?:\b(?P<article>[Aa]n?) )?(?<!\w){re.escape(old)}(?!\w)",
            lambda match: (_article(match["article"], new) if match["article"] else "") + new,
            pair.en,
        )
        if count != 1 or zh.count(zh_name) != 1 or zh_name == pair.zh[start:end]:
            return None
        shift = len(zh_name) - (end - start)
        terms = [(start, start + len(zh_name), new)]
        terms += [
            (first + shift * (first >= end), last + shift * (first >= end), target)
            for first, last, target in pair.terms
            if (first, last) != (start, end) and target in en and target not in new
        ]
        return FilteredPair(zh, en, pair.domain, tuple(sorted(terms)), as_acronym)


def _article(old: str, word: str) -> str:
    new = "an" if word[0] in "AEIOaeio" else "a"
    return (new.capitalize() if old[0].isupper() else new) + " "
