"""What may be done to the token ids of a training source, drawn anew for every batch: one transform a file."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mt.training.data.ragged import Tokens

__all__ = ["SourceTransform"]


class SourceTransform(Protocol):
    """A random change of a pair's source."""

    def __call__(
        self, source: Tokens | NDArray[np.int64], target: Tokens, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the source as it is to be read; all that is random comes from ``rng``."""

    def lengths(self, sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how long sources of these lengths come to be on average, for batches to keep to their budget."""
