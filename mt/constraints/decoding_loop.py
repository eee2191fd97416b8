"""The loop of a constrained beam search: as ``generate``'s own, with constrained segments allocated apart."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    EncoderDecoderCache,
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteriaList,
)
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

from mt.constraints.allocation import Allocation, Continuations, allocate
from mt.constraints.attention import CrossAttention, SourceSpans
from mt.constraints.constraint_state import ConstraintTables
from mt.constraints.hypotheses import Ended, GenerationRecord, gather_beams

__all__ = ["DecodingLoop"]

# Taken from the score of a hypothesis that must end without all its constraints: any other comes first.
_INCOMPLETE = 1.0e4


class DecodingLoop:
    """One run of the search. Shapes: B segments, K hypotheses each, V tokens, C continuations kept."""

    def __init__(
        self,
        model: PreTrainedModel,
        input_ids: torch.Tensor,
        config: GenerationConfig,
        tables: ConstraintTables,
        rows: list[int],
        spans: list[list[tuple[int, int] | None]],
        settings: Allocation,
    ) -> None:
        """Set up for one batch.

        Args:
            rows: the constrained segments.
            spans: for each of them, the source span of each constraint.
        """
        device = input_ids.device
        self.model, self.config, self.tables, self.settings = model, config, tables, settings
        self.width = config.num_beams
        self.batch = input_ids.shape[0] // self.width
        self.prompt = input_ids.shape[1]
        eos = config._eos_token_tensor
        self.eos = torch.empty(0, dtype=torch.int64, device=device) if eos is None else eos.to(device)
        self.keep = max(2, 1 + self.eos.shape[0]) * self.width
        self.all_constrained = len(rows) == self.batch
        self.rows = torch.tensor(rows, device=device)
        self.constrained = torch.zeros(self.batch, 1, dtype=torch.bool, device=device)
        self.constrained[self.rows] = True
        self.others = torch.tensor([row for row in range(self.batch) if row not in set(rows)], device=device)
        # Among the candidates of an ordinary segment only the first K may end.
        self.may_end = (torch.arange(self.keep, device=device) < self.width)[None, :] | self.constrained
        self.reserved = int(config.forced_eos_token_id is not None)
        self.exempt = bool(config.no_repeat_ngram_size or config.encoder_no_repeat_ngram_size)
        self.offsets = torch.arange(self.batch, device=device)[:, None] * self.width
        self.spans = spans
        self.cost = settings.token_cost

    def run(
        self,
        input_ids: torch.Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        synced_gpus: bool,
        model_kwargs: dict[str, Any],
    ) -> tuple[GenerateBeamEncoderDecoderOutput | torch.Tensor, Ended]:
        """Run to the end; arguments and result as for ``generate``'s own decoding methods."""
        with CrossAttention(self.model, self.settings.attention_layers) as attention:
            return self._run(input_ids, logits_processor, stopping_criteria, synced_gpus, model_kwargs, attention)

    def _run(
        self,
        input_ids: torch.Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        synced_gpus: bool,
        model_kwargs: dict[str, Any],
        attention: CrossAttention,
    ) -> tuple[GenerateBeamEncoderDecoderOutput | torch.Tensor, Ended]:
        model, config, batch, width = self.model, self.config, self.batch, self.width
        pad = config._pad_token_tensor
        fill = int(pad or self.eos[0]) if self.eos.shape[0] else -1
        running = input_ids.view(batch, width, -1)
        indices = torch.empty((batch, width, 0), dtype=torch.int32, device=input_ids.device)
        scores = torch.zeros((batch, width), dtype=torch.float, device=input_ids.device)
        scores[:, 1:] = -1e9
        excess = torch.zeros_like(scores)
        states = self.tables.start[:, None].expand(-1, width, -1)
        pointer = torch.zeros((*states.shape[:2], 2), device=input_ids.device)
        mask = model_kwargs.get("attention_mask")
        length_of_source = model_kwargs["encoder_outputs"][0].shape[1]
        own_mask = None if mask is None else mask.view(batch, width, -1)[self.rows, 0]
        spans = SourceSpans(self.spans, self.tables, length_of_source, own_mask)
        guided = spans.any and attention.known and model_kwargs.get("past_key_values") is not None
        self.cost = self.settings.pointed_cost if guided else self.settings.token_cost
        ended = Ended.none(running, fill)
        improvable = torch.ones((batch, 1), dtype=torch.bool, device=input_ids.device)
        record = GenerationRecord(config, model_kwargs)
        finished: Any = False
        length = self.prompt
        while model._has_unfinished_sequences(finished, synced_gpus, device=input_ids.device):
            flat = running.flatten(0, 1)
            first = length == self.prompt
            inputs = model.prepare_inputs_for_generation(
                flat,
                next_sequence_length=1 if model_kwargs["use_cache"] and not first else None,
                is_first_iteration=first,
                **model_kwargs,
            )
            outputs = model(**inputs, return_dict=True)
            model_kwargs = model._update_model_kwargs_for_generation(outputs, model_kwargs, is_encoder_decoder=True)
            if synced_gpus and finished:
                continue
            logits = outputs.logits[:, -1, :].to(dtype=torch.float32, device=input_ids.device)
            unbanned = logits.log_softmax(-1)
            log_probs = logits_processor(flat, unbanned.clone() if self.exempt else unbanned)
            record.step(outputs, logits, log_probs)
            del outputs, logits

            mass = None
            if guided:
                read = attention.read(model_kwargs.get("past_key_values"), self.rows, width, mask)
                mass = None if read is None else spans.mass(read)
            chosen = self._continue(log_probs, unbanned, scores, states, mass, pointer, length)
            length += 1
            sequences = torch.cat((gather_beams(running, chosen.beams), chosen.tokens[..., None]), -1)
            rows = (chosen.beams + self.offsets).to(torch.int32)
            continued = torch.cat((gather_beams(indices, chosen.beams), rows[..., None]), -1)
            hits = stopping_criteria(sequences.flatten(0, 1), record.scores).view(batch, -1)
            # Nothing goes on: at the length limit, or the time is up. Then hypotheses end as they are.
            stuck = hits.all()
            incomplete = chosen.need > 0
            ends = hits & (~incomplete | stuck)

            best = (chosen.scores + ends.to(torch.float32) * -1.0e9).topk(width).indices
            full = ended.done.all(-1, keepdim=True) & (config.early_stopping is True)
            excesses = excess.gather(1, chosen.beams) + chosen.excess
            ended.add(
                sequences,
                continued,
                chosen.scores - _INCOMPLETE * incomplete,
                excesses,
                ends & self.may_end,
                chosen.need,
                improvable & ~full,
                length_penalty=config.length_penalty,
            )
            scores = (chosen.scores + ends.to(torch.float32) * -1.0e9).gather(1, best)
            running, indices = gather_beams(sequences, best), gather_beams(continued, best)
            excess = excesses.gather(1, best)
            states = gather_beams(chosen.states, best[self.rows])
            pointer = gather_beams(chosen.pointer, best[self.rows])
            self._reorder(model_kwargs, gather_beams(rows, best).flatten())
            improvable &= self._improvable(scores, chosen.need.gather(1, best), ended, length)
            full = ended.done.all(-1, keepdim=True) & (config.early_stopping is True)
            finished = ~(improvable & ~full).any() | stuck
        # What is returned is the model's own log-probability, whatever ordered the beam.
        generated = (ended.beam_indices >= 0).sum(-1).clamp(min=1)
        ended.scores += _INCOMPLETE * (ended.need > 0) / generated**config.length_penalty
        ended.scores -= ended.excess
        return record.output(ended, model_kwargs), ended

    def _continue(
        self,
        log_probs: torch.Tensor,
        unbanned: torch.Tensor,
        scores: torch.Tensor,
        states: torch.Tensor,
        mass: torch.Tensor | None,
        pointer: torch.Tensor,
        length: int,
    ) -> Continuations:
        """Choose C continuations a segment; automaton states and pointer are those of the constrained ones.

        Args:
            log_probs: (B * K, V) next-token log-probabilities after the logits processors.
            unbanned: (B * K, V) before them.
            scores: (B, K) of the hypotheses.
            states, mass, pointer: as in :func:`mt.constraints.allocation.allocate`.
            length: tokens a hypothesis has now.
        """
        steps = log_probs.view(self.batch, self.width, -1)
        free = unbanned.view_as(steps) if self.exempt else None
        room = self.config.max_length - length - 1 - self.reserved
        if room < 0 or (self.config.forced_bos_token_id is not None and length == 1):
            free = None  # the token is forced
        own_steps, own_scores = steps, scores
        if not self.all_constrained:
            own_steps, own_scores = steps[self.rows], scores[self.rows]
            free = None if free is None else free[self.rows]
        own = allocate(
            own_steps, free, own_scores, states, self.tables, mass, pointer, self.eos, room, self.settings, self.cost
        ).padded(self.keep)
        if self.all_constrained:
            return own
        vocabulary = steps.shape[-1]
        summed = steps[self.others] + scores[self.others][:, :, None]
        top, where = summed.flatten(1).topk(self.keep)

        def merged(ordinary: torch.Tensor, constrained: torch.Tensor) -> torch.Tensor:
            everyone = ordinary.new_empty((self.batch, self.keep))
            everyone[self.others] = ordinary
            everyone[self.rows] = constrained
            return everyone

        return own._replace(
            scores=merged(top, own.scores),
            excess=merged(torch.zeros_like(top), own.excess),
            beams=merged(where // vocabulary, own.beams),
            tokens=merged(where % vocabulary, own.tokens),
            need=merged(torch.zeros_like(where), own.need),
        )

    def _reorder(self, model_kwargs: dict[str, Any], rows: torch.Tensor) -> None:
        """Move the cached keys and values to the hypotheses that go on."""
        cache = model_kwargs.get("past_key_values")
        if cache is None:
            return
        if hasattr(self.model, "_reorder_cache"):
            model_kwargs["past_key_values"] = self.model._reorder_cache(cache, rows)
        elif isinstance(cache, EncoderDecoderCache):
            # Cross-attention reads the source, which all hypotheses of a segment share: nothing to move.
            cache.self_attention_cache.reorder_cache(rows)
        else:
            cache.reorder_cache(rows)

    def _improvable(self, scores: torch.Tensor, need: torch.Tensor, ended: Ended, length: int) -> torch.Tensor:
        """Tell, as (B, 1), whether a running hypothesis could still beat the ended ones.

        Ordinary segments go by the rule of ``generate``. A constrained one is done when it has as many
        hypotheses as are to be returned and none running is likely to beat them, at the cost that its
        missing tokens are expected to have; ``early_stopping="never"`` keeps to the rule of ``generate``.
        """
        config = self.config
        penalty = config.length_penalty
        never = config.early_stopping == "never"
        generated = (config.max_length if never and penalty > 0.0 else length) - self.prompt
        worst = torch.where(ended.done, ended.scores.min(dim=1, keepdim=True).values, -1.0e9)
        ordinary: torch.Tensor = (scores[:, :1] / (generated**penalty) > worst).any(-1, keepdim=True)
        if never:
            return ordinary
        outlook = (scores - self.cost * need) / (length - self.prompt + need) ** penalty
        returned = config.num_return_sequences
        likely = outlook.amax(1, keepdim=True) > ended.scores[:, returned - 1 : returned]
        return torch.where(self.constrained, likely, ordinary)
