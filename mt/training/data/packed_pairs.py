"""Training pairs as token ids of one base, in flat arrays from which batches are drawn without the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from mt.models.load import encode_sources, encode_targets

# 16 bits suffice for our own vocabulary, not for multilingual bases.
Tokens = NDArray[np.uint16] | NDArray[np.uint32]
Rows = Sequence[Sequence[int]]


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
    def of(cls, rows: Rows) -> Ragged:
        """Concatenate rows."""
        offsets = offsets_of([len(row) for row in rows])
        ids = np.fromiter((token for row in rows for token in row), np.uint32, int(offsets[-1]))
        small = not len(ids) or int(ids.max()) < 2**16
        return cls(ids.astype(np.uint16) if small else ids, offsets)


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


def offsets_of(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where rows of these lengths begin, and at last where they end: (rows + 1,)."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


@dataclass(frozen=True)
class PairEncoder:
    """Encodes training pairs for a base.

    Attributes:
        tokenizer: with the term tags, languages set.
        max_tokens: positions that the base has.
        prefix: text that the base is given before every source.
    """

    tokenizer: PreTrainedTokenizerBase
    max_tokens: int
    prefix: str = ""

    def sources(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise sources, annotated or plain, as in a request."""
        return encode_sources(self.tokenizer, texts, self.prefix)

    def targets(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise references."""
        return encode_targets(self.tokenizer, texts)

    def fits(self, *sequences: Sequence[int]) -> bool:
        """Whether none of the sequences has more tokens than the base has positions."""
        return max(map(len, sequences)) <= self.max_tokens
