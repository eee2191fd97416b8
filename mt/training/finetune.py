"""Fine-tuning a base on prepared documents, with the glossary's terms annotated."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.constraints.annotate import annotate, strip_tags
from mt.glossary.check import check_terms
from mt.glossary.entries import Glossary
from mt.training.packing import PackedPairs, Ragged

__all__ = ["encode_pairs", "terms_on_both_sides"]

_log = logging.getLogger(__name__)


def terms_on_both_sides(source: str, reference: str, glossary: Glossary) -> list[tuple[int, int, str]]:
    """Return (start, end, target) of the glossary's terms that the human translation really uses.

    ``target`` is the string as it stands in the reference: what is asked for is what was written.
    """
    checks = check_terms(reference, glossary.match(source))
    return [
        (check.match.start, check.match.end, reference[check.start : check.end])
        for check in checks
        if check.met and check.start is not None and check.end is not None
    ]


def encode_pairs(
    sources: Sequence[str],
    references: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    glossary: Glossary | None,
    longest: int,
) -> PackedPairs:
    """Tokenise pairs plain and, where terms stand on both sides, annotated.

    A pair with a side of more than ``longest`` tokens is left out with a warning; where only the
    annotated form is too long, the plain one is kept.

    Args:
        sources, references: line-aligned, cleaned.
        tokenizer: with the term tags, languages set.
        glossary: what to annotate; None for nothing.
        longest: the positions the model has.
    """
    rows: list[tuple[list[int], list[int], list[int]]] = []
    for source, reference in zip(sources, references, strict=True):
        terms = terms_on_both_sides(source, reference, glossary) if glossary is not None else []
        plain = tokenizer(strip_tags(source))["input_ids"]
        target = tokenizer(text_target=reference)["input_ids"]
        annotated = tokenizer(annotate(source, terms))["input_ids"] if terms else []
        if max(len(plain), len(target)) <= longest:
            rows.append((plain, annotated if len(annotated) <= longest else [], target))
    if len(rows) < len(sources):
        _log.warning(
            "%d of %d segments are longer than the model's %d positions and were left out",
            len(sources) - len(rows), len(sources), longest,
        )  # fmt: skip
    return PackedPairs(
        source=Ragged.of([row[0] for row in rows]),
        annotated=Ragged.of([row[1] for row in rows]),
        target=Ragged.of([row[2] for row in rows]),
        origin=np.zeros(len(rows), np.uint8),
        weights=(1.0,),
    )
