"""Glossary-rich segments: real pairs with a name exchanged on both sides for another of its kind.

Only a term that stands once on each side is exchanged, so nothing else in the sentence speaks of it by name. A
third of the organisations of three words and more get their acronym as the wanted target; what the acronym stands
for is then told by the annotation alone.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from recipes.starter.filtering.entities import Entities, acronym
from recipes.starter.filtering.filtered_pairs import FilteredPair
from recipes.starter.filtering.term_pairs import whole_name

__all__ = ["exchange_names"]

_ACRONYM_SHARE = 0.33
# Titles are few and common: taken seldom, or they would fill the share.
_TITLE_SHARE = 0.15
# Dictionary entries are no sentences to put a name into.
_FEWEST_WORDS = 5


def exchange_names(
    pairs: Iterable[FilteredPair], entities: Entities, *, near: float, copies: int, seed: int, kinds: Counter[str]
) -> Iterator[FilteredPair]:
    """Yield new pairs made from those that hold a name.

    Args:
        pairs: filtered pairs with their terms.
        entities: names by kind.
        near: least domain score; what is far from the domain (scripture, software) is no place for its names.
        copies: how many times a pair with a name is used, each time with a name drawn anew.
        seed: of every draw.
        kinds: receives the number of names exchanged, by kind.
    """
    rng = random.Random(seed)
    for pair in pairs:
        if pair.domain < near or len(pair.en.split()) < _FEWEST_WORDS:
            continue
        sites = [(term, kind) for term in pair.terms if (kind := entities.kind(pair.zh[term[0] : term[1]], term[2]))]
        made: set[str] = set()
        for _ in range(copies if sites else 0):
            term, kind = rng.choice(sites)
            if kind == "title" and rng.random() >= _TITLE_SHARE:
                continue
            new = _exchanged(pair, term, kind, entities, rng)
            if new is not None and new.zh not in made:
                made.add(new.zh)
                kinds[kind + (" as acronym" if new.annotated_only else "")] += 1
                yield new


def _exchanged(
    pair: FilteredPair, term: tuple[int, int, str], kind: str, entities: Entities, rng: random.Random
) -> FilteredPair | None:
    start, end, old = term
    zh_name, en_name = entities.another(kind, rng)
    if kind == "title" and old[0].isupper():
        en_name = en_name.title()
    short = acronym(en_name)
    as_acronym = kind == "organisation" and len(short) >= 3 and rng.random() < _ACRONYM_SHARE
    new = short if as_acronym else en_name
    at = pair.en.find(old)
    if (
        at < 0
        or not whole_name(pair.en, at, at + len(old))
        or "·" in (pair.zh[max(start - 1, 0) : start], pair.zh[end : end + 1])
    ):
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
