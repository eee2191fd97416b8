"""The loop of a constrained beam search: ``generate``'s own, with constrained segments allocated apart."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import EncoderDecoderCache, GenerationConfig, LogitsProcessorList, StoppingCriteriaList
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

from mt.constraints.allocation import POINTED_COST, UNGUIDED_COST, Allocator, Beam, Continuations, gather_beams
from mt.constraints.attention import CrossAttention, SourceSpans
from mt.constraints.constraint_state import ConstraintTables

# Taken from the score of a hypothesis that must end without all its constraints: any other comes first.
_INCOMPLETE = 1.0e4


class DecodingLoop:
    """One run of the search, with the rows, automata and source spans of the constrained segments.

    It stands in for the model in transformers' ``_beam_search``, some of whose private methods it overrides:
    tests/constraints/test_transformers_internals.py holds what it relies on.

    Shapes: B segments, R of them constrained, K hypotheses each, V tokens, C continuations considered, L tokens so far.
    """

    def __init__(
        self,
        model: Any,
        config: GenerationConfig,
        model_kwargs: dict[str, Any],
        rows: list[int],
        tables: ConstraintTables,
        spans: Sequence[Sequence[tuple[int, int] | None]],
    ) -> None:
        self.model, self.settings, self.model_kwargs = model, config, model_kwargs
        flat, source_length = model_kwargs["encoder_outputs"][0].shape[:2]  # B * K
        device, width = tables.start.device, config.num_beams
        batch = flat // width
        self.rows = torch.tensor(rows, device=device)
        self.constrained = torch.zeros(batch, 1, dtype=torch.bool, device=device)
        self.constrained[self.rows] = True
        self.others = (~self.constrained[:, 0]).nonzero().flatten()
        self.order = torch.cat((self.rows, self.others)).argsort()
        self.exempt = bool(config.no_repeat_ngram_size or config.encoder_no_repeat_ngram_size)
        self.offsets = torch.arange(batch, device=device)[:, None] * width

        self.mask = model_kwargs.get("attention_mask")  # (B * K, source)
        own_mask = None if self.mask is None else self.mask.view(batch, width, -1)[self.rows, 0]
        self.spans = SourceSpans(spans, tables, source_length, own_mask)
        self.attention = CrossAttention(model)
        self.cache = model_kwargs.get("past_key_values")
        self.guided = self.spans.any and self.attention.known and isinstance(self.cache, EncoderDecoderCache)
        self.cost = POINTED_COST if self.guided else UNGUIDED_COST
        eos = config._eos_token_tensor
        eos = torch.empty(0, dtype=torch.int64, device=device) if eos is None else eos.to(device)
        self.allocator = Allocator(tables, eos, self.cost)

        self.scores = torch.zeros((batch, width), device=device)  # (B, K) of what runs on
        self.scores[:, 1:] = -1.0e9  # all hypotheses of a segment begin alike: one is enough
        self.states = tables.start[:, None].expand(-1, width, -1)  # (R, K, G)
        self.pointer = torch.zeros((*self.states.shape[:2], 2), device=device)  # (R, K, 2), as in Beam
        self.log_probs = self.unbanned = self.need = torch.empty(0)
        self.chosen: Continuations

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def __call__(self, **inputs: Any) -> Any:
        """Run the model."""
        return self.model(**inputs)

    def run(
        self, input_ids: torch.Tensor, processors: LogitsProcessorList, criteria: StoppingCriteriaList
    ) -> GenerateBeamEncoderDecoderOutput | torch.Tensor:
        """Continue the decoder's prompt (B * K, P) to the end; return what ``generate`` is to return."""
        config, self.processors, self.criteria = self.settings, processors, criteria
        with self.attention:
            output: Any = type(self.model)._beam_search(
                self, input_ids, self._process, self._stop, config, **self.model_kwargs
            )
        if config.return_dict_in_generate and config.output_scores:
            # The model's own log-probability, whatever ordered the beam.
            steps = self.model.compute_transition_scores(output.sequences, output.scores, output.beam_indices)
            output.sequences_scores = steps.sum(1) / (output.beam_indices >= 0).sum(1) ** config.length_penalty
        return output

    def _process(self, tokens: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
        """Process the log-probabilities (B * K, V) of the next token, and keep them, also as they were."""
        # Processors may write in place.
        self.unbanned = log_probs.clone() if self.exempt else log_probs
        self.log_probs = self.processors(tokens, log_probs)
        return self.log_probs

    def _stop(self, sequences: torch.Tensor, scores: Any) -> torch.Tensor:
        """Return which continuations (B * C,) end now."""
        hits = self.criteria(sequences, scores)
        # At the length limit or when the time is up nothing can run on: then hypotheses end as they are.
        return hits & ((self.chosen.need.flatten() == 0) | hits.all())

    def _get_top_k_continuations(
        self,
        *,
        accumulated_log_probs: torch.Tensor,
        running_sequences: torch.Tensor,
        running_beam_indices: torch.Tensor,
        cur_len: int,
        decoder_prompt_len: int,
        beams_to_keep: int,
        **_: Any,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Append the chosen tokens to the hypotheses that they continue, C per segment."""
        self.chosen = chosen = self._choose(accumulated_log_probs, cur_len, beams_to_keep)
        sequences = gather_beams(running_sequences, chosen.beams)  # (B, C, most)
        sequences[:, :, cur_len] = chosen.tokens
        indices = gather_beams(running_beam_indices, chosen.beams)
        indices[:, :, cur_len - decoder_prompt_len] = chosen.beams + self.offsets
        return chosen.scores, sequences, indices

    def _choose(self, accumulated: torch.Tensor, length: int, keep: int) -> Continuations:
        """Choose C continuations per segment; ``states`` and ``pointer`` are those of the R constrained ones."""
        config, shape = self.settings, (*self.scores.shape, -1)
        room = config.max_length - length - 1 - (config.forced_eos_token_id is not None)
        forced = room < 0 or (config.forced_bos_token_id is not None and length == 1)
        all_constrained = not self.others.shape[0]

        def own(tensor: torch.Tensor) -> torch.Tensor:
            return tensor if all_constrained else tensor[self.rows]

        mass = None
        if self.guided:
            mass = self.spans.mass(self.attention.read(self.cache, self.rows, shape[1], self.mask))
        free = own(self.unbanned.view(shape)) if self.exempt and not forced else None
        beam = Beam(own(self.scores), self.states, self.pointer, own(self.log_probs.view(shape)), free, mass, room)
        chosen = self.allocator.choose(beam)
        if all_constrained:
            return chosen
        # Ordinary segments: the C best of all K * V continuations, as generate has it.
        top, which = accumulated[self.others].topk(keep)
        vocabulary = self.log_probs.shape[-1]
        ordinary = (top, which // vocabulary, which % vocabulary, torch.zeros_like(which))
        scores, beams, tokens, need = (torch.cat(parts)[self.order] for parts in zip(chosen[:4], ordinary, strict=True))
        return Continuations(scores, beams, tokens, need, chosen.states, chosen.pointer)

    def _get_running_beams_for_next_iteration(
        self,
        *,
        topk_log_probs: torch.Tensor,
        topk_running_sequences: torch.Tensor,
        topk_running_beam_indices: torch.Tensor,
        next_token_hits_stopping_criteria: torch.Tensor,
        num_beams: int,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pick the K best of C continuations that do not end now, with their states."""
        scores = topk_log_probs + next_token_hits_stopping_criteria.to(torch.float32) * -1.0e9
        best = scores.topk(num_beams).indices  # (B, K)
        self.scores, self.need = scores.gather(1, best), self.chosen.need.gather(1, best)
        self.states = gather_beams(self.chosen.states, best[self.rows])
        self.pointer = gather_beams(self.chosen.pointer, best[self.rows])
        return gather_beams(topk_running_sequences, best), self.scores, gather_beams(topk_running_beam_indices, best)

    def _update_finished_beams(
        self,
        *,
        topk_log_probs: torch.Tensor,
        next_token_hits_stopping_criteria: torch.Tensor,
        top_num_beam_mask: torch.Tensor,
        **others: Any,
    ) -> tuple[torch.Tensor, ...]:
        """Merge in what ends now: of an ordinary segment the first K of C at most, of a constrained one any."""
        ended: tuple[torch.Tensor, ...] = self.model._update_finished_beams(
            topk_log_probs=topk_log_probs - _INCOMPLETE * (self.chosen.need > 0),
            next_token_hits_stopping_criteria=next_token_hits_stopping_criteria
            & (top_num_beam_mask | self.constrained),
            top_num_beam_mask=torch.ones_like(top_num_beam_mask),
            **others,
        )
        return ended

    def _check_early_stop_heuristic(self, **given: Any) -> torch.Tensor:
        """Return, as (B, 1), whether a running hypothesis could still beat the ended ones.

        Ordinary segments, and all with ``early_stopping="never"``, follow the rule of ``generate``. A constrained one
        is done when it has as many hypotheses as are to be returned and none running is likely to beat them.
        """
        ordinary: torch.Tensor = self.model._check_early_stop_heuristic(**given)
        config = self.settings
        if config.early_stopping == "never":
            return ordinary
        length = given["cur_len"] - given["decoder_prompt_len"] + self.need
        outlook = (self.scores - self.cost * self.need) / length**config.length_penalty  # (B, K)
        likely = outlook.amax(1, keepdim=True) > given["beam_scores"][:, config.num_return_sequences - 1, None]
        improvable = torch.where(self.constrained, given["is_early_stop_heuristic_unsatisfied"] & likely, ordinary)
        full = given["is_sent_finished"].all(-1, keepdim=True) & (config.early_stopping is True)
        return improvable & ~full

    def _reorder_cache(self, cache: Any, rows: torch.Tensor) -> Any:
        """Move the cached keys and values to the hypotheses that run on, (B * K,) rows of the flat batch."""
        if hasattr(self.model, "_reorder_cache"):
            return self.model._reorder_cache(cache, rows)
        # Cross-attention reads the source, which all hypotheses of a segment share: nothing to move.
        moved = cache.self_attention_cache if isinstance(cache, EncoderDecoderCache) else cache
        moved.reorder_cache(rows)
        return cache
