"""Against loops: a search that may not end before its terms stand is tempted to say the same over and over."""

from __future__ import annotations

import torch
from transformers import LogitsProcessor

__all__ = ["LoopPenalty"]

# A loop is a run of at least so many copies of the same tokens, and at least so many tokens in all:
# "1,000,000" and "very, very" are none.
_COPIES, _TOKENS = 3, 8
_LONGEST = 16
# In nats; not infinite, so that a term that needs the token can still be spelt.
_PENALTY = 10.0


class LoopPenalty(LogitsProcessor):
    """Makes the token that would complete a third copy of the last tokens (up to 16) unlikely, in any hypothesis."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores with penalties.

        Args:
            input_ids: what was decoded so far, shape (hypotheses, tokens).
            scores: log-probabilities of the next token, shape (hypotheses, vocabulary).
        """
        length = input_ids.shape[1]
        for period in range(1, _LONGEST + 1):
            run = max(_COPIES, -(-_TOKENS // period)) * period - 1
            if run > length:
                continue
            last = input_ids[:, length - run :]
            looping = (last[:, period:] == last[:, :-period]).all(1)
            if looping.any():
                rows = looping.nonzero().flatten()
                scores = scores.clone()
                scores[rows, input_ids[rows, -period]] -= _PENALTY
        return scores
