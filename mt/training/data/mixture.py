"""General pairs mixed into those of a small domain: mixed fine-tuning (Chu, Dabre & Kurohashi 2017).

Fine-tuned on its domain alone, a model forgets the rest. General pairs are mixed in so that they make up a set share of
an epoch's target tokens: few are repeated, of many an epoch draws a part, and the next one another. The draw is
``batching.Epoch``'s, by the weights set here.
"""

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from mt.config import AdaptationConfig, CorpusSource
from mt.data.corpus import read_pairs
from mt.errors import ConfigError, DataError
from mt.training.data.packed_pairs import PackedPairs, Ragged, offsets_of

_log = logging.getLogger(__name__)

# The general set that comes with zhen-mt.
GENERAL = Path(__file__).with_name("general.tsv.xz")

T = TypeVar("T")


class Mixture:
    """The pairs of each epoch: the domain's once, and general ones drawn by weight.

    Args:
        domain: a function from the number of an epoch to the domain's pairs.
        general: with weights relative to each other.
        share: of an epoch's target tokens that are general, from 0 to below 1.
        domain_tokens: target tokens of the domain in an epoch.

    Raises:
        DataError: there are no general pairs, or all have weight 0.
    """

    def __init__(
        self, domain: Callable[[int], PackedPairs], general: PackedPairs, share: float, domain_tokens: int
    ) -> None:
        self._domain = domain
        weights = np.asarray(general.weights)
        tokens = float((weights[general.origin] * general.target.lengths).sum())
        if not tokens:
            raise DataError("no general pair was left", hint="check adaptation.general and its weights")
        factor = share / (1 - share) * domain_tokens / tokens
        self._general = dataclasses.replace(general, weights=tuple(float(weight) for weight in weights * factor))
        _log.info(
            "%d general pairs, %.3g copies per epoch of each of weight 1, make up %.0f%% of its target tokens",
            len(general), factor, 100 * share,
        )  # fmt: skip

    def __call__(self, epoch: int) -> PackedPairs:
        """Return the pairs of an epoch, the domain's first."""
        return concatenated([self._domain(epoch), self._general])


def concatenated(parts: Sequence[PackedPairs]) -> PackedPairs:
    """Concatenate pairs; the sources of a later part are numbered after those of the parts before it."""
    rows = {
        name: Ragged(
            np.concatenate([np.asarray(getattr(part, name).ids, np.uint32) for part in parts]),
            offsets_of(np.concatenate([getattr(part, name).lengths for part in parts])),
        )
        for name in ("source", "annotated", "target")
    }
    weights = tuple(weight for part in parts for weight in part.weights)
    if len(weights) > np.iinfo(np.uint8).max:
        raise ConfigError(f"names {len(weights)} sources", field="adaptation.general", hint="join some files")
    starts = np.cumsum([0, *(len(part.weights) for part in parts[:-1])])
    origins = [part.origin + np.uint8(start) for part, start in zip(parts, starts, strict=True)]
    return PackedPairs(**rows, origin=np.concatenate(origins), weights=weights)


def load_general(config: AdaptationConfig, encode: Callable[[list[tuple[str, str]]], PackedPairs]) -> PackedPairs:
    """Read the general pairs of a configuration, packed by ``encode``; raises ``DataError`` if a file is broken."""
    parts = []
    for source in [CorpusSource(path=str(GENERAL))] if config.general is None else config.general:
        pairs = _read(source, config.general_pairs)
        parts.append(dataclasses.replace(encode(pairs), weights=(source.weight,)))
    return concatenated(parts)


@lru_cache(maxsize=8)  # the models of a cross-validation read the same files
def _read(source: CorpusSource, most: int) -> list[tuple[str, str]]:
    drops: Counter[str] = Counter()
    pairs = evenly_spaced(list(read_pairs(source, drops)), most)
    _log.info("%s: %d pairs taken, %d dropped %s", source.path, len(pairs), drops.total(), dict(drops))
    return pairs


def evenly_spaced(items: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` items, spread evenly over all."""
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, min(most, len(items)))]
