"""Length tags before training sources: see ``mt.models.tags``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from mt.errors import ConfigError
from mt.models.tags import LENGTH_TAGS, length_tag
from mt.training.data.packed_pairs import Tokens

# The other sources have no tag, so that the model also reads untagged ones: other programs may not know the tags.
_TAGGED_SHARE = 0.9


class LengthTagger:
    """Puts before a source the tag that says how long its translation is.

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
            ConfigError: its vocabulary has no length tags.
        """
        vocabulary = tokenizer.get_vocab()
        missing = [tag for tag in LENGTH_TAGS if tag not in vocabulary]
        if missing:
            raise ConfigError(
                f"the vocabulary of the packed corpus has no {missing[0]}",
                field="corpus.length_tags",
                hint="choose another corpus.packed, or set it to false",
            )
        return cls([vocabulary[tag] for tag in LENGTH_TAGS], terms)

    def __call__(
        self, source: Tokens | NDArray[np.int64], target: Tokens, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the source with its tag before it, or sometimes unchanged."""
        row = source.astype(np.int64)
        if rng.random() >= _TAGGED_SHARE:
            return row
        chosen = self._tags[length_tag(self._own_tokens(row), len(target) - 1)]
        return np.concatenate([[chosen], row])

    def lengths(self, sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the lengths that sources of these lengths get."""
        return sources + 1

    def _own_tokens(self, row: NDArray[np.int64]) -> int:
        """Count a source's own tokens: without requested targets, term tags and ``</s>``."""
        opening, middle, end = (row == tag for tag in (self._opening, self._translation, self._closing))
        # From each translation tag to its closing tag, both included.
        requested = int((np.flatnonzero(end) - np.flatnonzero(middle) + 1).sum())
        return len(row) - 1 - int(opening.sum()) - requested
