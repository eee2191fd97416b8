"""Validation that says what users see: translations scored, terms asked for and found, besides the loss.

Each set gives ``NAME_loss`` (nats a target token, plain sources); where texts are translated also
``NAME_chrf`` and ``NAME_chrf++`` (plain sources) and, where it has terms on both sides,
``NAME_term_success``: the share of them found in translations of sources that ask for them softly.
The figures are 0 to 100, the loss excepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from accelerate.utils import gather_object
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.config import DecodingConfig, TermsConfig
from mt.constraints.annotate import annotate, strip_tags
from mt.models.options import resolve_length_penalty
from mt.training.data.batching import Epoch, batch_by_tokens, collate
from mt.training.data.packed_pairs import PackedPairs
from mt.training.hardware.processes import Processes
from mt.training.optim.loss import as_tensors, summed_loss

if TYPE_CHECKING:
    from mt.glossary.glossary import Glossary
    from mt.glossary.matching.source_matcher import TermMatch

__all__ = ["Texts", "ValidationSet", "mean_loss", "translated", "translation_scores"]

# Tokens an output may have for each of its reference's, and beyond that.
_ASTRAY = 1.5
_SLACK = 10


@dataclass(frozen=True)
class Texts:
    """Segments to translate: sources as token ids, plain and (where they have terms) annotated."""

    plain: list[list[int]]
    annotated: list[list[int]]
    references: list[str]
    terms: list[list[TermMatch]]
    # Tokens of the references.
    lengths: list[int]

    @classmethod
    def of(
        cls,
        pairs: Sequence[tuple[str, str]],
        glossary: Glossary | None,
        encode: Callable[[list[str]], list[list[int]]],
        tokenizer: PreTrainedTokenizerBase,
        longest: int,
    ) -> Texts:
        """Encode (Chinese, English) pairs; asked for are the glossary's terms that stand on both sides."""
        from mt.glossary.matching.output_checker import check_terms

        met = [
            [check for check in check_terms(en, glossary.match(zh)) if check.met] if glossary is not None else []
            for zh, en in pairs
        ]
        texts = [
            annotate(zh, [(check.match.start, check.match.end, en[check.start : check.end]) for check in checks])
            if checks
            else ""
            for (zh, en), checks in zip(pairs, met, strict=True)
        ]
        plain = encode([strip_tags(zh) for zh, _ in pairs])
        annotated = [ids if text else [] for text, ids in zip(texts, encode(texts), strict=True)]
        kept = [number for number in range(len(pairs)) if max(len(plain[number]), len(annotated[number])) <= longest]
        return cls(
            [plain[number] for number in kept],
            [annotated[number] for number in kept],
            [pairs[number][1] for number in kept],
            [[check.match for check in met[number]] for number in kept],
            [len(tokenizer(text_target=pairs[number][1])["input_ids"]) for number in kept],
        )


@dataclass(frozen=True)
class ValidationSet:
    """What is validated on: ``pairs`` for the loss, ``texts`` to be translated (None for none).

    ``name`` is what its figures begin with: ``validation`` for the domain's, ``general`` for the other.
    """

    name: str
    pairs: PackedPairs
    texts: Texts | None = None
    tokenizer: PreTrainedTokenizerBase | None = None
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    longest: int = 512

    @property
    def figures(self) -> list[str]:
        """Names of the figures the set gives."""
        names = ["loss"]
        if self.texts is not None and self.texts.plain:
            names += ["chrf", "chrf++"]
            names += ["term_success"] if any(self.texts.annotated) else []
        return [f"{self.name}_{name}" for name in names]


@torch.no_grad()
def mean_loss(
    model: torch.nn.Module,
    pairs: PackedPairs,
    budget: int,
    tags: Sequence[int],
    pad: int,
    processes: Processes,
    autocast: Callable[[], AbstractContextManager[Any]],
) -> float:
    """Return the mean loss a target token on plain sources; the processes share the batches."""
    epoch = Epoch(pairs, TermsConfig(annotated_share=0.0), budget, tags, seed=0, number=0)
    total, tokens = 0.0, 0.0
    for begin in range(0, len(epoch), processes.count):
        number = begin + processes.index
        # Shards are gathered by all processes together, so those without a batch join in with another.
        batch = epoch.batch(number % len(epoch), pad)
        with autocast():
            loss = float(summed_loss(model, as_tensors(batch, processes.device), 0.0))
        if number < len(epoch):
            total += loss
            tokens += batch.target_tokens
    processes.reshard(model)
    total, tokens = processes.total(total, tokens)
    return total / tokens


def translation_scores(
    model: PreTrainedModel,
    given: ValidationSet,
    processes: Processes,
    autocast: Callable[[], AbstractContextManager[Any]],
) -> dict[str, float]:
    """Translate a set's texts with a whole model and score them; the processes share the segments."""
    from mt.glossary.matching.output_checker import check_terms
    from mt.metrics.corpus_scores import Scorer

    texts = given.texts
    if texts is None or not texts.plain:
        return {}
    scores = Scorer(texts.references, ("chrf", "chrf++")).score(
        translated(model, given, texts.plain, texts.lengths, processes, autocast)
    )
    figures = {f"{given.name}_{metric}": score.score for metric, score in scores.items()}
    asked = [number for number, ids in enumerate(texts.annotated) if ids]
    if asked:
        annotated = [texts.annotated[number] for number in asked]
        outputs = translated(model, given, annotated, [texts.lengths[number] for number in asked], processes, autocast)
        met = sum(
            check.met
            for number, output in zip(asked, outputs, strict=True)
            for check in check_terms(output, texts.terms[number])
        )
        figures[f"{given.name}_term_success"] = 100.0 * met / sum(len(texts.terms[number]) for number in asked)
    return figures


@torch.no_grad()
def translated(
    model: PreTrainedModel,
    given: ValidationSet,
    sources: list[list[int]],
    expected: list[int],
    processes: Processes,
    autocast: Callable[[], AbstractContextManager[Any]],
) -> list[str]:
    """Translate token ids, batch by batch of like length, in the order given.

    An output half as long again as the longest reference (``expected`` tokens) of its batch has gone
    astray: it is cut there, for a weak model's endless loops would take most of the time.
    """
    decoding, tokenizer = given.decoding, given.tokenizer
    assert tokenizer is not None
    lengths = np.array([[len(ids) for ids in sources], expected], np.int64)
    batches = batch_by_tokens(lengths, decoding.batch_tokens)
    done: list[tuple[int, str]] = []
    for batch in batches[processes.index :: processes.count]:
        rows = [np.array(sources[place], np.uint32) for place in batch]
        inputs = as_tensors(collate(rows, rows, model.config.pad_token_id), processes.device)
        room = int(_ASTRAY * max(expected[place] for place in batch)) + _SLACK
        with autocast():
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                num_beams=decoding.num_beams,
                length_penalty=resolve_length_penalty(decoding.length_penalty, model.generation_config),
                no_repeat_ngram_size=decoding.no_repeat_ngram_size,
                early_stopping=decoding.num_beams > 1,
                do_sample=False,
                max_length=min(room, given.longest),
            )
        written = tokenizer.batch_decode(output, skip_special_tokens=True)
        done += zip(map(int, batch), (text.strip() for text in written), strict=True)
    if processes.count > 1:
        done = gather_object(done)
    outputs = dict(done)
    return [outputs[place] for place in range(len(sources))]
