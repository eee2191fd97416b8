"""Length tags before training sources, by what each pair is: see ``mt.models.length_tags``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.models.length_tags import LENGTH_TAGS, length_tag
from mt.models.load import prefix_ids
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged

__all__ = ["OwnLength", "length_tag_ids", "with_tags"]


def length_tag_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the identifiers of ``LENGTH_TAGS``, which the tokenizer has to know."""
    return [prefix_ids(tokenizer, tag)[0] for tag in LENGTH_TAGS]


def with_tags(rows: Iterable[list[int]], tags: Iterable[int]) -> list[list[int]]:
    """Return sources with other tags than those before them; empty ones stay. The tags may go on for ever."""
    return [[tag, *ids[1:]] if ids else [] for ids, tag in zip(rows, tags, strict=False)]


class OwnLength:
    """Exchanges the tag of requests before a source for that of its pair's own length.

    A base that learnt what the tags mean would else learn that the tag of full translations stands before any, and
    write as little as the shortest of them. The rows are token ids with one tag before them and ``</s>`` behind.

    Args:
        tags: identifiers of ``LENGTH_TAGS``.
    """

    def __init__(self, tags: Sequence[int]) -> None:
        self._tags = tuple(tags)

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, prefix: str) -> OwnLength | None:
        """Make it for a base that is given this prefix; None where the prefix is no tag of a length."""
        if prefix not in LENGTH_TAGS:
            return None
        return cls(length_tag_ids(tokenizer))

    def tag(self, source_length: int, target_length: int) -> int:
        """Return the tag's identifier, given the lengths of the rows: of the plain source, and of the target."""
        return self._tags[length_tag(source_length - 2, target_length - 1)]

    def before(self, source: Sequence[int], target: Sequence[int]) -> list[int]:
        """Return what stands before a source that has no tag yet: its pair's."""
        return [self.tag(len(source) + 1, len(target))]

    def tagged(self, pairs: PackedPairs) -> PackedPairs:
        """Exchange the tags of pairs; one that has no plain source, whose length it is, keeps its tag."""
        lengths = zip(pairs.source.lengths.tolist(), pairs.target.lengths.tolist(), strict=True)
        chosen = np.array([self.tag(source, target) if source else -1 for source, target in lengths])

        def exchanged(rows: Ragged) -> Ragged:
            own = (rows.lengths > 0) & (chosen >= 0)
            ids = rows.ids.copy()
            ids[rows.offsets[:-1][own]] = chosen[own]
            return Ragged(ids, rows.offsets)

        return dataclasses.replace(pairs, source=exchanged(pairs.source), annotated=exchanged(pairs.annotated))
