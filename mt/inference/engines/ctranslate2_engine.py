"""Beam search with CTranslate2: quantised and fast on CPU; terms are forced into its outputs, or left to torch."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.inference.engines.base import Batch, Choice, Engine, Hypothesis, Settings
from mt.inference.engines.forcing import Output, Task, force
from mt.io.text import read_json
from mt.models.folder import read_config
from mt.models.languages import set_direction
from mt.models.load import load_generation_config, load_tokenizer
from mt.models.sentencepiece_tokenizer import SentencePieceTokenizer
from mt.models.tags import LENGTH_TAGS, TAGS

if TYPE_CHECKING:
    from mt.inference.engines.torch_engine import TorchEngine

# Weights from this size on, in bytes, are decoded by several threads a batch.
_LARGE = 250_000_000
# Segments into which terms are forced at once, times the vocabulary: their logits are held, some dozens of each.
_FORCED_LOGITS = 500_000


class Ct2Engine(Engine):
    """A model that CTranslate2 decodes as ``TorchEngine`` does, only faster.

    Raises:
        ModelError: CTranslate2 is not installed, or cannot load the folder.
    """

    searches_constrained = False

    def __init__(self, folder: Path, weights: Path, decoding: DecodingConfig) -> None:
        try:
            import ctranslate2
        except ImportError:
            raise ModelError("ctranslate2 is not installed", hint="pip install ctranslate2") from None
        self._folder, self._weights = folder, weights
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
        """The same model in torch, loaded when a hard constraint first needs its search."""
        from mt.inference.engines.torch_engine import TorchEngine

        return TorchEngine.load(self._folder, self.settings.decoding, "cpu")

    def _decode_batches(self, batches: Iterable[Batch]) -> Iterator[list[Hypothesis]]:
        queued: deque[tuple[Batch, list[Any]]] = deque()
        for batch in batches:
            if any(batch.constraints):
                yield from map(self._finish, queued)
                queued.clear()
                yield self._decode_constrained(batch)
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
        texts = list(map(self._text, hypotheses))
        row = choice(texts) if choice is not None else 0
        # The mean is over what the model chose: the forced beginning costs nothing.
        score = result.scores[row] * (1 + len(self._begin) / max(len(hypotheses[row]), 1))
        return Hypothesis(texts[row], score)

    def _decode_constrained(self, batch: Batch) -> list[Hypothesis]:
        """Force the terms into the outputs; torch decodes where that fails, or nothing tells what an output holds."""
        numbers, found = range(len(batch.ids)), dict[int, Hypothesis]()
        size = max(1, _FORCED_LOGITS // len(self._columns))
        for start in range(0, len(numbers) if batch.unmet else 0, size):
            some = numbers[start : start + size]
            forced = zip(some, self._force(batch.pick(some)), strict=True)
            found.update((number, hypothesis) for number, hypothesis in forced if hypothesis is not None)
        left = [number for number in numbers if number not in found]
        if left:
            found.update(zip(left, next(self.torch_engine._decode_batches([batch.pick(left)])), strict=True))
        return [found[number] for number in numbers]

    def _force(self, batch: Batch) -> list[Hypothesis | None]:
        pieces = self.tokenizer.convert_ids_to_tokens
        spelled = [[own.alternatives[:1] for own in constraints] for constraints in batch.constraints]
        tasks = [
            Task(pieces(ids), [pieces(form[0]) if form else [] for form in forms], unmet)
            for ids, forms, unmet in zip(batch.ids, spelled, batch.unmet, strict=True)
        ]
        room = max(sum(map(len, task.terms)) for task in tasks)
        longest = self.settings.max_length(max(map(len, batch.ids)), room) - self._uncounted

        def complete(sources: list[list[str]], begins: list[list[str]]) -> list[Output]:
            results = self._translator.translate_batch(
                sources,
                target_prefix=[self._begin + begin for begin in begins],
                beam_size=1,
                no_repeat_ngram_size=self.settings.decoding.no_repeat_ngram_size,
                max_decoding_length=longest,
                max_input_length=0,
                suppress_sequences=self._suppressed,
                return_logits_vocab=True,
            )
            outputs = []
            for result in results:
                written = result.hypotheses[0][len(self._begin) :]
                logits = np.array([np.array(step) for step in result.logits[0]])
                logits -= logits.max(1, keepdims=True)
                scores = logits - np.log(np.exp(logits).sum(1, keepdims=True))
                outputs.append(Output(written, self._text(written), scores))
            return outputs

        found = force(tasks, complete, self._columns)
        done = [(task.source, self._begin + written) for task, written in zip(tasks, found, strict=True) if written]
        scores = iter(self._translator.score_batch([source for source, _ in done], [target for _, target in done]))
        return [
            Hypothesis(self._text(written), float(np.mean(next(scores).log_probs[len(self._begin) :])))
            if written
            else None
            for written in found
        ]

    @cached_property
    def _columns(self) -> dict[str, int]:
        """Where each piece is in the model's logits."""
        shared = self._weights / "shared_vocabulary.json"
        path = shared if shared.is_file() else self._weights / "target_vocabulary.json"
        return {piece: column for column, piece in enumerate(read_json(path, error=ModelError))}

    def _text(self, pieces: Sequence[str]) -> str:
        ids = self.tokenizer.convert_tokens_to_ids(list(pieces))
        return self.tokenizer.decode(ids, skip_special_tokens=True).strip()


def _cores() -> int:
    given = os.environ.get("OMP_NUM_THREADS", "")
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return int(given) if given.isdecimal() else len(affinity(0)) if affinity else os.cpu_count() or 1
