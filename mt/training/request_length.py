"""Which length a fine-tuned model is asked for: the one with which documents come out as long as their references.

A house's translations may be terser or fuller than those a base with length tags (``mt.models.length_tags``) learnt
from, and a model fine-tuned behind each pair's own tag writes as long as it is asked to. So the tag of its requests is
chosen as a length penalty would be, on documents held out, and saved as the model's source prefix.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from itertools import repeat
from typing import Any

from transformers import PreTrainedModel

from mt.models.length_tags import LENGTH_TAGS
from mt.models.load import source_prefix
from mt.models.options import ModelOptions
from mt.training.data.length_tagging import length_tag_ids, with_tags
from mt.training.hardware.processes import Processes
from mt.training.validation import ValidationSet, translated, translation_scores

__all__ = ["fit_request_length", "nearest_length"]

_log = logging.getLogger(__name__)


def nearest_length(ratio: Callable[[int], float], begin: int) -> int:
    """Go from a class of length to its neighbours while outputs come nearer to their references' length.

    Args:
        ratio: how long outputs are for one of their references', when that class is asked for.
        begin: the first class to look at.

    Returns:
        the class, an index of ``LENGTH_TAGS``.
    """
    here = begin
    while True:
        there = here - 1 if ratio(here) > 1 else here + 1
        if there not in range(len(LENGTH_TAGS)) or _distance(ratio(there)) >= _distance(ratio(here)):
            return here
        here = there


def _distance(ratio: float) -> float:
    return abs(math.log(ratio)) if ratio > 0 else math.inf


def fit_request_length(
    model: PreTrainedModel,
    sets: Sequence[ValidationSet],
    processes: Processes,
    autocast: Callable[[], AbstractContextManager[Any]],
) -> dict[str, float]:
    """Choose the tag of requests on the documents held out, and record it in the model's configuration.

    Nothing is done where the model's prefix is no length tag, or no documents are translated for validation. Lengths
    are in characters. All processes make the call.

    Args:
        model: whole, with its final weights.
        sets: as they were validated on; the first of the name ``validation`` counts.

    Returns:
        the scores of all sets with the new tag, empty where it is that of the base.
    """
    prefix = source_prefix(model.config)
    documents = next((given for given in sets if given.name == "validation"), None)
    if prefix not in LENGTH_TAGS or documents is None:
        return {}
    texts, tokenizer = documents.texts, documents.tokenizer
    if texts is None or not texts.plain or tokenizer is None:
        return {}
    tags = length_tag_ids(tokenizer)
    wanted = sum(map(len, texts.references))

    @cache
    def ratio(number: int) -> float:
        plain = with_tags(texts.plain, repeat(tags[number]))
        outputs = translated(model, documents, plain, texts.lengths, processes, autocast)
        return sum(map(len, outputs)) / max(1, wanted)

    model.eval()
    base = LENGTH_TAGS.index(prefix)
    chosen = nearest_length(ratio, base)
    if chosen == base:
        _log.info("requests ask for %s, as the base's: %.2f characters for one of the references", prefix, ratio(base))
        return {}
    _log.info(
        "requests ask for %s: %.2f characters for one of the references (%s, the base's: %.2f)",
        LENGTH_TAGS[chosen], ratio(chosen), prefix, ratio(base),
    )  # fmt: skip
    options = ModelOptions.read(model.config)
    options.replace(prefix=LENGTH_TAGS[chosen]).write(model.config)
    figures: dict[str, float] = {}
    for given in sets:
        figures |= translation_scores(model, asking(given, tags[chosen]), processes, autocast)
    return figures


def asking(given: ValidationSet, tag: int) -> ValidationSet:
    """Return a set whose sources begin with another tag than the one before them."""
    texts = given.texts
    if texts is None:
        return given

    plain, annotated = (with_tags(rows, repeat(tag)) for rows in (texts.plain, texts.annotated))
    return dataclasses.replace(given, texts=dataclasses.replace(texts, plain=plain, annotated=annotated))
