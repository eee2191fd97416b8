"""Training pairs as token ids in flat arrays, from which batches are drawn without the text.

A packed folder holds three ragged arrays (plain source, annotated source, target), the number of the corpus file of
each pair, and ``packing.json``. A source is kept both plain and annotated, so each epoch draws which terms it requests.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mt.errors import DataError
from mt.training.data.ragged import Ragged

__all__ = ["PackedPairs"]

_SIDES = ("source", "annotated", "target")


@dataclass(frozen=True)
class PackedPairs:
    """Token ids of pairs, each with ``</s>`` at its end.

    Attributes:
        source, annotated: the source without and with annotation; one of them may be empty: it is not to be used.
        target: the target.
        origin: number of the corpus file of each pair, (pairs,).
        weights: copies of a file's pairs in an epoch, by the file's number.
    """

    source: Ragged
    annotated: Ragged
    target: Ragged
    origin: NDArray[np.uint8]
    weights: tuple[float, ...]

    @classmethod
    def plain(cls, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> PackedPairs:
        """Lay out pairs without annotation, all of one file with weight 1."""
        return cls(
            source=Ragged.of(sources),
            annotated=Ragged.of([[]] * len(sources)),
            target=Ragged.of(targets),
            origin=np.zeros(len(sources), np.uint8),
            weights=(1.0,),
        )

    def __len__(self) -> int:
        return len(self.target)

    def select(self, rows: NDArray[np.int64]) -> PackedPairs:
        """Return the pairs of these numbers, in this order."""
        sides = {name: getattr(self, name).select(rows) for name in _SIDES}
        return PackedPairs(**sides, origin=self.origin[rows], weights=self.weights)

    def reweighted(self, weights: Sequence[float]) -> PackedPairs:
        """Return the same pairs with other weights, one for each file.

        Raises:
            DataError: there are not as many weights as packed files.
        """
        if len(weights) != len(self.weights):
            raise DataError(
                f"{len(weights)} corpus sources where {len(self.weights)} were packed", hint="delete corpus.packed"
            )
        return dataclasses.replace(self, weights=tuple(weights))

    def prefixed(self, prefix: Sequence[int]) -> PackedPairs:
        """Return the same pairs with tokens before every source; empty ones stay empty."""
        return dataclasses.replace(self, source=self.source.prefixed(prefix), annotated=self.annotated.prefixed(prefix))

    def save(self, folder: Path) -> None:
        """Write the arrays; ``packing.json`` is the caller's."""
        for name in _SIDES:
            getattr(self, name).save(folder, name)
        np.save(folder / "origin.npy", self.origin)

    @classmethod
    def load(cls, folder: str | Path) -> PackedPairs:
        """Read a packed folder.

        Raises:
            DataError: the folder is missing or incomplete.
        """
        folder = Path(folder)
        try:
            manifest = json.loads((folder / "packing.json").read_text("utf-8"))
            sides = {name: Ragged.load(folder, name) for name in _SIDES}
            origin = np.load(folder / "origin.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(f"is not a packed corpus ({error})", path=folder, hint="pack it again") from None
        return cls(**sides, origin=origin, weights=tuple(source["weight"] for source in manifest["sources"]))
