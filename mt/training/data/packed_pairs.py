"""Training pairs as token ids in flat arrays, from which batches are drawn without the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mt.training.data.ragged import Ragged

Rows = Sequence[Sequence[int]]


@dataclass(frozen=True)
class PackedPairs:
    """Token ids of pairs, each with ``</s>`` at its end.

    Attributes:
        source, annotated: the source without and with annotation; one that is empty must not be used.
        target: the target.
        origin: (pairs,) number of the file that each pair is from.
        weights: copies of a file's pairs in an epoch, by its number.
    """

    source: Ragged
    annotated: Ragged
    target: Ragged
    origin: NDArray[np.uint8]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, sources: Rows, annotated: Rows, targets: Rows) -> PackedPairs:
        """Lay out pairs of one file with weight 1."""
        origin = np.zeros(len(sources), np.uint8)
        return cls(Ragged.of(sources), Ragged.of(annotated), Ragged.of(targets), origin, (1.0,))

    @classmethod
    def plain(cls, sources: Rows, targets: Rows) -> PackedPairs:
        """Lay out pairs without annotation."""
        return cls.of(sources, [[]] * len(sources), targets)

    def __len__(self) -> int:
        return len(self.target)
