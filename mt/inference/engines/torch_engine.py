"""Beam search with transformers, on CPU or GPU, with or without hard constraints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import LogitsProcessorList, PreTrainedModel, PreTrainedTokenizerBase

from mt.config import DecodingConfig
from mt.constraints.beam_search import ConstrainedBeamSearch
from mt.constraints.constraint import Constraint
from mt.constraints.repetition import RepetitionPenalty
from mt.errors import ModelError
from mt.inference.engines.base import Batch, Engine, Hypothesis, Settings
from mt.models.load import load_model

# Logits held at once when outputs are scored: 256 MB in fp32.
_SCORED_LOGITS = 64 << 20


class TorchEngine(Engine):
    """A model of transformers."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, decoding: DecodingConfig) -> None:
        super().__init__(tokenizer, Settings.resolve(decoding, model.config, model.generation_config, tokenizer))
        self.model = model.eval()

    @classmethod
    def load(cls, name: str | Path, decoding: DecodingConfig, device: str = "auto") -> TorchEngine:
        """Load a folder or hub name, on a GPU in bfloat16, else in fp32; raises ``ModelError``."""
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            chosen = torch.device(device)
        except RuntimeError:
            raise ModelError(f"there is no device '{device}'", hint="give auto, cpu or cuda") from None
        if chosen.type == "cuda" and not torch.cuda.is_available():
            raise ModelError("no CUDA device was found", hint="give --device cpu")
        model, tokenizer = load_model(name, dtype=torch.bfloat16 if chosen.type == "cuda" else torch.float32)
        return cls(model.to(chosen), tokenizer, decoding)

    def _decode_batches(self, batches: Iterable[Batch]) -> Iterator[list[Hypothesis]]:
        return map(self._decode_batch, batches)

    @torch.inference_mode()
    def _decode_batch(self, batch: Batch) -> list[Hypothesis]:
        decoding, ids, constraints, choices = self.settings.decoding, batch.ids, batch.constraints, batch.choices
        inputs = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self.model.device)
        # Requested terms may be longer than their source: they must never fail for lack of room.
        room = max((sum(map(_shortest, own)) for own in constraints), default=0)
        options: dict[str, Any] = {
            "num_beams": decoding.num_beams,
            "length_penalty": decoding.length_penalty,
            "no_repeat_ngram_size": decoding.no_repeat_ngram_size,
            "max_length": self.settings.max_length(len(ids[0]), room),
            "max_new_tokens": None,  # or the model's own would count
            "early_stopping": True,
            "do_sample": False,
        }
        search = None
        if any(constraints):
            search = ConstrainedBeamSearch(constraints, boundaries=self.speller.boundaries)
            options["custom_generate"] = search
            options["logits_processor"] = LogitsProcessorList([RepetitionPenalty()])
            # Constraints are weighed against each other along the beam: one hypothesis is no search.
            options["num_beams"] = max(2, decoding.num_beams)
        elif any(choices):
            options["num_return_sequences"] = decoding.num_beams
        output = self.model.generate(**inputs, **options)  # (B * num_return_sequences, L)
        texts = [text.strip() for text in self.tokenizer.batch_decode(output, skip_special_tokens=True)]
        each = len(texts) // len(ids)
        rows = [
            row * each + (choice(texts[row * each : (row + 1) * each]) if choice is not None and each > 1 else 0)
            for row, choice in enumerate(choices)
        ]
        unmet: list[dict[int, str]] = [{} for _ in ids]
        for outcome in search.outcomes if search is not None else ():
            if outcome.reason is not None:
                unmet[outcome.segment][outcome.index] = outcome.reason
        scores = self._scores(inputs, output[rows])
        return [Hypothesis(texts[row], score, own) for row, score, own in zip(rows, scores, unmet, strict=True)]

    def _scores(self, inputs: Any, sequences: torch.Tensor) -> list[float]:
        """Return the mean log-probability a token of outputs (B, L), the decoder's start token first.

        Reading the outputs once more costs a fraction of the search; having ``generate`` keep its scores
        would cost (batch × beams × vocabulary) numbers a step.
        """
        # After the start token may come a forced language code, which is no choice of the model's.
        forced = self.model.generation_config.forced_bos_token_id is not None
        targets = sequences[:, 1:]  # (B, L - 1)
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
            ).logits.float()  # (rows, L - 1, V)
            picked = logits.gather(-1, targets[part, :, None])[..., 0] - logits.logsumexp(-1)
            picked = picked.masked_fill(~real[part], 0.0)
            means += (picked.sum(1) / real[part].sum(1).clamp(min=1)).tolist()
        return means


def _shortest(constraint: Constraint) -> int:
    return min(map(len, constraint.alternatives), default=0)
