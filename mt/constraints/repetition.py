"""Against endless repetition, which tempts a search that may not end before its terms are met."""

import torch
from transformers import LogitsProcessor

# Penalised is a run of at least this many copies of the same tokens, and at least this many tokens in all:
# "1,000,000" and "very, very" are no such runs.
_COPIES, _TOKENS = 3, 8
_MAX_PERIOD = 16
# In nats; not infinite, so that a term that needs the token can still be spelled.
_PENALTY = 10.0


class RepetitionPenalty(LogitsProcessor):
    """Makes the token that would complete a third copy of the last 1 to 16 tokens unlikely, in any hypothesis."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the log-probabilities (hypotheses, V) with penalties; ``input_ids`` are the tokens (hypotheses, L)."""
        length = input_ids.shape[1]
        for period in range(1, _MAX_PERIOD + 1):
            # Copies are complete with the next token, so one token less is there now.
            run = max(_COPIES, -(-_TOKENS // period)) * period - 1
            if run > length:
                continue
            last = input_ids[:, length - run :]
            repeats = (last[:, period:] == last[:, :-period]).all(1)  # (hypotheses,)
            if repeats.any():
                rows = repeats.nonzero().flatten()
                scores = scores.clone()
                scores[rows, input_ids[rows, -period]] -= _PENALTY
        return scores
