"""Token sequences of unequal length in one flat array, which is read and saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ragged", "Tokens"]

# 16 bits suffice for our own vocabulary, not for multilingual bases.
Tokens = NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True)
class Ragged:
    """R sequences end to end: row ``i`` is ``ids[offsets[i]:offsets[i + 1]]``.

    Attributes:
        ids: (tokens,) of all rows.
        offsets: (R + 1,), from 0 to the number of tokens.
    """

    ids: Tokens
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Tokens:
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens in each row: (R,)."""
        return np.diff(self.offsets)

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """Concatenate rows."""
        offsets = _offsets(np.fromiter((len(row) for row in rows), np.int64, len(rows)))
        ids = np.fromiter((token for row in rows for token in row), np.uint32, int(offsets[-1]))
        small = not len(ids) or int(ids.max()) < 2**16
        return cls(ids.astype(np.uint16) if small else ids, offsets)

    def select(self, rows: NDArray[np.int64]) -> Ragged:
        """Return the rows of these numbers, in this order."""
        lengths = self.lengths[rows]
        offsets = _offsets(lengths)
        # Token t of the result is in row r of it, at t - offsets[r]; in the original at self.offsets[rows[r]] + that.
        shift = np.repeat(self.offsets[rows] - offsets[:-1], lengths)  # (tokens of the result,)
        return Ragged(self.ids[np.arange(offsets[-1]) + shift], offsets)

    def prefixed(self, prefix: Sequence[int]) -> Ragged:
        """Return the rows with tokens before them; empty rows stay empty."""
        if not prefix:
            return self
        full = self.lengths > 0
        starts = self.offsets[:-1][full]
        small = self.ids.dtype == np.uint16 and max(prefix) < 2**16
        # np.insert takes positions in the original array: each start once per token of the prefix.
        ids = np.insert(self.ids.astype(np.uint32), np.repeat(starts, len(prefix)), np.tile(prefix, len(starts)))
        offsets = self.offsets + _offsets(np.where(full, len(prefix), 0))
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


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
