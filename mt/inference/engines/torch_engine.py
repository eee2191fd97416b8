"""Beam search with transformers, on CPU or GPU, soft or hard constrained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import LogitsProcessorList, PreTrainedModel, PreTrainedTokenizerBase

from mt.config import DecodingConfig
from mt.constraints.beam_search import ConstrainedBeamSearch
from mt.constraints.constraint import Constraint
from mt.constraints.repetition import RepetitionPenalty
from mt.constraints.variants import TermSpeller
from mt.errors import ModelError
from mt.models.load import encode_sources, knows_tags, load_model, longest_input, source_prefix
from mt.models.options import ModelOptions, resolve_length_penalty

__all__ = ["LENGTH_SLACK", "Choice", "Hypothesis", "TorchEngine", "length_batches", "overlong"]

# Told the texts that a beam ends with, the best first: which of them is to be the translation.
Choice = Callable[[Sequence[str]], int]

# Tokens an output may have beyond its share of the source's: short sources need room.
LENGTH_SLACK = 10
# Logits held at once when outputs are scored: 256 MB in fp32.
_SCORED_LOGITS = 64 << 20


@dataclass(frozen=True)
class Hypothesis:
    """A decoded segment: its text and its length-normalised log-probability."""

    text: str
    score: float


class TorchEngine:
    """A model and its tokenizer, decoding lists of segments in batches of like length."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, decoding: DecodingConfig) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.decoding = decoding
        self._speller: TermSpeller | None = None
        self.knows_tags = knows_tags(tokenizer)
        self.prefix = source_prefix(model.config)
        self.longest_input = longest_input(model, tokenizer)
        options = ModelOptions.read(model.config)
        own = decoding.clause_characters
        self.clause_characters = options.clause_characters if own is None else own
        self.numbers = self.knows_tags and options.requests("numbers", decoding.numbers)
        self.names = self.knows_tags and options.requests("names", decoding.names)
        self.length_penalty = resolve_length_penalty(decoding.length_penalty, model.generation_config)

    @classmethod
    def load(cls, name: str | Path, decoding: DecodingConfig, device: str = "auto") -> TorchEngine:
        """Load a folder or hub name; on a GPU in bfloat16, else in fp32.

        Raises:
            ModelError: there is no such model, or the device is not there.
        """
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            chosen = torch.device(device)
        except RuntimeError:
            raise ModelError(f"'{device}' is no device", hint="give auto, cpu or cuda") from None
        if chosen.type == "cuda" and not torch.cuda.is_available():
            raise ModelError("no CUDA device was found", hint="give --device cpu")
        model, tokenizer = load_model(str(name), dtype=torch.bfloat16 if chosen.type == "cuda" else torch.float32)
        return cls(model.to(chosen), tokenizer, decoding)

    @property
    def speller(self) -> TermSpeller:
        """Spells terms in this tokenizer's pieces; made when first asked for."""
        if self._speller is None:
            self._speller = TermSpeller(self.tokenizer)
        return self._speller

    def tokens(self, segments: Sequence[str]) -> list[list[int]]:
        """Tokenise segments (annotated or plain) as the encoder takes them."""
        return encode_sources(self.tokenizer, segments, self.prefix)

    def decode(
        self,
        segments: Sequence[str],
        *,
        constraints: Sequence[Sequence[Constraint]] | None = None,
        choices: Mapping[int, Choice] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[list[Hypothesis], dict[tuple[int, int], str]]:
        """Translate segments.

        Args:
            segments: sources as the model takes them, annotated or plain.
            constraints: for each segment the ``Constraint`` list its output must hold.
            choices: segment -> what chooses among the hypotheses its beam ends with; the others get the best one.
                Not followed where there are constraints.
            progress: told the number of segments done after each batch.

        Returns:
            The hypotheses in the order given, and the reasons why constraints were not met, by
            (segment, constraint).

        Raises:
            ModelError: a segment is longer than the model's positions.
        """
        ids = self.tokens(segments)
        results: list[Hypothesis | None] = [None] * len(segments)
        reasons: dict[tuple[int, int], str] = {}
        done = 0
        for batch in length_batches(ids, self.decoding.batch_tokens):
            hypotheses, unmet = self._decode_batch(
                [ids[number] for number in batch],
                None if constraints is None else [constraints[number] for number in batch],
                [(choices or {}).get(number) for number in batch],
            )
            for place, number in enumerate(batch):
                results[number] = hypotheses[place]
            for (place, index), reason in unmet.items():
                reasons[batch[place], index] = reason
            done += len(batch)
            if progress is not None:
                progress(done)
        return [result for result in results if result is not None], reasons

    @torch.inference_mode()
    def _decode_batch(
        self,
        ids: list[list[int]],
        constraints: Sequence[Sequence[Constraint]] | None,
        choices: Sequence[Choice | None],
    ) -> tuple[list[Hypothesis], dict[tuple[int, int], str]]:
        longest = max(map(len, ids))
        if longest > self.longest_input:
            raise overlong(longest, self.longest_input)
        inputs = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self.model.device)
        # Wanted terms may be longer than their source: they must never fail for lack of room.
        room = max((sum(map(_shortest, wanted)) for wanted in constraints or ()), default=0)
        options: dict[str, Any] = {
            "num_beams": self.decoding.num_beams,
            "length_penalty": self.length_penalty,
            "no_repeat_ngram_size": self.decoding.no_repeat_ngram_size,
            "max_length": min(int(self.decoding.max_length_ratio * longest) + LENGTH_SLACK + room, self.longest_input),
            "max_new_tokens": None,  # or the base's own would count
            "early_stopping": True,
            "do_sample": False,
        }
        search = None
        if constraints is not None and any(constraints):
            search = ConstrainedBeamSearch(constraints, boundaries=self.speller.boundaries)
            options["custom_generate"] = search
            options["logits_processor"] = LogitsProcessorList([RepetitionPenalty()])
            # Constraints are weighed against each other along the beam: one hypothesis is no search.
            options["num_beams"] = max(2, self.decoding.num_beams)
        elif any(choices):
            options["num_return_sequences"] = self.decoding.num_beams
        output = self.model.generate(**inputs, **options)
        unmet = {
            (outcome.segment, outcome.index): outcome.reason or "not met"
            for outcome in (search.outcomes if search is not None else ())
            if not outcome.met
        }
        texts = [text.strip() for text in self.tokenizer.batch_decode(output, skip_special_tokens=True)]
        each = len(texts) // len(ids)
        chosen = [
            place * each + (choice(texts[place * each : (place + 1) * each]) if choice is not None and each > 1 else 0)
            for place, choice in enumerate(choices)
        ]
        scores = self._scores(inputs, output[chosen])
        return [Hypothesis(texts[row], score) for row, score in zip(chosen, scores, strict=True)], unmet

    def _scores(self, inputs: Any, sequences: torch.Tensor) -> list[float]:
        """Return each output's mean log-probability a token.

        Reading the outputs once more costs a fraction of the search; having ``generate`` keep its scores
        would cost (batch × beams × vocabulary) numbers a step.
        """
        # The first token starts the decoder, and the next may be a language code, which is no choice of the model's.
        forced = self.model.generation_config.forced_bos_token_id is not None
        targets = sequences[:, 1:]
        real = targets != self.model.config.pad_token_id
        real[:, :forced] = False
        rows = max(1, _SCORED_LOGITS // (targets.shape[1] * self.model.config.vocab_size))
        means: list[float] = []
        for start in range(0, len(targets), rows):
            part = slice(start, start + rows)
            logits = self.model(
                input_ids=inputs["input_ids"][part],
                attention_mask=inputs["attention_mask"][part],
                decoder_input_ids=sequences[part, :-1],
                use_cache=False,
            ).logits.float()
            picked = logits.gather(-1, targets[part, :, None])[..., 0] - logits.logsumexp(-1)
            picked = picked.masked_fill(~real[part], 0.0)
            means += (picked.sum(1) / real[part].sum(1).clamp(min=1)).tolist()
        return means


def overlong(tokens: int, limit: int) -> ModelError:
    """Make the error for a sentence that has no room in the model's positions."""
    return ModelError(f"a sentence has {tokens} tokens, and the model takes at most {limit}", hint="break it in two")


def _shortest(constraint: Constraint) -> int:
    return min(map(len, constraint.alternatives), default=0)


def length_batches(ids: Sequence[Sequence[int]], budget: int) -> list[list[int]]:
    """Cut segments, longest first, into batches of at most ``budget`` padded tokens (one segment at least)."""
    batches: list[list[int]] = []
    for number in sorted(range(len(ids)), key=lambda number: len(ids[number]), reverse=True):
        # Longest first: the first of a batch decides its width.
        if batches and (len(batches[-1]) + 1) * len(ids[batches[-1][0]]) <= budget:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
