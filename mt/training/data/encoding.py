"""Texts as token ids of one base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from mt.models.load import encode_sources, encode_targets


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
