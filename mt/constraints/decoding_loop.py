"""The loop of a constrained beam search: as ``generate``'s own, with constrained segments allocated apart."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import (
    EncoderDecoderCache,
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteriaList,
)
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

from mt.constraints.allocation import POINTED_COST, UNGUIDED_COST, Allocator, Beam, Continuations
from mt.constraints.attention import CrossAttention, SourceSpans
from mt.constraints.constraint_state import ConstraintTables
from mt.constraints.hypotheses import EndedHypotheses, Hypotheses, gather_beams

# Taken from the score of a hypothesis that must end without all its constraints: any other comes first.
_INCOMPLETE = 1.0e4


class GenerateCall(NamedTuple):
    """What ``generate`` gives its decoding methods; ``input_ids`` is the decoder's prompt (B * K, P)."""

    input_ids: torch.Tensor
    logits_processor: LogitsProcessorList
    stopping_criteria: StoppingCriteriaList
    config: GenerationConfig
    model_kwargs: dict[str, Any]


class DecodingLoop:
    """One run of the search, with the automata and source spans of the constrained segments, and their rows.

    Shapes: B segments, R of them constrained, K hypotheses each, V tokens, C continuations considered, L tokens so far.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        call: GenerateCall,
        rows: list[int],
        tables: ConstraintTables,
        spans: Sequence[Sequence[tuple[int, int] | None]],
    ) -> None:
        config, device = call.config, call.input_ids.device
        self.model, self.call, self.config, self.tables = model, call, config, tables
        self.model_kwargs = call.model_kwargs
        self.width = config.num_beams
        self.batch = call.input_ids.shape[0] // self.width
        self.prompt = call.input_ids.shape[1]
        eos = config._eos_token_tensor
        self.eos = torch.empty(0, dtype=torch.int64, device=device) if eos is None else eos.to(device)
        self.keep = max(2, 1 + self.eos.shape[0]) * self.width  # C
        self.rows = torch.tensor(rows, device=device)
        self.constrained = torch.zeros(self.batch, 1, dtype=torch.bool, device=device)
        self.constrained[self.rows] = True
        self.others = (~self.constrained[:, 0]).nonzero().flatten()
        # (B, C): among the candidates of an ordinary segment only the first K may end.
        self.may_end = (torch.arange(self.keep, device=device) < self.width)[None, :] | self.constrained
        self.exempt = bool(config.no_repeat_ngram_size or config.encoder_no_repeat_ngram_size)
        self.offsets = torch.arange(self.batch, device=device)[:, None] * self.width

        self.mask = call.model_kwargs.get("attention_mask")  # (B * K, source)
        own_mask = None if self.mask is None else self.mask.view(self.batch, self.width, -1)[self.rows, 0]
        source_length = call.model_kwargs["encoder_outputs"][0].shape[1]
        self.spans = SourceSpans(spans, tables, source_length, own_mask)
        self.attention = CrossAttention(model)
        cached = call.model_kwargs.get("past_key_values") is not None
        self.guided = self.spans.any and self.attention.known and cached
        self.cost = POINTED_COST if self.guided else UNGUIDED_COST
        self.allocator = Allocator(tables, self.eos, self.cost)

        prompt = call.input_ids.view(self.batch, self.width, -1)
        pad = config._pad_token_tensor
        fill = int(pad or self.eos[0]) if self.eos.shape[0] else -1
        self.running = Hypotheses.begin(prompt)
        self.states = self.tables.start[:, None].expand(-1, self.width, -1)  # (R, K, G)
        self.pointer = torch.zeros((*self.states.shape[:2], 2), device=device)  # (R, K, 2), as in Beam
        self.ended = EndedHypotheses(prompt, fill, config.length_penalty)
        self.improvable = torch.ones((self.batch, 1), dtype=torch.bool, device=device)
        # (B * K, V) processed log-probabilities of each step, where requested.
        self.scores: tuple[torch.Tensor, ...] | None = (
            () if config.return_dict_in_generate and config.output_scores else None
        )

    def run(self) -> tuple[GenerateBeamEncoderDecoderOutput | torch.Tensor, Hypotheses]:
        """Run to the end; return the output of ``generate`` and the K best hypotheses of each segment."""
        finished = False
        with self.attention:
            while not finished:
                finished = self._advance(*self._forward())
        ended = self.ended.kept
        # What is returned is the model's own log-probability, whatever ordered the beam.
        generated = (ended.beam_indices >= 0).sum(-1).clamp(min=1)
        scores = ended.scores + _INCOMPLETE * (ended.need > 0) / generated**self.config.length_penalty - ended.excess
        ended = ended._replace(scores=scores)
        return self._output(ended), ended

    def _output(self, ended: Hypotheses) -> GenerateBeamEncoderDecoderOutput | torch.Tensor:
        """Return the best hypotheses as ``generate`` returns them."""
        returned = self.config.num_return_sequences
        indices = ended.beam_indices[:, :returned].flatten(0, 1)  # (B * returned, L - P)
        generated = int((indices >= 0).sum(1).max())
        sequences = ended.sequences[:, :returned, : self.prompt + generated].flatten(0, 1)
        if not self.config.return_dict_in_generate:
            return sequences
        return GenerateBeamEncoderDecoderOutput(
            sequences=sequences,
            sequences_scores=ended.scores[:, :returned].flatten() if self.config.output_scores else None,
            beam_indices=indices[:, :generated],
            scores=self.scores,
            past_key_values=self.model_kwargs.get("past_key_values"),
        )

    def _forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the model; return (B, K, V) log-probabilities of the next token after and before the processors."""
        tokens = self.running.sequences.flatten(0, 1)  # (B * K, L)
        first = tokens.shape[1] == self.prompt
        inputs = self.model.prepare_inputs_for_generation(
            tokens,
            next_sequence_length=1 if self.model_kwargs["use_cache"] and not first else None,
            is_first_iteration=first,
            **self.model_kwargs,
        )
        outputs = self.model(**inputs, return_dict=True)
        self.model_kwargs = self.model._update_model_kwargs_for_generation(
            outputs, self.model_kwargs, is_encoder_decoder=True
        )
        logits = outputs.logits[:, -1, :].to(dtype=torch.float32, device=tokens.device)
        unbanned = logits.log_softmax(-1)
        # Processors may write in place.
        log_probs = self.call.logits_processor(tokens, unbanned.clone() if self.exempt else unbanned)
        if self.scores is not None:
            self.scores = (*self.scores, log_probs.clone())
        shape = (self.batch, self.width, -1)
        return log_probs.view(shape), unbanned.view(shape)

    def _advance(self, log_probs: torch.Tensor, unbanned: torch.Tensor) -> bool:
        """Take a step with every hypothesis; return whether the search is finished."""
        chosen = self._choose(log_probs, unbanned)
        grown = self._grow(chosen)
        hits = self.call.stopping_criteria(grown.sequences.flatten(0, 1), self.scores).view(self.batch, -1)
        # At the length limit or when the time is up nothing can run on: then hypotheses end as they are.
        stuck = hits.all()
        incomplete = chosen.need > 0
        ends = hits & (~incomplete | stuck)  # (B, C)
        self.ended.add(
            grown._replace(scores=chosen.scores - _INCOMPLETE * incomplete),
            ends & self.may_end,
            self.improvable & ~self._full(),
        )
        scores = chosen.scores + ends.to(torch.float32) * -1.0e9
        best = scores.topk(self.width).indices  # (B, K)
        self.running = grown._replace(scores=scores).pick(best)
        self.states = gather_beams(chosen.states, best[self.rows])
        self.pointer = gather_beams(chosen.pointer, best[self.rows])
        self._reorder(self.running.beam_indices[..., -1].flatten())
        self.improvable &= self._improvable()
        return bool(~(self.improvable & ~self._full()).any() | stuck)

    def _choose(self, log_probs: torch.Tensor, unbanned: torch.Tensor) -> Continuations:
        """Choose C continuations per segment; ``states`` and ``pointer`` are those of the R constrained ones."""
        scores, length = self.running.scores, self.running.sequences.shape[-1]
        room = self.config.max_length - length - 1 - (self.config.forced_eos_token_id is not None)
        forced = room < 0 or (self.config.forced_bos_token_id is not None and length == 1)
        all_constrained = not self.others.shape[0]

        def own(tensor: torch.Tensor) -> torch.Tensor:
            return tensor if all_constrained else tensor[self.rows]

        mass = None
        if self.guided:
            cache = self.model_kwargs.get("past_key_values")
            attention = self.attention.read(cache, self.rows, self.width, self.mask)  # (R, K, source)
            mass = None if attention is None else self.spans.mass(attention)
        free = own(unbanned) if self.exempt and not forced else None
        beam = Beam(own(scores), self.states, self.pointer, own(log_probs), free, mass, room)
        chosen = self.allocator.choose(beam).padded(self.keep)
        if all_constrained:
            return chosen
        # Ordinary segments: the C best of all K * V continuations, as generate has it.
        vocabulary = log_probs.shape[-1]
        summed = log_probs[self.others] + scores[self.others][:, :, None]
        top, which = summed.flatten(1).topk(self.keep)

        def merged(ordinary: torch.Tensor, constrained: torch.Tensor) -> torch.Tensor:
            everyone = ordinary.new_empty((self.batch, self.keep))
            everyone[self.others] = ordinary
            everyone[self.rows] = constrained
            return everyone

        return chosen._replace(
            scores=merged(top, chosen.scores),
            excess=merged(torch.zeros_like(top), chosen.excess),
            beams=merged(which // vocabulary, chosen.beams),
            tokens=merged(which % vocabulary, chosen.tokens),
            need=merged(torch.zeros_like(which), chosen.need),
        )

    def _grow(self, chosen: Continuations) -> Hypotheses:
        """Append the chosen tokens to the hypotheses that they continue, C per segment."""
        running = self.running
        rows = (chosen.beams + self.offsets).to(torch.int32)
        return Hypotheses(
            torch.cat((gather_beams(running.sequences, chosen.beams), chosen.tokens[..., None]), -1),
            torch.cat((gather_beams(running.beam_indices, chosen.beams), rows[..., None]), -1),
            chosen.scores,
            running.excess.gather(1, chosen.beams) + chosen.excess,
            chosen.need,
        )

    def _full(self) -> torch.Tensor:
        """Return, as (B, 1), which segments take no more ended hypotheses because ``early_stopping`` is true."""
        return self.ended.done.all(-1, keepdim=True) & (self.config.early_stopping is True)

    def _reorder(self, rows: torch.Tensor) -> None:
        """Move the cached keys and values to the hypotheses that run on, (B * K,) rows of the flat batch."""
        cache = self.model_kwargs.get("past_key_values")
        if cache is None:
            return
        if hasattr(self.model, "_reorder_cache"):
            self.model_kwargs["past_key_values"] = self.model._reorder_cache(cache, rows)
        elif isinstance(cache, EncoderDecoderCache):
            # Cross-attention reads the source, which all hypotheses of a segment share: nothing to move.
            cache.self_attention_cache.reorder_cache(rows)
        else:
            cache.reorder_cache(rows)

    def _improvable(self) -> torch.Tensor:
        """Return, as (B, 1), whether a running hypothesis could still beat the ended ones.

        Ordinary segments, and all with ``early_stopping="never"``, follow the rule of ``generate``. A constrained one
        is done when it has as many hypotheses as are to be returned and none running is likely to beat them.
        """
        config, scores, ended = self.config, self.running.scores, self.ended.kept.scores
        penalty = config.length_penalty
        length = self.running.sequences.shape[-1]
        never = config.early_stopping == "never"
        generated = (config.max_length if never and penalty > 0.0 else length) - self.prompt
        worst = torch.where(self.ended.done, ended.min(dim=1, keepdim=True).values, -1.0e9)  # (B, K)
        ordinary: torch.Tensor = (scores[:, :1] / (generated**penalty) > worst).any(-1, keepdim=True)
        if never:
            return ordinary
        need = self.running.need
        outlook = (scores - self.cost * need) / (length - self.prompt + need) ** penalty  # (B, K)
        returned = config.num_return_sequences
        likely = outlook.amax(1, keepdim=True) > ended[:, returned - 1 : returned]
        return torch.where(self.constrained, likely, ordinary)
