"""Beam search with CTranslate2: quantised and fast on CPU; hard constraints go to the torch engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import torch

from mt.config import DecodingConfig
from mt.constraints.constraint import Constraint
from mt.constraints.variants import TermSpeller
from mt.errors import ModelError
from mt.inference.engines.torch_engine import LENGTH_SLACK, Choice, Hypothesis, TorchEngine, length_batches, overlong
from mt.inference.export import CT2_FOLDER
from mt.models.folder import read_config
from mt.models.languages import set_direction
from mt.models.length_tags import LENGTH_TAGS
from mt.models.load import (
    encode_sources,
    knows_tags,
    load_generation_config,
    load_tokenizer,
    longest_input,
    source_prefix,
)
from mt.models.options import ModelOptions, resolve_length_penalty
from mt.models.term_tags import TAGS

__all__ = ["Ct2Engine"]


class Ct2Engine:
    """A folder of ``zhen-mt export``, decoded by CTranslate2 as ``TorchEngine`` decodes it, only faster."""

    def __init__(self, folder: str | Path, decoding: DecodingConfig, threads: int = 0) -> None:
        try:
            import ctranslate2
        except ImportError:
            raise ModelError("ctranslate2 is not installed", hint="pip install 'zhen-mt[ct2]'") from None
        self._folder = Path(folder)
        self.decoding = decoding
        self.tokenizer = load_tokenizer(str(folder))
        self.knows_tags = knows_tags(self.tokenizer)
        vocabulary = self.tokenizer.get_vocab()
        self._never = [[tag] for tag in (*TAGS, *LENGTH_TAGS) if tag in vocabulary] or None
        config, generation = read_config(self._folder), load_generation_config(folder)
        set_direction(config, generation, self.tokenizer)
        self.prefix = source_prefix(config)
        self.longest_input = longest_input(config, self.tokenizer)
        options = ModelOptions.read(config)
        own = decoding.clause_characters
        self.clause_characters = options.clause_characters if own is None else own
        self.numbers = self.knows_tags and options.requests("numbers", decoding.numbers)
        self.names = self.knows_tags and options.requests("names", decoding.names)
        self.length_penalty = resolve_length_penalty(decoding.length_penalty, generation)
        forced = generation.forced_bos_token_id
        # The target language, where there is one, begins every output.
        self._begin = [] if forced is None else [self.tokenizer.convert_ids_to_tokens(forced)]
        # transformers counts the start token and may force </s> onto the last place; CTranslate2 does neither.
        self._uncounted = 1 + (generation.forced_eos_token_id is not None)
        try:
            self._translator = ctranslate2.Translator(
                str(self._folder / CT2_FOLDER), device="cpu", intra_threads=threads or torch.get_num_threads()
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"CTranslate2 cannot load it ({error})", path=folder, hint="export it again") from None

    @cached_property
    def torch_engine(self) -> TorchEngine:
        """The same model in torch, loaded when a hard constraint first needs it."""
        return TorchEngine.load(self._folder, self.decoding, "cpu")

    @property
    def speller(self) -> TermSpeller:
        """Spells terms in this tokenizer's pieces."""
        return self.torch_engine.speller

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
        """Translate segments; as ``TorchEngine.decode``."""
        if constraints is not None and any(constraints):
            return self.torch_engine.decode(segments, constraints=constraints, progress=progress)
        choices = choices or {}
        ids = self.tokens(segments)
        found: dict[int, Hypothesis] = {}
        for batch in length_batches(ids, self.decoding.batch_tokens):
            # CTranslate2 holds one length limit for a batch, so batches are of like length.
            longest = len(ids[batch[0]])
            if longest > self.longest_input:
                raise overlong(longest, self.longest_input)
            room = min(int(self.decoding.max_length_ratio * longest) + LENGTH_SLACK, self.longest_input)
            outputs = self._translator.translate_batch(
                [self.tokenizer.convert_ids_to_tokens(ids[number]) for number in batch],
                target_prefix=[self._begin for _ in batch] if self._begin else None,
                beam_size=self.decoding.num_beams,
                length_penalty=self.length_penalty,
                no_repeat_ngram_size=self.decoding.no_repeat_ngram_size,
                max_decoding_length=room - self._uncounted,
                max_input_length=0,
                suppress_sequences=self._never,
                return_scores=True,
                num_hypotheses=self.decoding.num_beams if any(number in choices for number in batch) else 1,
            )
            for number, output in zip(batch, outputs, strict=True):
                hypotheses = [pieces[len(self._begin) :] for pieces in output.hypotheses]
                texts = [
                    self.tokenizer.decode(
                        self.tokenizer.convert_tokens_to_ids(pieces), skip_special_tokens=True
                    ).strip()
                    for pieces in (hypotheses if number in choices else hypotheses[:1])
                ]
                chosen = choices[number](texts) if number in choices else 0
                # The mean is to be over what the model chose: the forced beginning costs nothing.
                score = output.scores[chosen] * (1 + len(self._begin) / max(len(hypotheses[chosen]), 1))
                found[number] = Hypothesis(texts[chosen], score)
            if progress is not None:
                progress(len(found))
        return [found[number] for number in range(len(ids))], {}
