"""Sentence alignment within a pair of paragraphs: monotone dynamic programming over beads.

The cost of a bead is that of Gale & Church (1993), "A Program for Aligning Sentences in Bilingual Corpora":
how frequent its shape is and how well the lengths in characters agree, plus the weights of its anchors
(:mod:`mt.data.alignment.anchors`) without counterpart inside it. The constants were fitted on the Government Work
Reports of 2016–2020 in Chinese and English; ``tests/data/test_align.py`` measures the accuracy on that of 2021.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mt.data.alignment.anchors import Anchor, find_anchors

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


@dataclass(frozen=True)
class Bead:
    """Chinese sentences ``zh_start:zh_end`` are translated by English sentences ``en_start:en_end``.

    One of the two ranges is empty where a sentence has no counterpart.
    """

    zh_start: int
    zh_end: int
    en_start: int
    en_end: int

    @property
    def shape(self) -> tuple[int, int]:
        """How many Chinese and how many English sentences."""
        return self.zh_end - self.zh_start, self.en_end - self.en_start


def align_sentences(zh: Sequence[str], en: Sequence[str]) -> list[Bead]:
    """Align the sentences of a Chinese paragraph with those of its translation.

    A paragraph of one sentence is one bead, however many sentences translate it.

    Args:
        zh: the Chinese sentences (n).
        en: the English sentences (m).

    Returns:
        Beads in order that cover every sentence of both sides exactly once; none for two empty sides.
    """
    rows, columns = len(zh), len(en)
    if min(rows, columns) <= 1:
        return [Bead(0, rows, 0, columns)] if rows or columns else []
    cost = _BeadCost(zh, en, find_anchors(zh, en))
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    for i in range(rows + 1):
        for j in _band(i, rows, columns):
            for shape in _SHAPES:
                before = best.get((i - shape[0], j - shape[1]))
                if before is None:
                    continue
                total = before[0] + cost(Bead(i - shape[0], i, j - shape[1], j))
                if (i, j) not in best or total < best[i, j][0]:
                    best[i, j] = (total, shape)
    beads = []
    i, j = rows, columns
    while i or j:
        across, down = best[i, j][1]
        beads.append(Bead(i - across, i, j - down, j))
        i, j = i - across, j - down
    return beads[::-1]


def _band(i: int, rows: int, columns: int) -> Iterator[int]:
    width = _BAND + int(_BAND_SHARE * max(rows, columns))
    middle = i * columns // rows
    yield from range(max(0, middle - width), min(columns, middle + width) + 1)


class _BeadCost:
    """Negative log probability of a bead, in nats, plus the weights of its anchors without counterpart."""

    def __init__(self, zh: Sequence[str], en: Sequence[str], anchors: Sequence[Anchor]) -> None:
        # Entry k is the length of the first k sentences, in characters without white space.
        self.zh_ends, self.en_ends = (
            list(accumulate((len("".join(sentence.split())) for sentence in side), initial=0)) for side in (zh, en)
        )
        self.ratio = (self.en_ends[-1] + _RATIO_WEIGHT * _CHARACTERS_RATIO) / (self.zh_ends[-1] + _RATIO_WEIGHT)
        self.priors = {shape: -math.log(share) for shape, share in _SHAPES.items()}
        self.of_zh: dict[int, list[Anchor]] = defaultdict(list)
        self.of_en: dict[int, list[Anchor]] = defaultdict(list)
        for anchor in anchors:
            self.of_zh[anchor.zh].append(anchor)
            self.of_en[anchor.en].append(anchor)

    def __call__(self, bead: Bead) -> float:
        cost = self.priors[bead.shape] + self._anchor_cost(bead)
        # An omission costs the same whatever its length.
        return cost + self._length_cost(bead) if all(bead.shape) else cost

    def _length_cost(self, bead: Bead) -> float:
        zh_length = self.zh_ends[bead.zh_end] - self.zh_ends[bead.zh_start]
        en_length = self.en_ends[bead.en_end] - self.en_ends[bead.en_start]
        mean = (zh_length + en_length / self.ratio) / 2
        deviation = abs(en_length - self.ratio * zh_length) / math.sqrt(_VARIANCE * max(mean, 1.0))
        tail = math.erfc(deviation / math.sqrt(2))
        # Its asymptote where the tail underflows.
        return -math.log(tail) if tail > 1e-280 else deviation**2 / 2 + math.log(deviation * math.sqrt(math.pi / 2))

    def _anchor_cost(self, bead: Bead) -> float:
        zh, en = range(bead.zh_start, bead.zh_end), range(bead.en_start, bead.en_end)
        return sum(anchor.weight for index in zh for anchor in self.of_zh[index] if anchor.en not in en) + sum(
            anchor.weight for index in en for anchor in self.of_en[index] if anchor.zh not in zh
        )
