"""Length tags (``mt.models.length_tags``) before training sources: each pair's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.models.length_tags import LENGTH_TAGS, length_tag
from mt.models.load import prefix_ids
from mt.training.data.packed_pairs import PackedPairs, Ragged


def length_tag_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the identifiers of ``LENGTH_TAGS``, which the tokenizer must have."""
    return [prefix_ids(tokenizer, tag)[0] for tag in LENGTH_TAGS]


def with_tags(rows: Iterable[list[int]], tags: Iterable[int]) -> list[list[int]]:
    """Return sources with their first token replaced by these tags (of which there may be more); empty ones stay."""
    return [[tag, *ids[1:]] if ids else [] for ids, tag in zip(rows, tags, strict=False)]


class OwnLength:
    """Replaces the tag of requests before a source by that of its pair's own length.

    A base with length tags would otherwise learn to write translations as short as the pairs' after the tag of full
    ones. Rows are token ids that begin with one tag and end with ``</s>``.

    Args:
        tags: identifiers of ``LENGTH_TAGS``.
    """

    def __init__(self, tags: Sequence[int]) -> None:
        self._tags = tuple(tags)

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, prefix: str) -> OwnLength | None:
        """Make it for a base whose requests begin with ``prefix``; None if that is no length tag."""
        return cls(length_tag_ids(tokenizer)) if prefix in LENGTH_TAGS else None

    def tag(self, source_length: int, target_length: int) -> int:
        """Return the identifier of the tag, given the lengths of the rows: plain source (with a tag) and target."""
        return self._tags[length_tag(source_length - 2, target_length - 1)]

    def tagged(self, pairs: PackedPairs) -> PackedPairs:
        """Replace the tags of pairs; a pair without a plain source, whose length counts, keeps its tag."""
        lengths = zip(pairs.source.lengths.tolist(), pairs.target.lengths.tolist(), strict=True)
        chosen = np.array([self.tag(source, target) if source else -1 for source, target in lengths])  # (pairs,)

        def replaced(rows: Ragged) -> Ragged:
            own = (rows.lengths > 0) & (chosen >= 0)
            ids = rows.ids.copy()
            ids[rows.offsets[:-1][own]] = chosen[own]
            return Ragged(ids, rows.offsets)

        return dataclasses.replace(pairs, source=replaced(pairs.source), annotated=replaced(pairs.annotated))
