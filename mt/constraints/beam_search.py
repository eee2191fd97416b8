"""Constrained beam search as a decoding method of stock transformers v5.

``model.generate(**inputs, num_beams=5, custom_generate=ConstrainedBeamSearch(constraints))`` gives each
segment of the batch its own constraints. Segments without any are decoded as ``generate`` decodes them,
token for token. See :mod:`mt.constraints.allocation` for the method and its sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteriaList,
)
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

from mt.constraints.allocation import Allocation
from mt.constraints.automaton import Sequences
from mt.constraints.constraint import Constraint, ConstraintOutcome, WordBoundaries
from mt.constraints.constraint_state import ConstraintTables, PlacedConstraints, place_constraints
from mt.constraints.decoding_loop import DecodingLoop
from mt.constraints.hypotheses import Ended
from mt.errors import ConfigError

__all__ = ["ConstrainedBeamSearch", "Constraint", "ConstraintOutcome", "WordBoundaries"]


class ConstrainedBeamSearch:
    """A ``custom_generate`` callable that makes every output hold its constraints.

    Args:
        constraints: one list a segment, in the order of the batch; a list may be empty.
        boundaries: word boundaries of the vocabulary
            (:func:`mt.constraints.variants.word_boundaries`); without them a constraint counts even
            where the next token goes on with its last word.
        settings: how the beam is shared out.

    Attributes:
        outcomes: after ``generate``, a :class:`ConstraintOutcome` for every constraint of every segment,
            in their order, as the best hypothesis has it. Until then empty.

    An object may be used again for another batch with as many segments.
    """

    def __init__(
        self,
        constraints: Sequence[Sequence[Constraint]],
        *,
        boundaries: WordBoundaries | None = None,
        settings: Allocation | None = None,
    ) -> None:
        self.constraints = [list(own) for own in constraints]
        self.boundaries = boundaries
        self.settings = settings or Allocation()
        self.outcomes: list[ConstraintOutcome] = []

    def __call__(
        self,
        model: PreTrainedModel,
        input_ids: torch.Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        generation_config: GenerationConfig,
        synced_gpus: bool = False,
        streamer: Any = None,
        **model_kwargs: Any,
    ) -> GenerateBeamEncoderDecoderOutput | torch.Tensor:
        """Decode; called by ``generate``, with what ``generate`` gives its own decoding methods.

        Args:
            input_ids: (B * K, P) decoder prompt.

        Returns:
            (B * num_return_sequences, L) tokens, or ``GenerateBeamEncoderDecoderOutput`` where
            ``return_dict_in_generate`` is set.

        Raises:
            ConfigError: the settings of ``generate`` do not go with a constrained beam search, or the
                batch has not as many segments as there are lists of constraints.
        """
        self._check(model, input_ids, generation_config, streamer)
        vocabulary = model.get_output_embeddings().weight.shape[0]
        placed = self._place(input_ids.shape[1], vocabulary, generation_config)
        rows = [row for row, own in enumerate(placed) if own.satisfiable]
        if not rows:
            self._report(placed, None, None)
            ordinary: GenerateBeamEncoderDecoderOutput | torch.Tensor = model._beam_search(
                input_ids, logits_processor, stopping_criteria, generation_config, synced_gpus, **model_kwargs
            )
            return ordinary
        tables = ConstraintTables(
            [placed[row].satisfiable for row in rows],
            vocabulary=vocabulary,
            boundaries=self.boundaries,
            device=input_ids.device,
        )
        spans = [[self.constraints[row][index].source_span for index in placed[row].indices] for row in rows]
        search = DecodingLoop(model, input_ids, generation_config, tables, rows, spans, self.settings)
        output, ended = search.run(input_ids, logits_processor, stopping_criteria, synced_gpus, model_kwargs)
        self._report(placed, ended, input_ids.shape[1])
        return output

    def _check(self, model: PreTrainedModel, input_ids: torch.Tensor, config: GenerationConfig, streamer: Any) -> None:
        width = config.num_beams or 1
        if not model.config.is_encoder_decoder:
            raise ConfigError("constrained beam search needs an encoder-decoder model", hint="use a translation model")
        if width < 2:
            raise ConfigError("constrained beam search needs a beam", field="num_beams", hint="set it to 2 or more")
        if config.do_sample:
            raise ConfigError("constrained beam search does not sample", field="do_sample", hint="set it to false")
        if streamer is not None:
            raise ConfigError("beam search cannot stream", field="streamer", hint="leave it out")
        segments = input_ids.shape[0] // width
        if segments != len(self.constraints):
            raise ConfigError(
                f"{len(self.constraints)} lists of constraints for a batch of {segments}",
                field="constraints",
                hint="give one list a segment, empty where there are none",
            )

    def _place(self, prompt: int, vocabulary: int, config: GenerationConfig) -> list[PlacedConstraints]:
        """Part what can be met from what cannot, before any decoding."""
        banned = {}
        eos = config._eos_token_tensor
        for token in [] if eos is None else eos.tolist():
            banned[token] = "an end-of-sentence token"
        single = [ids[0] for ids in config.bad_words_ids or [] if len(ids) == 1]
        for token in [*single, *(config.suppress_tokens or [])]:
            banned.setdefault(token, "banned by the generation settings")
        # A forced first token, and the place an ending is forced into, are not free for constraints.
        forced = (config.forced_bos_token_id is not None and prompt == 1) + (config.forced_eos_token_id is not None)
        room = config.max_length - prompt - forced
        return [
            place_constraints(own, room=room, vocabulary=vocabulary, banned=banned, boundaries=self.boundaries)
            for own in self.constraints
        ]

    def _report(self, placed: list[PlacedConstraints], ended: Ended | None, prompt: int | None) -> None:
        """Fill ``outcomes`` for the best hypothesis of each segment."""
        need = None if ended is None else ended.need[:, 0].tolist()
        self.outcomes = []
        for segment, (own, result) in enumerate(zip(self.constraints, placed, strict=True)):
            reasons = dict(result.reasons)
            if need is not None and ended is not None and need[segment]:
                tokens = ended.sequences[segment, 0, prompt:].tolist()
                for index in self._missing(result, tokens):
                    reasons[index] = "the generation settings left no hypothesis that holds it"
            self.outcomes += [
                ConstraintOutcome(segment, index, index not in reasons, reasons.get(index)) for index in range(len(own))
            ]

    def _missing(self, placed: PlacedConstraints, tokens: Sequence[int]) -> list[int]:
        """Return the constraints that ``tokens`` does not hold besides those before them in the list."""
        held: list[Sequences] = []
        missing = []
        for index, constraint in zip(placed.indices, placed.satisfiable, strict=True):
            tables = ConstraintTables(
                [[*held, constraint]],
                vocabulary=max(tokens) + 1,
                boundaries=self.boundaries,
                device=torch.device("cpu"),
            )
            states = tables.start
            for token in tokens:
                states = tables.advance(states, torch.tensor([token]))
            if tables.need(states).total.item():
                missing.append(index)
            else:
                held.append(constraint)
        return missing
