"""Token sequences of unequal length in one flat array, read and saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ragged", "Tokens"]

# Identifiers fit 16 bits for our own vocabulary, not for multilingual bases.
Tokens = NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True)
class Ragged:
    """Sequences of unequal length end to end: row ``i`` is ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: Tokens
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Tokens:
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each row."""
        return np.diff(self.offsets)

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """Lay rows end to end."""
        lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        ids = np.fromiter((token for row in rows for token in row), np.uint32, int(offsets[-1]))
        small = not len(ids) or int(ids.max()) < 2**16
        return cls(ids.astype(np.uint16) if small else ids, offsets)

    def select(self, rows: NDArray[np.int64]) -> Ragged:
        """The rows of these numbers, in this order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return Ragged(self.ids[np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)], offsets)

    def prefixed(self, prefix: Sequence[int]) -> Ragged:
        """The rows with tokens before them; empty rows stay empty."""
        if not prefix:
            return self
        begins = self.offsets[:-1][self.lengths > 0]
        small = self.ids.dtype == np.uint16 and max(prefix) < 2**16
        ids = np.insert(self.ids.astype(np.uint32), np.repeat(begins, len(prefix)), np.tile(prefix, len(begins)))
        offsets = self.offsets + np.concatenate([[0], np.cumsum(np.where(self.lengths > 0, len(prefix), 0))])
        return Ragged(ids.astype(np.uint16) if small else ids.astype(np.uint32), offsets)

    def save(self, folder: Path, name: str) -> None:
        """Write ``name.ids.npy`` and ``name.offsets.npy``."""
        np.save(folder / f"{name}.ids.npy", self.ids)
        np.save(folder / f"{name}.offsets.npy", self.offsets)

    @classmethod
    def load(cls, folder: Path, name: str) -> Ragged:
        """Read what ``save`` wrote."""
        return cls(
            np.load(folder / f"{name}.ids.npy", allow_pickle=False),
            np.load(folder / f"{name}.offsets.npy", allow_pickle=False),
        )
