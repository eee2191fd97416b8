"""What a beam search keeps: running hypotheses, those that have ended, and the record of each step."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from transformers import GenerationConfig
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput


def gather_beams(tensor: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """Pick rows of dimension 1: (B, K, …) with indices (B, C) → (B, C, …)."""
    shape = indices.shape + (1,) * (tensor.dim() - 2)
    return torch.take_along_dim(tensor, indices.view(shape), dim=1)


class Hypotheses(NamedTuple):
    """Hypotheses of B segments, C each, with L tokens of which the prompt has P.

    Attributes:
        sequences: (B, C, L) tokens, prompt included.
        beam_indices: (B, C, L - P) row of the flat batch each token was generated in, -1 for padding.
        scores: (B, C) summed log-probability.
        excess: (B, C) by how much it is above the model's own.
        need: (B, C) constraint tokens still needed.
    """

    sequences: torch.Tensor
    beam_indices: torch.Tensor
    scores: torch.Tensor
    excess: torch.Tensor
    need: torch.Tensor

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

    Attributes:
        kept: their scores are normalised by length, and about -1e9 where there is no hypothesis.
        done: (B, K) whether there is one.
    """

    def __init__(self, prompt: torch.Tensor, fill: int, length_penalty: float) -> None:
        """Start with none, after the prompt (B, K, P); ``fill`` pads sequences."""
        begun = Hypotheses.begin(prompt)
        self.kept = begun._replace(scores=torch.full_like(begun.scores, -1.0e9))
        self.done = torch.zeros_like(begun.scores, dtype=torch.bool)
        self._fill, self._length_penalty = fill, length_penalty

    def add(self, grown: Hypotheses, ends: torch.Tensor, open_segments: torch.Tensor) -> None:
        """Merge in the hypotheses that end now.

        Args:
            grown: C continuations per segment, this step's token last.
            ends: (B, C) whether it ends here.
            open_segments: (B, 1) whether the segment still takes ended hypotheses.
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


class GenerationRecord:
    """What ``return_dict_in_generate`` and its ``output_…`` settings require, collected step by step."""

    def __init__(self, config: GenerationConfig, model_kwargs: dict[str, Any]) -> None:
        self.config = config
        attentions, hidden = config.output_attentions, config.output_hidden_states
        requested = {"scores": config.output_scores, "logits": config.output_logits, "decoder_attentions": attentions}
        requested |= {"cross_attentions": attentions, "decoder_hidden_states": hidden}
        as_dict = config.return_dict_in_generate
        # One tuple item per step; None where not requested.
        self.parts: dict[str, Any] = {name: () if as_dict and value else None for name, value in requested.items()}
        encoder = model_kwargs["encoder_outputs"]
        self.encoder = {
            f"encoder_{name}": encoder.get(name) if value else None
            for name, value in (("attentions", attentions), ("hidden_states", hidden))
        }

    def step(self, outputs: Any, logits: torch.Tensor, log_probs: torch.Tensor) -> None:
        """Keep one step: the model's outputs, and (B * K, V) logits and processed log-probabilities."""
        for name, kept in self.parts.items():
            if kept is not None:
                own = {"scores": log_probs, "logits": logits}.get(name)
                self.parts[name] = (*kept, getattr(outputs, name) if own is None else own.clone())

    def output(
        self, ended: Hypotheses, model_kwargs: dict[str, Any]
    ) -> GenerateBeamEncoderDecoderOutput | torch.Tensor:
        """Return the best hypotheses as ``generate`` returns them: tokens, or all that was requested."""
        returned = self.config.num_return_sequences
        indices = ended.beam_indices[:, :returned].flatten(0, 1)  # (B * returned, L - P)
        generated = int((indices >= 0).sum(1).max())
        prompt = ended.sequences.shape[-1] - indices.shape[-1]
        sequences = ended.sequences[:, :returned, : prompt + generated].flatten(0, 1)
        if not self.config.return_dict_in_generate:
            return sequences
        return GenerateBeamEncoderDecoderOutput(
            sequences=sequences,
            sequences_scores=ended.scores[:, :returned].flatten() if self.config.output_scores else None,
            beam_indices=indices[:, :generated],
            past_key_values=model_kwargs.get("past_key_values"),
            **self.parts,
            **self.encoder,
        )
