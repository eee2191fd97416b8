"""Repeated and nearly repeated pairs: MinHash (Broder 1997) over word and character n-grams of both sides.

Two pairs are near-duplicates when the Jaccard similarity of their n-grams is at least 0.8. Candidates share a
band of minima; their similarity is then computed, so that hash collisions drop nothing.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray

_NOT_LETTERS = re.compile(r"[\W_]+")
_SIMILAR = 0.8
_BANDS = 5
_ROWS = 2
_RNG = np.random.default_rng(20101)
_MULTIPLIERS = _RNG.integers(1, 2**63, (_BANDS * _ROWS, 1), dtype=np.uint64) | np.uint64(1)
_ADDENDS = _RNG.integers(0, 2**63, (_BANDS * _ROWS, 1), dtype=np.uint64)


class Duplicates:
    """The pairs seen so far, of which at most ``most_copies`` may share one side."""

    def __init__(self, most_copies: int = 3) -> None:
        self._most_copies = most_copies
        self._sides: Counter[int] = Counter()
        self._pairs: set[int] = set()
        self._bands: dict[int, int] = {}
        self._shingles: list[NDArray[np.uint64]] = []

    def reason(self, zh: str, en: str) -> str | None:
        """Return why a pair adds nothing to those before it; if it does, remember it and return None."""
        bare_zh, bare_en = _NOT_LETTERS.sub("", zh), _NOT_LETTERS.sub(" ", en).lower().strip()
        sides = (hash(("zh", bare_zh)), hash(("en", bare_en)))
        if hash(sides) in self._pairs:
            return "repeated"
        if any(self._sides[side] >= self._most_copies for side in sides):
            return "side repeated"
        shingles = _shingles(bare_zh, bare_en)
        keys = _bands(shingles)
        for key in keys:
            other = self._bands.get(key)
            if other is not None and _similarity(shingles, self._shingles[other]) >= _SIMILAR:
                return "near-duplicate"
        self._pairs.add(hash(sides))
        self._sides.update(sides)
        for key in keys:
            self._bands.setdefault(key, len(self._shingles))
        self._shingles.append(shingles)
        return None


def _shingles(zh: str, en: str) -> NDArray[np.uint64]:
    """Return hashes of the Chinese character trigrams and the English word bigrams, sorted and distinct."""
    words = en.split()
    grams = {zh[i : i + 3] for i in range(max(len(zh) - 2, 1))}
    grams.update(" ".join(words[i : i + 2]) for i in range(max(len(words) - 1, 1)))
    hashed = np.fromiter((zlib.crc32(gram.encode()) for gram in grams), np.uint64, len(grams))
    hashed.sort()
    return hashed


def _bands(shingles: NDArray[np.uint64]) -> list[int]:
    # Multiply-shift hashing, in which uint64 wraps around: (hash functions, n-grams) → minima (hash functions,)
    minima = ((shingles * _MULTIPLIERS + _ADDENDS) >> np.uint64(16)).min(axis=1)
    return [hash((band, *minima[band * _ROWS : (band + 1) * _ROWS].tolist())) for band in range(_BANDS)]


def _similarity(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
