"""A corpus side as numbers: the word identifiers of all segments in one array, and the words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rarer words tell a count-based model nothing.
_LEAST_COUNT = 2


@dataclass(frozen=True)
class TokenTable:
    """Segment ``i`` is ``ids[offsets[i]:offsets[i + 1]]``; identifier 0 is a word too rare to count.

    Attributes:
        ids: word identifiers of all segments, (words,).
        offsets: where segments begin, and the end, (segments + 1,).
        words: identifier → word; ``words[0]`` is empty.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    words: list[str]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Words of each segment."""
        return np.diff(self.offsets)

    @classmethod
    def of(cls, segments: Iterable[Sequence[str]], least_count: int = _LEAST_COUNT) -> TokenTable:
        """Number the words of segments by frequency; words below ``least_count`` become 0."""
        numbers: dict[str, int] = {}
        lengths = [0]
        blocks: list[NDArray[np.int32]] = []
        counts: Counter[int] = Counter()
        for segment in segments:
            row = [numbers.setdefault(word, len(numbers)) for word in segment]
            counts.update(row)
            lengths.append(len(row))
            blocks.append(np.array(row, np.int32))
        names = list(numbers)
        frequent = [number for number, count in counts.most_common() if count >= least_count]
        renumbered = np.zeros(max(len(names), 1), np.int32)
        renumbered[frequent] = np.arange(1, len(frequent) + 1, dtype=np.int32)
        ids = renumbered[np.concatenate(blocks)] if blocks else np.zeros(0, np.int32)
        return cls(ids, np.cumsum(lengths, dtype=np.int64), ["", *(names[number] for number in frequent)])

    def select(self, rows: NDArray[np.int64]) -> TokenTable:
        """Return the segments of ``rows`` in that order, with the same identifiers."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return TokenTable(self.ids[places], offsets, self.words)

    def frequencies(self) -> NDArray[np.float64]:
        """Return the share of each identifier among all words; none is 0."""
        counts = np.bincount(self.ids, minlength=len(self.words)) + 0.5
        return counts / counts.sum()

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over each segment of values given per word; 0 for a segment without words."""
        sums = np.concatenate([np.zeros(1), np.cumsum(values)])
        lengths = self.lengths
        return (sums[self.offsets[1:]] - sums[self.offsets[:-1]]) / np.maximum(lengths, 1)
