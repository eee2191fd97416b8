"""Batches by token budget: pairs of similar length together, so that little of a batch is padding.

The order of an epoch is a pure function of (pairs, settings, seed, number of the epoch): a resumed run finds the batch
it stopped at by its number alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from mt.config import TermsConfig
from mt.training.data.packed_pairs import PackedPairs, Tokens

# Pairs sorted by length together: so many, or so many per token of a batch, so that there are batches enough.
# Large pools pad less; small ones mix lengths better over time.
_POOL, _POOL_PER_TOKEN = 65_536, 16
# Differences in source length below this count as none.
_SOURCE_STEP = 3


class SourceTransform(Protocol):
    """A change of a pair's source, drawn for every batch."""

    def __call__(
        self, source: Tokens | NDArray[np.int64], target: Tokens, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the source to train on; all randomness comes from ``rng``."""

    def lengths(self, sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how long sources of these lengths become on average, so that batches keep within their budget."""


@dataclass(frozen=True)
class Batch:
    """Padded token ids of one step, (segments, tokens), and how many of them are real, (segments,)."""

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
        """Share of padding in both sides."""
        real = int(self.source_lengths.sum() + self.target_lengths.sum())
        return 1.0 - real / (self.source.size + self.target.size)


@dataclass(frozen=True)
class EpochSettings:
    """How epochs are drawn and batched."""

    # Shares of annotated segments and of dropped terms.
    terms: TermsConfig
    # The larger padded side of a batch.
    batch_tokens: int
    # Identifiers of the opening, translation and closing tag.
    tags: Sequence[int] = ()
    seed: int = 0
    # Changes of the sources, in this order.
    transforms: Sequence[SourceTransform] = ()


class Epoch:
    """One pass over the pairs: which of them, how often, annotated or plain, in which batches.

    Attributes:
        rows: (P,) numbers of the pairs drawn; weights say how many copies of each.
        annotated: (P,) whether each is annotated.
        batches: places in these two arrays, of each batch.
    """

    def __init__(self, pairs: PackedPairs, settings: EpochSettings, number: int) -> None:
        self.pairs, self.settings, self.number = pairs, settings, number
        rng = np.random.default_rng((settings.seed, number))
        # A weight of 2.3 is two copies, and a third with probability 0.3.
        weights = np.asarray(pairs.weights)[pairs.origin]  # (pairs,)
        whole = np.floor(weights).astype(np.int64)
        copies = whole + (rng.random(len(pairs)) < weights - whole)
        rows = np.repeat(np.arange(len(pairs)), copies)
        rng.shuffle(rows)
        plain, annotated = pairs.source.lengths[rows], pairs.annotated.lengths[rows]
        drawn = rng.random(len(rows)) < settings.terms.annotated_share
        # An empty form is one that must not be used.
        self.annotated = (annotated > 0) & (drawn | (plain == 0))
        sources = np.where(self.annotated, annotated, plain)
        usable = sources > 0
        self.rows, self.annotated = rows[usable], self.annotated[usable]
        lengths = np.stack([sources[usable], pairs.target.lengths[self.rows]])  # (2, P)
        for transform in settings.transforms:
            lengths[0] = transform.lengths(lengths[0])
        self.batches = batch_by_tokens(lengths, settings.batch_tokens, rng)

    def __len__(self) -> int:
        return len(self.batches)

    def batch(self, number: int, pad: int) -> Batch:
        """Build a batch; which terms are left out of its annotations depends on its number."""
        rng = np.random.default_rng((self.settings.seed, self.number, number))
        sources: list[Tokens | NDArray[np.int64]] = []
        targets: list[Tokens] = []
        for place in self.batches[number]:
            row = self.rows[place]
            if self.annotated[place]:
                # Without a plain form the target cannot be told from the source: its term always stays.
                keep_all = len(self.pairs.source[row]) == 0
                annotated = self.pairs.annotated[row]
                sources.append(annotated if keep_all else self._drop_terms(annotated, rng))
            else:
                sources.append(self.pairs.source[row])
            targets.append(self.pairs.target[row])
        for transform in self.settings.transforms:
            sources = [transform(row, target, rng) for row, target in zip(sources, targets, strict=True)]
        return collate(sources, targets, pad)

    def _drop_terms(self, ids: Tokens, rng: np.random.Generator) -> Tokens:
        """Remove the tags and targets of some terms, ``<term> source <trans> target </term>``; the source stays."""
        opening, translation, closing = self.settings.tags
        starts = np.flatnonzero(ids == opening)
        middles = np.flatnonzero(ids == translation)
        ends = np.flatnonzero(ids == closing)
        keep = np.ones(len(ids), bool)
        for start, middle, end in zip(starts, middles, ends, strict=True):
            if rng.random() < self.settings.terms.drop_share:
                keep[start] = False
                keep[middle : end + 1] = False
        return ids[keep]


def build_batches(epoch: Epoch, numbers: Sequence[int], pad: int, workers: int = 0) -> Iterator[Batch]:
    """Yield batches of an epoch by their numbers, built ahead in worker processes if there are any."""
    loader: Any = DataLoader(
        cast(Any, numbers),
        batch_size=None,
        collate_fn=lambda number: epoch.batch(cast(int, number), pad),
        num_workers=workers,
        prefetch_factor=3 if workers else None,
        # Forked, they share the memory of the pairs; they do not touch the GPU.
        multiprocessing_context="fork" if workers else None,
        # It draws a seed, which must not come from the generator of the dropout.
        generator=torch.Generator(),
    )
    return iter(loader)


def batch_by_tokens(
    lengths: NDArray[np.int64], budget: int, rng: np.random.Generator | None = None
) -> list[NDArray[np.int64]]:
    """Cut places 0 … n-1 into batches whose padded sides each stay within a budget of tokens, shuffled by ``rng``.

    A pair longer than the budget gets a batch of its own.

    Args:
        lengths: (2, n), of the sources and the targets.
    """
    batches = []
    size = max(_POOL, _POOL_PER_TOKEN * budget)
    for begin in range(0, lengths.shape[1], size):
        pool = np.arange(begin, min(begin + size, lengths.shape[1]))
        # Sorted by source length, and within nearly equal ones by target length, ascending and descending in turn:
        # neighbours are similar on both sides, where sorting by one alone leaves a fifth of the other padding.
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
    """Pad sequences to one rectangle per side."""
    source, source_lengths = _padded(sources, pad)
    target, target_lengths = _padded(targets, pad)
    return Batch(source, target, source_lengths, target_lengths)


def _padded(rows: Sequence[Tokens | NDArray[np.int64]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.array([len(row) for row in rows], np.int64)
    cells = np.full((len(rows), int(lengths.max())), pad, np.int64)
    # The mask of real cells is read row by row, as the rows are concatenated.
    cells[np.arange(cells.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return cells, lengths
