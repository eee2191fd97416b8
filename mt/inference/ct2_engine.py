"""Beam search with CTranslate2: quantised and fast on CPU; hard constraints go to the torch engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from mt.config import DecodingConfig
from mt.constraints.constraint import Constraint
from mt.constraints.variants import TermSpeller
from mt.errors import ModelError
from mt.inference.export import CT2_FOLDER
from mt.inference.torch_engine import LENGTH_SLACK, Hypothesis, TorchEngine, length_batches
from mt.models import knows_tags, load_tokenizer

__all__ = ["Ct2Engine"]


class Ct2Engine:
    """A folder of ``zhen-mt export``, decoded by CTranslate2 as ``TorchEngine`` decodes it, only faster."""

    def __init__(self, folder: str | Path, decoding: DecodingConfig, threads: int = 0) -> None:
        try:
            import ctranslate2
        except ImportError:
            raise ModelError("ctranslate2 is not installed", mend="pip install 'zhen-mt[ct2]'") from None
        self._folder = Path(folder)
        self.decoding = decoding
        self.tokenizer = load_tokenizer(str(folder))
        self.knows_tags = knows_tags(self.tokenizer)
        try:
            self._translator = ctranslate2.Translator(
                str(self._folder / CT2_FOLDER), device="cpu", intra_threads=threads or os.cpu_count() or 1
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"CTranslate2 cannot load it ({error})", path=folder, mend="export it again") from None

    @cached_property
    def torch_engine(self) -> TorchEngine:
        """The same model in torch, loaded when a hard constraint first needs it."""
        return TorchEngine.load(self._folder, self.decoding, "cpu")

    @property
    def speller(self) -> TermSpeller:
        """Spells terms in this tokenizer's pieces."""
        return self.torch_engine.speller

    def decode(
        self,
        segments: Sequence[str],
        *,
        constraints: Sequence[Sequence[Constraint]] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[list[Hypothesis], dict[tuple[int, int], str]]:
        """Translate segments; as ``TorchEngine.decode``."""
        if constraints is not None and any(constraints):
            return self.torch_engine.decode(segments, constraints=constraints, progress=progress)
        ids = self.tokenizer(list(segments))["input_ids"] if segments else []
        found: dict[int, Hypothesis] = {}
        for batch in length_batches(ids, self.decoding.batch_tokens):
            # CTranslate2 holds one length limit for a batch, so batches are of like length.
            longest = len(ids[batch[0]])
            outputs = self._translator.translate_batch(
                [self.tokenizer.convert_ids_to_tokens(ids[number]) for number in batch],
                beam_size=self.decoding.beams,
                length_penalty=self.decoding.length_penalty,
                no_repeat_ngram_size=self.decoding.no_repeat_ngram,
                # transformers counts the start token and forces </s> onto the last place; CTranslate2 does neither.
                max_decoding_length=int(self.decoding.max_length_ratio * longest) + LENGTH_SLACK - 2,
                max_input_length=0,
                return_scores=True,
            )
            for number, output in zip(batch, outputs, strict=True):
                pieces = self.tokenizer.convert_tokens_to_ids(output.hypotheses[0])
                text = self.tokenizer.decode(pieces, skip_special_tokens=True).strip()
                found[number] = Hypothesis(text, output.scores[0])
            if progress is not None:
                progress(len(found))
        return [found[number] for number in range(len(ids))], {}
