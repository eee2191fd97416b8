"""Long segments with many terms: neighbouring pairs joined end to end.

Example sentences are short; documents have sentences of a hundred characters with a dozen terms, and segments of
several sentences. Joining short ones improves the translation of long ones (Kondo et al. 2021, "Sentence Concatenation
Approach to Data Augmentation for Neural Machine Translation").
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

from recipes.starter.filtering.filtered_pairs import FilteredPair

# Range of the Chinese characters that a joined segment has to reach, drawn uniformly.
_SHORTEST, _LONGEST = 40, 120
_ZH_END = re.compile(r"[。！？…；][”’」』）]*$")
_EN_END = re.compile(r"[.!?…;][\"”’')]*$")


def join_pairs(pairs: Iterable[FilteredPair], *, near: float, seed: int) -> Iterator[FilteredPair]:
    """Yield segments of two and more neighbouring pairs, each pair in at most one.

    Pairs far from the domain, that end in the middle of a sentence, or that may only be used annotated are left out,
    and so are terms whose target occurs more than once in the whole.

    Args:
        pairs: filtered pairs with their terms, in the order of their files.
        near: least domain score.
        seed: of the lengths.
    """
    rng = random.Random(seed)
    group: list[FilteredPair] = []
    goal = rng.randint(_SHORTEST, _LONGEST)
    for pair in pairs:
        if pair.domain < near or pair.annotated_only or not (_ZH_END.search(pair.zh) and _EN_END.search(pair.en)):
            continue
        group.append(pair)
        if sum(len(member.zh) for member in group) >= goal:
            if len(group) > 1:
                yield _joined(group)
            group = []
            goal = rng.randint(_SHORTEST, _LONGEST)


def _joined(group: list[FilteredPair]) -> FilteredPair:
    zh = "".join(pair.zh for pair in group)
    en = " ".join(pair.en for pair in group)
    terms: list[tuple[int, int, str]] = []
    begin = 0
    for pair in group:
        terms += [(begin + start, begin + end, target) for start, end, target in pair.terms if en.count(target) == 1]
        begin += len(pair.zh)
    return FilteredPair(zh, en, sum(pair.domain for pair in group) / len(group), tuple(terms))
