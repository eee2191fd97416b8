"""Subword regularisation: some source pieces are written as two shorter ones, drawn again for every batch.

A small corpus shows most words in one segmentation only. Training on others too makes a model read the parts of rare
words (Kudo 2018, "Subword regularization"; Provilkov, Emelianenko & Voita 2020, "BPE-dropout"). Here the vocabulary's
own pieces are split in two, which works on packed ids, without the text or SentencePiece. Targets stay unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from mt.training.data.packed_pairs import Tokens


class PieceSplitter:
    """Splits token ids at random into the ids of two pieces that spell the same.

    Args:
        vocabulary: piece → identifier.
        whole: identifiers never split: tags, language codes, bytes, other specials.
        share: of the pieces that can be split.
        longest: a row that would become longer is left unchanged.
    """

    def __init__(self, vocabulary: Mapping[str, int], whole: Collection[int], share: float, longest: int) -> None:
        self.share, self.longest = share, longest
        usable = {piece: number for piece, number in vocabulary.items() if number not in whole}
        halves: list[list[tuple[int, int]]] = [[] for _ in range(max(vocabulary.values()) + 1)]
        for piece, number in usable.items():
            halves[number] = [
                (usable[piece[:cut]], usable[piece[cut:]])
                for cut in range(1, len(piece))
                if piece[:cut] in usable and piece[cut:] in usable
            ]
        self._ways = np.array([len(pairs) for pairs in halves], np.int64)
        self._offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(self._ways)])
        self._halves = np.array([pair for pairs in halves for pair in pairs], np.int64).reshape(-1, 2)

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, share: float, longest: int) -> PieceSplitter:
        """Make the splitter of a tokenizer with SentencePiece pieces."""
        vocabulary: dict[str, int] = tokenizer.get_vocab()
        whole = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
        whole |= {
            number
            for piece, number in vocabulary.items()
            if piece.startswith(("<", ">>")) and piece.endswith((">", "<<"))
        }
        return cls(vocabulary, whole, share, longest)

    def lengths(self, sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the average lengths that sources of these lengths get, if all their pieces can be split."""
        return np.ceil(sources * (1 + self.share)).astype(np.int64)

    def __call__(
        self, source: Tokens | NDArray[np.int64], target: Tokens, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the ids with some of them split; all splits of a piece are equally likely."""
        row = source.astype(np.int64)
        split = (rng.random(len(row)) < self.share) & (self._ways[row] > 0)
        chosen = row[split]
        if not len(chosen) or len(row) + len(chosen) > self.longest:
            return row
        ways = self._halves[self._offsets[chosen] + (rng.random(len(chosen)) * self._ways[chosen]).astype(np.int64)]
        written = np.repeat(row, 1 + split)
        places = np.flatnonzero(split) + np.arange(len(chosen))
        written[places], written[places + 1] = ways[:, 0], ways[:, 1]
        return written
