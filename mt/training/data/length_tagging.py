"""Length tags before training sources, by what each pair is: see ``mt.models.length_tags``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from mt.errors import ConfigError
from mt.models.length_tags import LENGTH_TAGS, length_tag
from mt.models.load import prefix_ids
from mt.training.data.packing import PackedPairs
from mt.training.data.ragged import Ragged, Tokens

__all__ = ["LengthTagger", "OwnLength", "length_tag_ids", "with_tags"]

# Some sources go without, so that a model reads untagged ones too: other programs may know nothing of tags.
_TAGGED_SHARE = 0.9


class LengthTagger:
    """Puts before token ids the tag of how long the translation is.

    Args:
        tags: identifiers of ``LENGTH_TAGS``.
        terms: identifiers of the opening, translation and closing tag of terms.
    """

    def __init__(self, tags: Sequence[int], terms: Sequence[int]) -> None:
        self._tags = np.array(tags, np.int64)
        self._opening, self._translation, self._closing = terms

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, terms: Sequence[int]) -> LengthTagger:
        """Make the tagger of a tokenizer.

        Raises:
            ConfigError: it does not know the tags.
        """
        vocabulary = tokenizer.get_vocab()
        missing = [tag for tag in LENGTH_TAGS if tag not in vocabulary]
        if missing:
            raise ConfigError(
                f"the packed corpus's vocabulary has no {missing[0]}",
                field="corpus.length_tags",
                hint="name another corpus.packed, or set it to false",
            )
        return cls([vocabulary[tag] for tag in LENGTH_TAGS], terms)

    def __call__(
        self, source: Tokens | NDArray[np.int64], target: Tokens, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the source with its tag before it, or now and then as it is."""
        row = source.astype(np.int64)
        if rng.random() >= _TAGGED_SHARE:
            return row
        chosen = self._tags[length_tag(self._own_tokens(row), len(target) - 1)]
        return np.concatenate([[chosen], row])

    def lengths(self, sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how long sources of these lengths come to be."""
        return sources + 1

    def _own_tokens(self, row: NDArray[np.int64]) -> int:
        """Count a source's own tokens: wanted targets, tags and ``</s>`` aside."""
        opening, middle, end = (row == tag for tag in (self._opening, self._translation, self._closing))
        # From each translation tag to its closing one, both counted.
        wanted = int((np.flatnonzero(end) - np.flatnonzero(middle) + 1).sum())
        return len(row) - 1 - int(opening.sum()) - wanted


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
