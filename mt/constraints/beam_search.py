"""Constrained beam search as a decoding method of stock transformers v5.

``model.generate(**inputs, num_beams=5, custom_generate=ConstrainedBeamSearch.from_terms(tokenizer, terms))`` gives each
segment of the batch its own constraints. Segments without any are decoded as ``generate`` decodes them, token for
token. See :mod:`mt.constraints.allocation` for the method and its sources.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessorList, PreTrainedModel, StoppingCriteriaList
from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

from mt.constraints.constraint import Constraint, ConstraintOutcome, Limits, Sequences, find_feasible
from mt.constraints.constraint_state import ConstraintTables
from mt.constraints.decoding_loop import DecodingLoop
from mt.constraints.variants import TermSpeller
from mt.errors import ConfigError


class ConstrainedBeamSearch:
    """A ``custom_generate`` callable that makes every output hold its constraints: one list for each segment.

    ``boundaries`` are the classes of all tokens (:attr:`mt.constraints.variants.TermSpeller.boundaries`); without them
    a constraint counts even where the next token continues its last word. After ``generate``, ``outcomes`` has a
    :class:`ConstraintOutcome` for every constraint of every segment, in their order, for the best hypothesis.

    One object serves one thread at a time; different objects may search with one model at once.
    """

    def __init__(self, constraints: Sequence[Sequence[Constraint]], *, boundaries: Sequence[int] = ()) -> None:
        self.constraints = [list(own) for own in constraints]
        self.boundaries = boundaries
        self.outcomes: list[ConstraintOutcome] = []

    @classmethod
    def from_terms(cls, tokenizer: Any, terms: Sequence[Sequence[str | Sequence[str]]]) -> ConstrainedBeamSearch:
        """Make a search of the strings that each segment's output must hold.

        A string may also be written with a capital, as at the head of a sentence. It is never a part of a longer word
        or number, and no piece of the output meets two terms: a string listed twice must occur twice.

        >>> search = ConstrainedBeamSearch.from_terms(tokenizer, [["SUCPEB"], ["Chengdu", ["Sichuan", "Szechwan"]], []])
        ... # doctest: +SKIP
        >>> model.generate(**inputs, num_beams=4, custom_generate=search)  # doctest: +SKIP

        Args:
            tokenizer: the model's; its target side is used.
            terms: one list per segment of the batch, empty for none; each item a string, or a list of alternatives
                any one of which will do.

        Raises:
            TypeError: a segment's terms are not a list.
        """
        speller = _speller(tokenizer, len(tokenizer))
        constraints = []
        for own in terms:
            if isinstance(own, str):
                raise TypeError(f"terms is one list per segment, and '{own}' is not a list")
            alternatives = [[term] if isinstance(term, str) else term for term in own]
            constraints.append([speller.constraint([(form, False) for form in forms]) for forms in alternatives])
        return cls(constraints, boundaries=speller.boundaries)

    def __call__(
        self,
        model: PreTrainedModel,
        input_ids: torch.Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        generation_config: GenerationConfig,
        **model_kwargs: Any,
    ) -> GenerateBeamEncoderDecoderOutput | torch.Tensor:
        """Decode the prompt (B * K, P); called by ``generate``, and returns what its own beam search would.

        Raises:
            ConfigError: the settings of ``generate`` or the number of segments do not allow it.
        """
        self._check(model, input_ids, generation_config)
        prompt, vocabulary = input_ids.shape[1], model.get_output_embeddings().weight.shape[0]
        limits = self._limits(prompt, vocabulary, generation_config)
        found = [find_feasible(own, limits) for own in self.constraints]
        reasons = [reasons for _, reasons in found]
        rows = [row for row, (usable, _) in enumerate(found) if usable]
        given = (input_ids, logits_processor, stopping_criteria)
        if not rows:
            output: Any = model._beam_search(*given, generation_config, **model_kwargs)
        else:
            usable = [found[row][0] for row in rows]
            sequences = [list(own.values()) for own in usable]
            tables = ConstraintTables(sequences, vocabulary, self.boundaries, input_ids.device)
            spans = [[self.constraints[row][index].source_span for index in found[row][0]] for row in rows]
            output = DecodingLoop(model, generation_config, model_kwargs, rows, tables, spans).run(*given)
            decoded = output if isinstance(output, torch.Tensor) else output.sequences
            best = decoded[:: generation_config.num_return_sequences, prompt:][rows].clamp(min=0)  # -1 may pad
            for row, own, tokens, need in zip(rows, usable, best, tables.need_after(best), strict=True):
                for index in self._missing(own, tokens.cpu()) if need else ():
                    reasons[row][index] = "the generation settings left no hypothesis that holds it"
        self.outcomes = [
            ConstraintOutcome(segment, index, index not in reasons[segment], reasons[segment].get(index))
            for segment, own in enumerate(self.constraints)
            for index in range(len(own))
        ]
        return output

    def _check(self, model: PreTrainedModel, input_ids: torch.Tensor, config: GenerationConfig) -> None:
        if not model.config.is_encoder_decoder:
            raise ConfigError("constrained beam search needs an encoder-decoder model", hint="use a translation model")
        width = config.num_beams or 1
        if width < 2:
            raise ConfigError("constrained beam search needs a beam", field="num_beams", hint="set it to 2 or more")
        if config.do_sample:
            raise ConfigError("constrained beam search does not sample", field="do_sample", hint="set it to false")
        if (segments := input_ids.shape[0] // width) != len(self.constraints):
            message = f"{len(self.constraints)} lists of constraints for a batch of {segments}"
            raise ConfigError(message, field="constraints", hint="give one list per segment, also an empty one")

    def _limits(self, prompt: int, vocabulary: int, config: GenerationConfig) -> Limits:
        """Return what the generation settings allow."""
        eos = config._eos_token_tensor
        single = [ids[0] for ids in config.bad_words_ids or [] if len(ids) == 1]
        banned = dict.fromkeys([*single, *(config.suppress_tokens or [])], "banned by the generation settings")
        banned |= dict.fromkeys([] if eos is None else eos.tolist(), "an end-of-sentence token")
        # A forced first token, and the place an ending is forced into, are not free for constraints.
        forced = (config.forced_bos_token_id is not None and prompt == 1) + (config.forced_eos_token_id is not None)
        return Limits(config.max_length - prompt - forced, vocabulary, banned, self.boundaries)

    def _missing(self, usable: Mapping[int, Sequences], tokens: torch.Tensor) -> list[int]:
        """Return the constraints that ``tokens`` (L,) does not hold besides those before them in the list."""
        held: list[Sequences] = []
        missing = []
        for index, sequences in usable.items():
            tables = ConstraintTables([[*held, sequences]], int(tokens.max()) + 1, self.boundaries, tokens.device)
            if tables.need_after(tokens[None]):
                missing.append(index)
            else:
                held.append(sequences)
        return missing


@functools.lru_cache(maxsize=2)
def _speller(tokenizer: Any, _length: int) -> TermSpeller:
    """Return the tokenizer's speller, made once unless tokens are added."""
    return TermSpeller(tokenizer)
