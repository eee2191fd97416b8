"""What a beam search keeps: the hypotheses that have ended, and the record of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

__all__ = ["Ended", "GenerationRecord", "gather_beams"]


def gather_beams(tensor: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """Pick rows of dimension 1: (B, K, …) with indices (B, C) → (B, C, …)."""
    shape = indices.shape + (1,) * (tensor.dim() - 2)
    return torch.take_along_dim(tensor, indices.view(shape), dim=1)


def _widened(tensor: torch.Tensor, length: int, fill: int) -> torch.Tensor:
    return torch.nn.functional.pad(tensor, (0, length - tensor.shape[-1]), value=fill)


@dataclass
class Ended:
    """The best ended hypotheses so far, best first; the arithmetic is that of ``generate``.

    Attributes:
        sequences: (B, K, L) tokens, prompt included, padded with ``fill``.
        beam_indices: (B, K, L - prompt) row of the flat batch each token was generated in, -1 for padding.
        scores: (B, K) length-normalised score; about -1e9 where there is none.
        excess: (B, K) by how much it is above the model's own.
        done: (B, K) whether there is one.
        need: (B, K) constraint tokens it lacks.
    """

    sequences: torch.Tensor
    beam_indices: torch.Tensor
    scores: torch.Tensor
    excess: torch.Tensor
    done: torch.Tensor
    need: torch.Tensor
    fill: int

    @classmethod
    def none(cls, prompt: torch.Tensor, fill: int) -> Ended:
        """Start with no hypothesis ended; ``prompt`` is (B, K, P)."""
        batch, width, _ = prompt.shape
        device = prompt.device
        return cls(
            sequences=prompt,
            beam_indices=torch.empty((batch, width, 0), dtype=torch.int32, device=device),
            scores=torch.full((batch, width), -1.0e9, dtype=torch.float, device=device),
            excess=torch.zeros((batch, width), device=device),
            done=torch.zeros((batch, width), dtype=torch.bool, device=device),
            need=torch.zeros((batch, width), dtype=torch.int64, device=device),
            fill=fill,
        )

    def add(
        self,
        sequences: torch.Tensor,
        beam_indices: torch.Tensor,
        scores: torch.Tensor,
        excess: torch.Tensor,
        ends: torch.Tensor,
        need: torch.Tensor,
        open_segments: torch.Tensor,
        *,
        length_penalty: float,
    ) -> None:
        """Merge in the continuations that end now.

        Args:
            sequences: (B, C, L) continuations, this step's token last.
            beam_indices: (B, C, L - prompt).
            scores: (B, C) summed log-probability.
            excess: (B, C) by how much it is above the model's own.
            ends: (B, C) whether it ends here.
            need: (B, C) constraint tokens it lacks.
            open_segments: (B, 1) whether the segment still takes ended hypotheses.
        """
        length = sequences.shape[-1]
        scores = scores / (beam_indices.shape[-1] ** length_penalty)
        scores = scores + (~open_segments).to(torch.float32) * -1.0e9
        scores = scores + (~ends) * -1.0e9
        merged = torch.cat((self.scores, scores), dim=1)
        best = merged.topk(self.scores.shape[1]).indices

        def pick(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
            return gather_beams(torch.cat((old, new), dim=1), best)

        self.sequences = pick(_widened(self.sequences, length, self.fill), sequences)
        self.beam_indices = pick(_widened(self.beam_indices, beam_indices.shape[-1], -1), beam_indices)
        self.excess = pick(self.excess, excess / (beam_indices.shape[-1] ** length_penalty))
        self.done = pick(self.done, ends)
        self.need = pick(self.need, need)
        self.scores = merged.gather(1, best)


class GenerationRecord:
    """What ``return_dict_in_generate`` asks to be kept of each step."""

    def __init__(self, config: GenerationConfig, model_kwargs: dict[str, Any]) -> None:
        self.config = config
        keeps = config.return_dict_in_generate

        def collected(wanted: bool | None) -> tuple[Any, ...] | None:
            return () if keeps and wanted else None

        self.scores = collected(config.output_scores)
        self.logits = collected(config.output_logits)
        self.decoder_attentions = collected(config.output_attentions)
        self.cross_attentions = collected(config.output_attentions)
        self.decoder_hidden_states = collected(config.output_hidden_states)
        encoder = model_kwargs["encoder_outputs"]
        self.encoder_attentions = encoder.get("attentions") if keeps and config.output_attentions else None
        self.encoder_hidden_states = encoder.get("hidden_states") if keeps and config.output_hidden_states else None

    def step(self, outputs: Any, logits: torch.Tensor, log_probs: torch.Tensor) -> None:
        """Keep one step of the model."""
        if self.logits is not None:
            self.logits += (logits.clone(),)
        if self.scores is not None:
            self.scores += (log_probs.clone(),)
        if self.decoder_attentions is not None and self.cross_attentions is not None:
            self.decoder_attentions += (outputs.decoder_attentions,)
            self.cross_attentions += (outputs.cross_attentions,)
        if self.decoder_hidden_states is not None:
            self.decoder_hidden_states += (outputs.decoder_hidden_states,)

    def output(self, ended: Ended, model_kwargs: dict[str, Any]) -> GenerateBeamEncoderDecoderOutput | torch.Tensor:
        """Return the best hypotheses in the form the caller of ``generate`` asked for."""
        returned = self.config.num_return_sequences
        indices = ended.beam_indices[:, :returned].flatten(0, 1)
        generated = int((indices >= 0).sum(1).max())
        prompt = ended.sequences.shape[-1] - indices.shape[-1]
        sequences = ended.sequences[:, :returned, : prompt + generated].flatten(0, 1)
        if not self.config.return_dict_in_generate:
            return sequences
        return GenerateBeamEncoderDecoderOutput(
            sequences=sequences,
            sequences_scores=ended.scores[:, :returned].flatten() if self.config.output_scores else None,
            scores=self.scores,
            logits=self.logits,
            beam_indices=indices[:, :generated],
            encoder_attentions=self.encoder_attentions,
            encoder_hidden_states=self.encoder_hidden_states,
            decoder_attentions=self.decoder_attentions,
            cross_attentions=self.cross_attentions,
            decoder_hidden_states=self.decoder_hidden_states,
            past_key_values=model_kwargs.get("past_key_values"),
        )
