"""What a beam search keeps: running hypotheses, and those that have ended."""

from __future__ import annotations

from typing import NamedTuple

import torch


def gather_beams(tensor: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """Pick rows of dimension 1: (B, K, …) with indices (B, C) → (B, C, …)."""
    shape = indices.shape + (1,) * (tensor.dim() - 2)
    return torch.take_along_dim(tensor, indices.view(shape), dim=1)


class Hypotheses(NamedTuple):
    """Hypotheses of B segments, C each, with L tokens of which the prompt has P."""

    sequences: torch.Tensor  # (B, C, L) tokens, prompt included
    beam_indices: torch.Tensor  # (B, C, L - P) row of the flat batch each token was generated in, -1 for padding
    scores: torch.Tensor  # (B, C) summed log-probability
    excess: torch.Tensor  # (B, C) by how much it is above the model's own
    need: torch.Tensor  # (B, C) constraint tokens still needed

    @classmethod
    def begin(cls, prompt: torch.Tensor) -> Hypotheses:
        """Start from the prompt (B, K, P), with all hypotheses of a segment alike and so all but the first dead."""
        batch, width, _ = prompt.shape
        device = prompt.device
        scores = torch.zeros((batch, width), dtype=torch.float, device=device)
        scores[:, 1:] = -1e9
        indices = torch.empty((batch, width, 0), dtype=torch.int32, device=device)
        return cls(prompt, indices, scores, torch.zeros_like(scores), torch.zeros_like(scores, dtype=torch.int64))

    def pick(self, indices: torch.Tensor) -> Hypotheses:
        """Pick hypotheses by indices (B, K)."""
        return Hypotheses(*(gather_beams(part, indices) for part in self))


class EndedHypotheses:
    """The best ended hypotheses so far, K per segment, best first; the arithmetic is that of ``generate``.

    Scores of ``kept`` are normalised by length, and about -1e9 where there is no hypothesis; ``done`` is (B, K).
    """

    def __init__(self, prompt: torch.Tensor, fill: int, length_penalty: float) -> None:
        """Start with none, after the prompt (B, K, P); ``fill`` pads sequences."""
        begun = Hypotheses.begin(prompt)
        self.kept = begun._replace(scores=torch.full_like(begun.scores, -1.0e9))
        self.done = torch.zeros_like(begun.scores, dtype=torch.bool)
        self._fill, self._length_penalty = fill, length_penalty

    def add(self, grown: Hypotheses, ends: torch.Tensor, open_segments: torch.Tensor) -> None:
        """Merge in those of ``grown``, C per segment and this step's token last, that end now.

        ``ends`` is (B, C); ``open_segments`` (B, 1) tells which segments still take ended hypotheses.
        """
        length = grown.beam_indices.shape[-1] ** self._length_penalty
        scores = grown.scores / length
        scores = scores + (~open_segments).to(torch.float32) * -1.0e9
        scores = scores + (~ends) * -1.0e9
        merged = torch.cat((self.kept.scores, scores), dim=1)  # (B, K + C)
        best = merged.topk(self.done.shape[1]).indices  # (B, K)
        kept = self.kept._replace(
            sequences=_widened(self.kept.sequences, grown.sequences, self._fill),
            beam_indices=_widened(self.kept.beam_indices, grown.beam_indices, -1),
        )
        grown = grown._replace(scores=scores, excess=grown.excess / length)
        self.kept = Hypotheses(*(torch.cat(parts, dim=1) for parts in zip(kept, grown, strict=True))).pick(best)
        self.done = gather_beams(torch.cat((self.done, ends), dim=1), best)


def _widened(tensor: torch.Tensor, like: torch.Tensor, fill: int) -> torch.Tensor:
    """Pad the last dimension to the length of another tensor's."""
    return torch.nn.functional.pad(tensor, (0, like.shape[-1] - tensor.shape[-1]), value=fill)
