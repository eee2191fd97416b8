"""Validation: the loss, and scores and term success of translations.

Each set gives ``NAME_loss`` (nats per target token, plain sources); if its texts are translated also ``NAME_chrf``,
``NAME_chrf++`` and ``NAME_bleu`` (plain sources) and, if it has terms on both sides, ``NAME_term_success``: the share
of them found in translations of sources annotated with them. All metrics but the loss are 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from accelerate.utils import gather_object
from transformers import PreTrainedModel

from mt.config import DecodingConfig, TermsConfig
from mt.constraints.annotate import annotate, escape_tags
from mt.models.options import resolve_length_penalty
from mt.training.data.batching import Epoch, EpochSettings, batch_by_tokens, collate
from mt.training.data.packed_pairs import PackedPairs, PairEncoder
from mt.training.hardware.processes import Processes
from mt.training.optim.loss import as_tensors, summed_loss

if TYPE_CHECKING:
    from mt.glossary.glossary import Glossary
    from mt.glossary.matching.source_matcher import TermMatch

# Longest output: so many tokens per token of the longest reference in the batch, plus so many.
_MAX_RATIO, _MARGIN = 1.5, 10


@dataclass(frozen=True)
class Texts:
    """Segments to translate, one entry per segment in each list."""

    # Token ids of the sources; annotated ones are empty where there are no terms.
    plain: list[list[int]]
    annotated: list[list[int]]
    references: list[str]
    # Requested in the annotated sources.
    terms: list[list[TermMatch]]
    # Tokens of the references.
    lengths: list[int]

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]], glossary: Glossary | None, encoder: PairEncoder) -> Texts:
        """Encode (Chinese, English) pairs, annotated with the glossary's terms that both sides have."""
        from mt.glossary.matching.output_checker import check_terms

        found = [
            [check for check in check_terms(en, glossary.match(zh)) if check.met] if glossary is not None else []
            for zh, en in pairs
        ]
        texts = [
            annotate(zh, [(check.match.start, check.match.end, en[check.start : check.end]) for check in checks])
            if checks
            else ""
            for (zh, en), checks in zip(pairs, found, strict=True)
        ]
        plain = encoder.sources([escape_tags(zh) for zh, _ in pairs])
        annotated = [ids if text else [] for text, ids in zip(texts, encoder.sources(texts), strict=True)]
        kept = [number for number in range(len(pairs)) if encoder.fits(plain[number], annotated[number])]
        references = [pairs[number][1] for number in kept]
        return cls(
            [plain[number] for number in kept],
            [annotated[number] for number in kept],
            references,
            [[check.match for check in found[number]] for number in kept],
            [len(ids) for ids in encoder.targets(references)],
        )


@dataclass(frozen=True)
class ValidationSet:
    """What to validate on: ``pairs`` for the loss, and ``texts`` to be translated."""

    # What its metrics start with: ``validation`` for the documents', ``general`` for the other.
    name: str
    pairs: PackedPairs
    texts: Texts | None = None
    encoder: PairEncoder | None = None
    decoding: DecodingConfig = field(default_factory=DecodingConfig)


@torch.no_grad()
def mean_loss(model: Any, pairs: PackedPairs, batch_tokens: int, processes: Processes) -> float:
    """Return the mean loss per target token on plain sources; the processes share the batches."""
    epoch = Epoch(pairs, EpochSettings(TermsConfig(annotated_share=0.0), batch_tokens), 0)
    total, tokens = 0.0, 0.0
    for begin in range(0, len(epoch), processes.count):
        number = begin + processes.index
        # All processes gather shards together, so one without a batch left takes another's.
        batch = epoch.batch(number % len(epoch), model.config.pad_token_id)
        with processes.autocast():
            loss = float(summed_loss(model, as_tensors(batch, processes.device), 0.0))
        if number < len(epoch):
            total += loss
            tokens += batch.target_tokens
    processes.reshard(model)
    total, tokens = processes.sum(total, tokens)
    return total / tokens


def translation_scores(model: PreTrainedModel, given: ValidationSet, processes: Processes) -> dict[str, float]:
    """Translate a set's texts with a whole model and score them; the processes share the segments."""
    from mt.glossary.matching.output_checker import check_terms
    from mt.metrics.corpus_scores import Scorer

    texts = given.texts
    if texts is None or not texts.plain:
        return {}
    outputs = translate_ids(model, given, texts.plain, texts.lengths, processes)
    scores = Scorer(texts.references, ("chrf", "chrf++", "bleu")).score(outputs)
    metrics = {f"{given.name}_{metric}": score.score for metric, score in scores.items()}
    requested = [number for number, ids in enumerate(texts.annotated) if ids]
    if requested:
        annotated = [texts.annotated[number] for number in requested]
        lengths = [texts.lengths[number] for number in requested]
        outputs = translate_ids(model, given, annotated, lengths, processes)
        met = sum(
            check.met
            for number, output in zip(requested, outputs, strict=True)
            for check in check_terms(output, texts.terms[number])
        )
        metrics[f"{given.name}_term_success"] = 100.0 * met / sum(len(texts.terms[number]) for number in requested)
    return metrics


@torch.no_grad()
def translate_ids(
    model: PreTrainedModel, given: ValidationSet, sources: list[list[int]], expected: list[int], processes: Processes
) -> list[str]:
    """Translate token ids in batches of similar length, with a set's decoding.

    An output half as long again as the longest reference (``expected`` tokens) of its batch is cut there: the endless
    repetitions of a weak model would take most of the time.
    """
    decoding, encoder = given.decoding, given.encoder
    assert encoder is not None
    lengths = np.array([[len(ids) for ids in sources], expected], np.int64)  # (2, segments)
    batches = batch_by_tokens(lengths, decoding.batch_tokens)
    done: list[tuple[int, str]] = []
    for batch in batches[processes.index :: processes.count]:
        rows = [np.array(sources[place], np.uint32) for place in batch]
        inputs = as_tensors(collate(rows, rows, model.config.pad_token_id), processes.device)
        longest = int(_MAX_RATIO * max(expected[place] for place in batch)) + _MARGIN
        with processes.autocast():
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                num_beams=decoding.num_beams,
                length_penalty=resolve_length_penalty(decoding.length_penalty, model.generation_config),
                no_repeat_ngram_size=decoding.no_repeat_ngram_size,
                early_stopping=decoding.num_beams > 1,
                do_sample=False,
                max_length=min(longest, encoder.max_tokens),
            )
        texts = encoder.tokenizer.batch_decode(output, skip_special_tokens=True)
        done += zip(map(int, batch), (text.strip() for text in texts), strict=True)
    if processes.count > 1:
        done = gather_object(done)
    outputs = dict(done)
    return [outputs[place] for place in range(len(sources))]
