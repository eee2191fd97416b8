"""Batches by token budget: pairs of like length together, so that little of a batch is padding.

The order of an epoch is a pure function of (pairs, settings, seed, epoch): a resumed run finds the
batch it stopped at by its number alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mt.config import TermsConfig
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Tokens
from mt.training.data.transforms import SourceTransform

__all__ = ["Batch", "Epoch", "batch_by_tokens", "collate"]

# Pairs sorted by length together, and at least so many for each token of a batch, so that there are batches enough.
# Large pools pad less; smaller ones mix lengths better over time.
_POOL, _POOL_OF_BUDGET = 65_536, 16
# Source tokens that count as one length.
_SOURCE_STEP = 3


@dataclass(frozen=True)
class Batch:
    """Padded token ids of one step: rows × tokens, and how many of them are real."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    source_lengths: NDArray[np.int64]
    target_lengths: NDArray[np.int64]

    @property
    def target_tokens(self) -> int:
        """Target tokens without padding."""
        return int(self.target_lengths.sum())

    @property
    def padding(self) -> float:
        """Share of the cells of both sides that hold padding."""
        real = int(self.source_lengths.sum() + self.target_lengths.sum())
        return 1.0 - real / (self.source.size + self.target.size)


class Epoch:
    """One pass: which pairs, how often, annotated or plain, in which batches.

    Args:
        pairs: the packed corpus; its weights say how many copies of each source's pairs to draw.
        terms: shares of annotated segments and of dropped terms.
        budget: the larger padded side of a batch, in tokens.
        tags: identifiers of the opening, translation and closing tag.
        seed, number: what the draw depends on.
        transforms: what is done to the sources, in this order.
    """

    def __init__(
        self,
        pairs: PackedPairs,
        terms: TermsConfig,
        budget: int,
        tags: Sequence[int],
        *,
        seed: int,
        number: int,
        transforms: Sequence[SourceTransform] = (),
    ) -> None:
        self.pairs = pairs
        self.terms = terms
        self.tags = tuple(tags)
        self._transforms = tuple(transforms)
        self._seed = (seed, number)
        rng = np.random.default_rng(self._seed)
        weights = np.asarray(pairs.weights)[pairs.origin]
        whole = np.floor(weights).astype(np.int64)
        copies = whole + (rng.random(len(pairs)) < weights - whole)
        rows = np.repeat(np.arange(len(pairs)), copies)
        rng.shuffle(rows)
        plain_lengths, annotated_lengths = pairs.source.lengths[rows], pairs.annotated.lengths[rows]
        wanted = rng.random(len(rows)) < terms.annotated_share
        self.annotated = (annotated_lengths > 0) & (wanted | (plain_lengths == 0))
        usable = np.where(self.annotated, annotated_lengths, plain_lengths) > 0
        self.rows, self.annotated = rows[usable], self.annotated[usable]
        lengths = np.stack(
            [
                np.where(self.annotated, annotated_lengths[usable], plain_lengths[usable]),
                pairs.target.lengths[self.rows],
            ]
        )
        for transform in self._transforms:
            lengths[0] = transform.lengths(lengths[0])
        self.batches = batch_by_tokens(lengths, budget, rng)

    def __len__(self) -> int:
        return len(self.batches)

    def batch(self, number: int, pad: int) -> Batch:
        """Build batch ``number``; terms are dropped from annotations by a draw of its own."""
        rng = np.random.default_rng((*self._seed, number))
        sources: list[Tokens | NDArray[np.int64]] = []
        targets: list[Tokens] = []
        for place in self.batches[number]:
            row = self.rows[place]
            if self.annotated[place]:
                # An invented target cannot be told from the plain source: its term always stays.
                keep_all = len(self.pairs.source[row]) == 0
                annotated = self.pairs.annotated[row]
                sources.append(annotated if keep_all else self._drop_terms(annotated, rng))
            else:
                sources.append(self.pairs.source[row])
            targets.append(self.pairs.target[row])
        for transform in self._transforms:
            sources = [transform(row, target, rng) for row, target in zip(sources, targets, strict=True)]
        return collate(sources, targets, pad)

    def _drop_terms(self, ids: Tokens, rng: np.random.Generator) -> Tokens:
        """Take some terms' tags and wanted targets out; the source words stay."""
        opening, translation, closing = self.tags
        starts = np.flatnonzero(ids == opening)
        middles = np.flatnonzero(ids == translation)
        ends = np.flatnonzero(ids == closing)
        keep = np.ones(len(ids), bool)
        for start, middle, end in zip(starts, middles, ends, strict=True):
            if rng.random() < self.terms.drop_share:
                keep[start] = False
                keep[middle : end + 1] = False
        return ids[keep]


def batch_by_tokens(
    lengths: NDArray[np.int64], budget: int, rng: np.random.Generator | None = None
) -> list[NDArray[np.int64]]:
    """Cut places 0..n into batches whose padded sides (2 × n lengths) each stay within the budget.

    A pair longer than the budget gets a batch of its own. With ``rng`` the batches are shuffled.
    """
    batches = []
    size = max(_POOL, _POOL_OF_BUDGET * budget)
    for begin in range(0, lengths.shape[1], size):
        pool = np.arange(begin, min(begin + size, lengths.shape[1]))
        # Sources of nearly one length, and among those the targets up, then down, then up again: neighbours are alike
        # on both sides, where sorting by one side alone leaves a fifth of the other's cells padding.
        step, target = lengths[0, pool] // _SOURCE_STEP, lengths[1, pool]
        pool = pool[np.lexsort((np.where(step % 2, -target, target), step))]
        start = 0
        longest = 0
        for position, place in enumerate(pool):
            longest_with = max(longest, int(lengths[:, place].max()))
            if position > start and longest_with * (position - start + 1) > budget:
                batches.append(pool[start:position])
                start, longest_with = position, int(lengths[:, place].max())
            longest = longest_with
        if start < len(pool):
            batches.append(pool[start:])
    if rng is None:
        return batches
    order = rng.permutation(len(batches))
    return [batches[number] for number in order]


def collate(sources: Sequence[Tokens | NDArray[np.int64]], targets: Sequence[Tokens], pad: int) -> Batch:
    """Pad sequences to one rectangle a side."""
    source, source_lengths = _pad(sources, pad)
    target, target_lengths = _pad(targets, pad)
    return Batch(source, target, source_lengths, target_lengths)


def _pad(rows: Sequence[Tokens | NDArray[np.int64]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.array([len(row) for row in rows], np.int64)
    cells = np.full((len(rows), int(lengths.max())), pad, np.int64)
    cells[np.arange(cells.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return cells, lengths
