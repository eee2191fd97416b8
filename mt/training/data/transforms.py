"""Changes of the token ids of a training source, drawn for every batch: one transform per file."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mt.training.data.ragged import Tokens


class SourceTransform(Protocol):
    """A change of a pair's source."""

    def __call__(
        self, source: Tokens | NDArray[np.int64], target: Tokens, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the source to train on; all randomness comes from ``rng``."""

    def lengths(self, sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how long sources of these lengths become on average, so that batches keep within their budget."""
