"""Length tags (``mt.models.tags``) before training sources: each pair's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.models.load import prefix_ids
from mt.models.tags import LENGTH_TAGS, length_tag
from mt.training.data.packed_pairs import PackedPairs, Ragged


class OwnLength:
    """Replaces the tag of requests before a source by that of its pair's own length.

    A base with length tags would otherwise learn to write translations as short as the pairs' after the tag of full
    ones. Rows are token ids that begin with one tag and end with ``</s>``.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tags = [prefix_ids(tokenizer, tag)[0] for tag in LENGTH_TAGS]

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, prefix: str) -> OwnLength | None:
        """Make it for a base whose requests begin with ``prefix``; None if that is no length tag."""
        return cls(tokenizer) if prefix in LENGTH_TAGS else None

    def tag(self, source_length: int, target_length: int) -> int:
        """Return the identifier of the tag, given the lengths of the rows: plain source (with a tag) and target."""
        return self._tags[length_tag(source_length - 2, target_length - 1)]

    def tagged(self, pairs: PackedPairs, plain: Sequence[int] | None = None) -> PackedPairs:
        """Replace the tags of pairs, given the lengths of their plain sources where they do not hold them.

        A pair without a plain source, whose length counts, keeps its tag.
        """
        lengths = zip(pairs.source.lengths if plain is None else plain, pairs.target.lengths, strict=True)
        chosen = np.array([self.tag(source, target) if source else -1 for source, target in lengths])  # (pairs,)

        def replaced(rows: Ragged) -> Ragged:
            own = (rows.lengths > 0) & (chosen >= 0)
            ids = rows.ids.copy()
            ids[rows.offsets[:-1][own]] = chosen[own]
            return Ragged(ids, rows.offsets)

        return dataclasses.replace(pairs, source=replaced(pairs.source), annotated=replaced(pairs.annotated))
