"""Which word translates which: IBM Model 1 (Brown et al. 1993), both directions, on arrays.

Translation probabilities of rare words are shrunk, which would otherwise align with any neighbour (Moore 2004,
"Improving IBM Word-Alignment Model 1"). A model trained on a sample of a corpus scores all of it: how
much better the other side predicts each word than its frequency does, in nats per word. Words are linked where both
directions agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recipes.starter.filtering.token_table import TokenTable

_ITERATIONS = 5
# Added to the occurrences of a source word when counts become probabilities.
_SHRINKAGE = 1.0
# Less likely translations are dropped: they never win, and fill the memory.
_LEAST_PROBABILITY = 1e-3
# Bounds of a word's gain, in nats, so that one rare word does not decide for a sentence.
_LEAST_GAIN, _MOST_GAIN = -2.0, 6.0
_CHUNK = 20_000


@dataclass(frozen=True)
class Model1:
    """t(target | source) of word pairs, in ``values``; ``keys`` are sorted, source × ``width`` + target."""

    keys: NDArray[np.int64]
    values: NDArray[np.float32]
    width: int

    def probabilities(self, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return t(target[i] | source[i]); 0 where dropped."""
        keys = source.astype(np.int64) * self.width + target
        places = np.searchsorted(self.keys, keys)
        places[places == len(self.keys)] = 0
        return np.where(self.keys[places] == keys, self.values[places], np.float32(0))


@dataclass(frozen=True)
class Links:
    """Word links of a pair: positions in the source and target, and the lower of both probabilities; (links,) each."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    strength: NDArray[np.float32]


@dataclass(frozen=True)
class _Crossing:
    """Every source word with every target word of the same pair, target word by target word.

    Attributes:
        source: position of the source word in the table, −1 for the empty word, (crossings,).
        starts, counts: first crossing and number of crossings of each target word, (target words,).
    """

    source: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]


def train_model1(source: TokenTable, target: TokenTable, iterations: int = _ITERATIONS) -> Model1:
    """Estimate t(target | source) by expectation maximisation; word 0 of the source is also the empty word.

    Raises:
        ValueError: the sides differ in their number of segments.
    """
    if len(source) != len(target):
        raise ValueError(f"{len(source)} source segments against {len(target)}")
    crossing = _cross(source, target)
    width = len(target.words)
    links = _source_ids(source, crossing).astype(np.int64) * width + np.repeat(target.ids, crossing.counts)
    keys, places = np.unique(links, return_inverse=True)
    del links
    of_source = keys // width
    values = np.full(len(keys), 1.0 / width, np.float32)
    for _ in range(iterations):
        shares = values[places]
        totals = np.add.reduceat(shares, crossing.starts) if len(shares) else shares
        shares /= np.repeat(totals, crossing.counts)
        counts = np.bincount(places, shares, minlength=len(keys))
        sums = np.bincount(of_source, counts, minlength=len(source.words))
        values = (counts / (sums[of_source] + _SHRINKAGE)).astype(np.float32)
    kept = values >= _LEAST_PROBABILITY
    return Model1(keys[kept], values[kept], width)


def scores_and_links(
    zh: TokenTable, en: TokenTable, zh_to_en: Model1, en_to_zh: Model1
) -> Iterator[tuple[NDArray[np.float64], list[Links]]]:
    """Yield scores and links of successive chunks of a corpus.

    A score is the mean gain per word, in nats, averaged over both directions: near 0 or below for unrelated sides, 1
    and more for most translations.
    """
    zh_frequencies, en_frequencies = zh.frequencies(), en.frequencies()
    for begin in range(0, len(zh), _CHUNK):
        rows = np.arange(begin, min(begin + _CHUNK, len(zh)))
        some_zh, some_en = zh.select(rows), en.select(rows)
        to_en, best_zh, strength = _gains(some_zh, some_en, zh_to_en, en_frequencies)
        to_zh, best_en, back = _gains(some_en, some_zh, en_to_zh, zh_frequencies)
        yield (to_en + to_zh) / 2, _mutual(some_zh, some_en, best_zh, strength, best_en, back)


def _cross(source: TokenTable, target: TokenTable) -> _Crossing:
    """Cross the sides of each pair, the empty word included once for each target word."""
    pair = np.repeat(np.arange(len(target)), target.lengths)
    counts = source.lengths[pair] + 1
    ends = np.cumsum(counts)
    starts = ends - counts
    within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(starts, counts)
    places = np.repeat(source.offsets[:-1][pair] - 1, counts) + within
    places[starts] = -1
    return _Crossing(places, starts, counts)


def _source_ids(source: TokenTable, crossing: _Crossing) -> NDArray[np.int32]:
    """Return the source word of each crossing; 0 for the empty word."""
    if not len(source.ids):
        return np.zeros(len(crossing.source), np.int32)
    return np.where(crossing.source < 0, np.int32(0), source.ids[crossing.source])


def _gains(
    source: TokenTable, target: TokenTable, model: Model1, frequencies: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the mean gain per segment, and the likeliest source word of each target word (−1 for none) with its t."""
    crossing = _cross(source, target)
    values = model.probabilities(_source_ids(source, crossing), np.repeat(target.ids, crossing.counts))
    if not len(values):
        return np.zeros(len(target)), np.zeros(0, np.int64), np.zeros(0, np.float32)
    sums = np.add.reduceat(values, crossing.starts)
    own = frequencies[target.ids]
    gains = np.log(sums / crossing.counts / own + np.exp(_LEAST_GAIN)).clip(_LEAST_GAIN, _MOST_GAIN)
    gains[target.ids == 0] = 0.0
    values[crossing.source < 0] = 0
    best = np.maximum.reduceat(values, crossing.starts)
    first = np.flatnonzero((values == np.repeat(best, crossing.counts)) & (values > 0))
    word = np.repeat(np.arange(len(target.ids)), crossing.counts)[first]
    chosen = np.full(len(target.ids), -1, np.int64)
    # In reverse, so that the first of equals remains.
    chosen[word[::-1]] = crossing.source[first[::-1]]
    return target.means(gains), chosen, best


def _mutual(
    zh: TokenTable,
    en: TokenTable,
    best_zh: NDArray[np.int64],
    strength: NDArray[np.float32],
    best_en: NDArray[np.int64],
    back: NDArray[np.float32],
) -> list[Links]:
    """Return the links that both directions choose, by pair, with positions counted within the segment."""
    en_places = np.flatnonzero(best_zh >= 0)
    mutual = best_en[best_zh[en_places]] == en_places
    en_places = en_places[mutual]
    zh_places = best_zh[en_places]
    least = np.minimum(strength[en_places], back[zh_places])
    bounds = np.searchsorted(en_places, en.offsets)
    return [
        Links(
            zh_places[start:end] - zh.offsets[row],
            en_places[start:end] - en.offsets[row],
            least[start:end],
        )
        for row, (start, end) in enumerate(pairwise(bounds.tolist()))
    ]
