"""Beam search with CTranslate2: quantised and fast on CPU; hard constraints go to the torch engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mt.config import DecodingConfig
from mt.constraints.constraint import Constraint
from mt.errors import ModelError
from mt.inference.engines.base import CT2_FOLDER, Choice, Engine, Hypothesis, Settings
from mt.models.folder import find_folder, read_config
from mt.models.languages import set_direction
from mt.models.load import load_generation_config, load_tokenizer
from mt.models.tags import LENGTH_TAGS, TAGS

if TYPE_CHECKING:
    from mt.inference.engines.torch_engine import TorchEngine


class Ct2Engine(Engine):
    """A folder of ``zhen-mt export``, decoded as ``TorchEngine`` decodes it, only faster.

    Raises:
        ModelError: CTranslate2 is not installed, or cannot load the folder.
    """

    def __init__(self, folder: str | Path, decoding: DecodingConfig) -> None:
        try:
            import ctranslate2
        except ImportError:
            raise ModelError("ctranslate2 is not installed", hint="pip install 'zhen-mt[ct2]'") from None
        self._folder = find_folder(folder)
        tokenizer = load_tokenizer(folder)
        config, generation = read_config(self._folder), load_generation_config(folder)
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
            self._translator = ctranslate2.Translator(str(self._folder / CT2_FOLDER), intra_threads=_threads())
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"CTranslate2 cannot load it ({error})", path=folder, hint="export it again") from None

    @cached_property
    def torch_engine(self) -> TorchEngine:
        """The same model in torch, loaded when a hard constraint first needs it."""
        from mt.inference.engines.torch_engine import TorchEngine

        return TorchEngine.load(self._folder, self.settings.decoding, "cpu")

    def _decode_batch(
        self, ids: list[list[int]], constraints: Sequence[Sequence[Constraint]], choices: Sequence[Choice | None]
    ) -> list[Hypothesis]:
        if any(constraints):
            return self.torch_engine._decode_batch(ids, constraints, choices)
        decoding, tokenizer, begin = self.settings.decoding, self.tokenizer, len(self._begin)
        outputs = self._translator.translate_batch(
            [tokenizer.convert_ids_to_tokens(own) for own in ids],
            target_prefix=[self._begin for _ in ids] if self._begin else None,
            beam_size=decoding.num_beams,
            length_penalty=decoding.length_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram_size,
            # One limit for the batch: its segments are of like length.
            max_decoding_length=self.settings.max_length(len(ids[0])) - self._uncounted,
            max_input_length=0,
            suppress_sequences=self._suppressed,
            return_scores=True,
            num_hypotheses=decoding.num_beams if any(choices) else 1,
        )
        found = []
        for output, choice in zip(outputs, choices, strict=True):
            rows = [tokenizer.convert_tokens_to_ids(pieces[begin:]) for pieces in output.hypotheses]
            texts = [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in rows[: None if choice else 1]]
            row = choice(texts) if choice is not None else 0
            # The mean is over what the model chose: the forced beginning costs nothing.
            found.append(Hypothesis(texts[row], output.scores[row] * (1 + begin / max(len(rows[row]), 1))))
        return found


def _threads() -> int:
    given = os.environ.get("OMP_NUM_THREADS", "")
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return int(given) if given.isdecimal() else len(affinity(0)) if affinity else os.cpu_count() or 1
