"""The length tag of a fine-tuned model's requests: that with which documents become as long as their references.

A client's translations may be terser or fuller than those from which a base with length tags
(``mt.models.tags``) learnt, and a model fine-tuned with the tag of each pair writes as long as it is asked to.
So the tag of its requests is tuned as a length penalty would be, on validation documents, and saved as its prefix.
"""

import dataclasses
import logging
import math
from collections.abc import Callable, Sequence
from functools import cache

from transformers import PreTrainedModel

from mt.models.load import prefix_ids, source_prefix
from mt.models.options import ModelOptions
from mt.models.tags import LENGTH_TAGS
from mt.training.hardware.processes import Processes
from mt.training.validation import ValidationSet, translate_ids, translation_scores

_log = logging.getLogger(__name__)


def nearest_length(ratio: Callable[[int], float], begin: int) -> int:
    """Move from a length class to its neighbours as long as the outputs' length comes nearer to the references'.

    Args:
        ratio: from a class, an index of ``LENGTH_TAGS``, to length of outputs / length of references.
        begin: the first class to try.
    """

    def distance(number: int) -> float:
        return abs(math.log(ratio(number))) if ratio(number) > 0 else math.inf

    best = begin
    while True:
        neighbour = best - 1 if ratio(best) > 1 else best + 1
        if neighbour not in range(len(LENGTH_TAGS)) or distance(neighbour) >= distance(best):
            return best
        best = neighbour


def fit_request_length(model: PreTrainedModel, sets: Sequence[ValidationSet], processes: Processes) -> dict[str, float]:
    """Choose the length tag of requests on the validation documents, and record it in the model's configuration.

    Does nothing if the model's prefix is no length tag, or if no documents are translated in validation. Lengths are in
    characters. All processes make the call.

    Args:
        model: whole, with its final weights.
        sets: as in training; that named ``validation`` decides.

    Returns:
        The metrics of all sets with the new tag, empty if it is the base's.
    """
    prefix = source_prefix(model.config)
    documents = next((one for one in sets if one.name == "validation"), None)
    if prefix not in LENGTH_TAGS or documents is None:
        return {}
    texts, encoder = documents.texts, documents.encoder
    if texts is None or not texts.plain or encoder is None:
        return {}
    tags = [prefix_ids(encoder.tokenizer, tag)[0] for tag in LENGTH_TAGS]
    characters = sum(map(len, texts.references))

    @cache
    def ratio(number: int) -> float:
        sources = _with_tag(texts.plain, tags[number])
        outputs = translate_ids(model, documents, sources, texts.lengths, processes)
        return sum(map(len, outputs)) / max(1, characters)

    model.eval()
    base = LENGTH_TAGS.index(prefix)
    chosen = nearest_length(ratio, base)
    _log.info(
        "requests use %s: %.2f times the characters of the references (%s, the base's: %.2f)",
        LENGTH_TAGS[chosen], ratio(chosen), prefix, ratio(base),
    )  # fmt: skip
    if chosen == base:
        return {}
    ModelOptions.read(model.config).replace(prefix=LENGTH_TAGS[chosen]).write(model.config)
    metrics: dict[str, float] = {}
    for one in sets:
        metrics |= translation_scores(model, with_length_tag(one, tags[chosen]), processes)
    return metrics


def with_length_tag(given: ValidationSet, tag: int) -> ValidationSet:
    """Return a set whose sources start with another length tag than their present one."""
    texts = given.texts
    if texts is None:
        return given
    plain, annotated = _with_tag(texts.plain, tag), _with_tag(texts.annotated, tag)
    return dataclasses.replace(given, texts=dataclasses.replace(texts, plain=plain, annotated=annotated))


def _with_tag(rows: Sequence[list[int]], tag: int) -> list[list[int]]:
    return [[tag, *ids[1:]] if ids else [] for ids in rows]
