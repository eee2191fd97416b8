"""How near is a pair to the domain? Cross-entropy difference (Moore & Lewis 2010), on words, both sides.

The score of a pair is the mean over its words of log p(word | domain) − log p(word | corpus), averaged over
the two sides: above 0, the pair is likelier in the domain than in the corpus. Unigrams are enough to rank by: what
differs between news and a mail-order catalogue is what is talked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recipes.starter.filtering.token_table import TokenTable

__all__ = ["domain_scores"]

# A small domain text has seen few words: the corpus is mixed in with this share, so none is impossible.
_MIXED = 0.2


def domain_scores(
    sides: tuple[TokenTable, TokenTable], domain: tuple[Sequence[str], Sequence[str]]
) -> NDArray[np.float64]:
    """Score each pair, in nats a word.

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
