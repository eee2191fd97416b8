"""Beam search with CTranslate2: quantised and fast on CPU; hard constraints go to the torch engine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.inference.engines.base import Batch, Choice, Engine, Hypothesis, Settings
from mt.models.folder import read_config
from mt.models.languages import set_direction
from mt.models.load import load_generation_config, load_tokenizer
from mt.models.sentencepiece_tokenizer import SentencePieceTokenizer
from mt.models.tags import LENGTH_TAGS, TAGS

if TYPE_CHECKING:
    from mt.inference.engines.torch_engine import TorchEngine

# Weights from this size on, in bytes, are decoded by several threads a batch.
_LARGE = 250_000_000


class Ct2Engine(Engine):
    """A model that CTranslate2 decodes as ``TorchEngine`` does, only faster.

    Raises:
        ModelError: CTranslate2 is not installed, or cannot load the folder.
    """

    def __init__(self, folder: Path, weights: Path, decoding: DecodingConfig) -> None:
        try:
            import ctranslate2
        except ImportError:
            raise ModelError("ctranslate2 is not installed", hint="pip install ctranslate2") from None
        self._folder = folder
        tokenizer: Any = SentencePieceTokenizer.load(folder) or load_tokenizer(folder)
        config, generation = read_config(folder), load_generation_config(folder)
        set_direction(config, generation, tokenizer)
        super().__init__(tokenizer, Settings.resolve(decoding, config, generation, tokenizer))
        vocabulary = tokenizer.get_vocab()
        self._suppressed = [[tag] for tag in (*TAGS, *LENGTH_TAGS) if tag in vocabulary] or None
        forced = generation.forced_bos_token_id
        # The target language, where there is one, begins every output.
        self._begin = [] if forced is None else [tokenizer.convert_ids_to_tokens(forced)]
        # transformers counts the start token and may force </s> onto the last place; CTranslate2 does neither.
        self._uncounted = 1 + (generation.forced_eos_token_id is not None)
        try:
            # Sentences side by side use the cores better than one on several; a large model's memory is read by fewer.
            threads = 1 if (weights / "model.bin").stat().st_size < _LARGE else min(4, _cores())
            self._translator = ctranslate2.Translator(
                str(weights), device="cpu", inter_threads=max(1, _cores() // threads), intra_threads=threads
            )
        except (OSError, RuntimeError, ValueError) as error:
            hint = "delete it, and export the model again"
            raise ModelError(f"CTranslate2 cannot load it ({error})", path=weights, hint=hint) from None

    @cached_property
    def torch_engine(self) -> TorchEngine:
        """The same model in torch, loaded when a hard constraint first needs it."""
        from mt.inference.engines.torch_engine import TorchEngine

        return TorchEngine.load(self._folder, self.settings.decoding, "cpu")

    def _decode_batches(self, batches: Iterable[Batch]) -> Iterator[list[Hypothesis]]:
        queued: deque[tuple[Batch, list[Any]]] = deque()
        for batch in batches:
            if any(batch.constraints):
                yield from map(self._finish, queued)
                queued.clear()
                yield from self.torch_engine._decode_batches([batch])
                continue
            queued.append((batch, self._start(batch)))
            # Every worker has a batch and the next one; who stops the command waits for no more than these.
            if len(queued) > 2 * self._translator.num_translators:
                yield self._finish(queued.popleft())
        yield from map(self._finish, queued)

    def _start(self, batch: Batch) -> list[Any]:
        """Queue a batch; return a future result for each segment."""
        decoding = self.settings.decoding
        results: list[Any] = self._translator.translate_batch(
            [self.tokenizer.convert_ids_to_tokens(own) for own in batch.ids],
            target_prefix=[self._begin for _ in batch.ids] if self._begin else None,
            beam_size=decoding.num_beams,
            length_penalty=decoding.length_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram_size,
            # One limit for the batch: its segments are of like length.
            max_decoding_length=self.settings.max_length(len(batch.ids[0])) - self._uncounted,
            max_input_length=0,
            suppress_sequences=self._suppressed,
            return_scores=True,
            num_hypotheses=decoding.num_beams if any(batch.choices) else 1,
            asynchronous=True,
        )
        return results

    def _finish(self, queued: tuple[Batch, list[Any]]) -> list[Hypothesis]:
        batch, results = queued
        return [
            self._hypothesis(result.result(), choice) for result, choice in zip(results, batch.choices, strict=True)
        ]

    def _hypothesis(self, result: Any, choice: Choice | None) -> Hypothesis:
        """Return the chosen hypothesis of a segment's beam."""
        hypotheses = [pieces[len(self._begin) :] for pieces in result.hypotheses[: None if choice else 1]]
        decode, numbers = self.tokenizer.decode, self.tokenizer.convert_tokens_to_ids
        texts = [decode(numbers(pieces), skip_special_tokens=True).strip() for pieces in hypotheses]
        row = choice(texts) if choice is not None else 0
        # The mean is over what the model chose: the forced beginning costs nothing.
        score = result.scores[row] * (1 + len(self._begin) / max(len(hypotheses[row]), 1))
        return Hypothesis(texts[row], score)


def _cores() -> int:
    given = os.environ.get("OMP_NUM_THREADS", "")
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return int(given) if given.isdecimal() else len(affinity(0)) if affinity else os.cpu_count() or 1
