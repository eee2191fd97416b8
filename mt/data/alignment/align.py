"""Sentence alignment within a pair of paragraphs: monotone dynamic programming over beads.

The cost of a bead is that of Gale & Church (1993), "A Program for Aligning Sentences in Bilingual Corpora":
how frequent its shape is and how well the lengths in characters agree, plus the weights of its anchors
(:mod:`mt.data.alignment.anchors`) without counterpart inside it. The constants were fitted on the Government Work
Reports of 2016–2020 in Chinese and English; ``tests/data/alignment`` measures the accuracy on that of 2021.
"""

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mt.data.alignment.anchors import find_anchors

# Probability of each shape of a bead (Chinese sentences, English sentences). One long Chinese sentence often becomes
# several English ones.
_SHAPES = {
    (1, 1): 0.80,
    (1, 2): 0.12,
    (2, 1): 0.03,
    (1, 3): 0.02,
    (1, 4): 0.006,
    (3, 1): 0.003,
    (2, 2): 0.002,
    (1, 5): 0.002,
    (2, 3): 0.001,
    (3, 2): 0.0005,
    (1, 0): 0.0025,
    (0, 1): 0.0025,
    (4, 1): 0.0003,
}
# Prior of the English characters for one Chinese character, and how many Chinese characters it counts as.
_CHARACTERS_RATIO = 4.5
_RATIO_WEIGHT = 40
# Variance of the English length, in characters, for one Chinese character.
_VARIANCE = 60.0
# Most sentences a path may be off the diagonal: this many, plus this share of the longer side.
_BAND = 12
_BAND_SHARE = 0.15


class Bead(NamedTuple):
    """Chinese sentences ``zh_start:zh_end`` are translated by English sentences ``en_start:en_end``.

    One of the two ranges is empty where a sentence has no counterpart.
    """

    zh_start: int
    zh_end: int
    en_start: int
    en_end: int


def align_sentences(zh: Sequence[str], en: Sequence[str]) -> list[Bead]:
    """Align the sentences of a Chinese paragraph with those of its translation.

    A paragraph of one sentence is one bead, however many sentences translate it. The beads are in order and cover every
    sentence of both sides exactly once; there are none for two empty sides.
    """
    rows, columns = len(zh), len(en)
    if min(rows, columns) <= 1:
        return [Bead(0, rows, 0, columns)] if rows or columns else []
    shapes = list(_SHAPES)
    i, j = rows, columns
    beads = []
    chosen = _best_shapes(zh, en)
    while i or j:
        across, down = shapes[chosen[i, j]]
        beads.append(Bead(i - across, i, j - down, j))
        i, j = i - across, j - down
    return beads[::-1]


def _best_shapes(zh: Sequence[str], en: Sequence[str]) -> NDArray[np.int8]:
    """Return the index in ``_SHAPES`` of the last bead of the best path to each place, (n + 1, m + 1)."""
    rows, columns = len(zh), len(en)
    costs = _Costs(zh, en)
    width = _BAND + int(_BAND_SHARE * max(rows, columns))
    chosen = np.zeros((rows + 1, columns + 1), np.int8)
    # The costs of the best paths to the places of the last rows, the newest first; infinite outside the band.
    recent: deque[NDArray[np.float64]] = deque(maxlen=max(across for across, _ in _SHAPES))
    for i in range(rows + 1):
        middle = i * columns // rows
        low, high = max(0, middle - width), min(columns, middle + width) + 1
        row = np.full(columns + 1, np.inf)
        row[0] = 0.0 if i == 0 else np.inf
        for number, (across, down) in enumerate(_SHAPES):
            start = max(low, down)
            if across and across <= i and start < high:
                total = recent[across - 1][start - down : high - down] + costs.of_row((across, down), i, start, high)
                better = total < row[start:high]
                row[start:high][better] = total[better]
                chosen[i, start:high][better] = number
        # Along the row, English sentences without counterpart: the best place to come from has the least cost before.
        before = np.minimum.accumulate((row - costs.omitted)[low:high])
        better = np.concatenate([[False], before[:-1] < (row - costs.omitted)[low + 1 : high]])
        row[low:high][better] = (before + costs.omitted[low:high])[better]
        chosen[i, low:high][better] = list(_SHAPES).index((0, 1))
        recent.appendleft(row)
    return chosen


class _Costs:
    """Negative log probabilities of beads, in nats, plus the weights of their anchors without counterpart.

    Attributes:
        omitted: (m + 1,), cost of leaving the first English sentences without counterpart, each by itself.
    """

    def __init__(self, zh: Sequence[str], en: Sequence[str]) -> None:
        # Entry k is the length of the first k sentences, in characters without white space.
        self._zh, self._en = (np.cumsum([0, *(len("".join(text.split())) for text in side)]) for side in (zh, en))
        self._ratio = (self._en[-1] + _RATIO_WEIGHT * _CHARACTERS_RATIO) / (self._zh[-1] + _RATIO_WEIGHT)
        # Likewise the weights of the anchors of the first k sentences; of each Chinese one those shared with them.
        zh_weights, en_weights = np.zeros(len(zh) + 1), np.zeros(len(en) + 1)
        self._shared: dict[int, NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(en) + 1))
        for anchor in find_anchors(zh, en):
            zh_weights[anchor.zh + 1] += anchor.weight
            en_weights[anchor.en + 1] += anchor.weight
            self._shared[anchor.zh][anchor.en + 1 :] += anchor.weight
        self._zh_weights, self._en_weights = np.cumsum(zh_weights), np.cumsum(en_weights)
        self.omitted = self._en_weights - math.log(_SHAPES[0, 1]) * np.arange(len(en) + 1)

    def of_row(self, shape: tuple[int, int], i: int, start: int, stop: int) -> NDArray[np.float64]:
        """Return the costs of beads of a shape that end at the first ``i`` and the first start … stop - 1 sentences."""
        across, down = shape
        first, after = slice(start - down, stop - down), slice(start, stop)
        cost = -math.log(_SHAPES[shape]) + self._zh_weights[i] - self._zh_weights[i - across]
        costs: NDArray[np.float64] = cost + self._en_weights[after] - self._en_weights[first]
        if not down:  # an omission costs the same whatever its length
            return costs
        for index in range(i - across, i):
            if index in self._shared:
                costs -= 2 * (self._shared[index][after] - self._shared[index][first])
        zh_length, en_lengths = self._zh[i] - self._zh[i - across], self._en[after] - self._en[first]
        means = np.maximum((zh_length + en_lengths / self._ratio) / 2, 1.0)
        deviations = np.abs(en_lengths - self._ratio * zh_length) / np.sqrt(_VARIANCE * means)
        return costs + np.interp(deviations, *_tail_costs())


@cache
def _tail_costs() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Deviations, and the negative log probabilities that a normal variable is further off; beyond them no growth."""
    deviations = np.arange(0, 37, 0.002)
    return deviations, -np.log([math.erfc(deviation / math.sqrt(2)) for deviation in deviations])
