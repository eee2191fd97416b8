"""Nearness of a pair to the domain: cross-entropy difference (Moore & Lewis 2010) on the words of both sides.

The score of a pair is the mean over its words of log p(word | domain) − log p(word | corpus), averaged over both sides:
above 0 the pair is more likely in the domain than in the corpus. Unigrams suffice: news and a mail-order catalogue
differ in their topics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recipes.starter.filtering.token_table import TokenTable

# Share of the corpus mixed into the small domain text, so that no word is impossible.
_MIXED = 0.2


def domain_scores(
    sides: tuple[TokenTable, TokenTable], domain: tuple[Sequence[str], Sequence[str]]
) -> NDArray[np.float64]:
    """Score each pair, in nats per word.

    Args:
        sides: Chinese and English words of the corpus.
        domain: Chinese and English words of text of the domain, in any order.
    """
    scores = np.zeros(len(sides[0]))
    for side, words in zip(sides, domain, strict=True):
        counts = Counter(words)
        inside = np.array([counts[word] for word in side.words], np.float64)
        everywhere = side.frequencies()
        likely = (1 - _MIXED) * inside / max(inside.sum(), 1.0) + _MIXED * everywhere
        gains = np.log(likely / everywhere)
        gains[0] = 0.0
        scores += side.means(gains[side.ids]) / len(sides)
    return scores
