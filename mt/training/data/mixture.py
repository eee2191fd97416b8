"""General pairs mixed into a small domain's: mixed fine-tuning (Chu, Dabre & Kurohashi 2017).

Fine-tuned on its domain alone a model forgets the rest. Mixed in is as much of the general data as
gives it a set share of an epoch's target tokens: little data is repeated, of much an epoch draws a
part, another each time. The draw is ``batching.Epoch``'s, by the weights set here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.config import AdaptationConfig
from mt.data.corpus import read_pairs
from mt.errors import ConfigError, DataError
from mt.io.text import read_json
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged

__all__ = ["Mixture", "check_vocabulary_of", "joined", "load_general", "taken_evenly"]

_log = logging.getLogger(__name__)


class Mixture:
    """The pairs of each epoch: the domain's once, and general ones drawn by weight.

    Args:
        domain: the domain's pairs of an epoch, by its number.
        general: with weights relative to each other.
        share: of an epoch's target tokens, from 0 to below 1, that are general.
        domain_tokens: target tokens of the domain in an epoch.

    Raises:
        DataError: there is no general pair, or all have weight 0.
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
        self._general = general.reweighted(tuple(float(weight) for weight in weights * factor))
        _log.info(
            "%d general pairs, %.3g copies an epoch of each of weight 1, make %.0f%% of its target tokens",
            len(general), factor, 100 * share,
        )  # fmt: skip

    def __call__(self, epoch: int) -> PackedPairs:
        """Return the pairs of an epoch, the domain's first, with origin 0."""
        return joined([self._domain(epoch), self._general])


def joined(parts: Sequence[PackedPairs]) -> PackedPairs:
    """Lay pairs end to end; the sources of a later part are numbered on from those of the parts before it."""
    rows = {
        name: Ragged(
            np.concatenate([np.asarray(getattr(part, name).ids, np.uint32) for part in parts]),
            np.concatenate(
                [np.zeros(1, np.int64), np.cumsum(np.concatenate([getattr(part, name).lengths for part in parts]))]
            ),
        )
        for name in ("source", "annotated", "target")
    }
    weights = tuple(weight for part in parts for weight in part.weights)
    if len(weights) > np.iinfo(np.uint8).max:
        raise ConfigError(f"names {len(weights)} sources", field="adaptation.general", hint="join some files")
    starts = np.cumsum([0, *(len(part.weights) for part in parts[:-1])])
    origins = [part.origin + np.uint8(start) for part, start in zip(parts, starts, strict=True)]
    return PackedPairs(**rows, origin=np.concatenate(origins), weights=weights)


def load_general(
    config: AdaptationConfig,
    encode: Callable[[list[tuple[str, str]]], PackedPairs],
    tokenizer: PreTrainedTokenizerBase,
    longest: int,
    prefix: Sequence[int] = (),
) -> PackedPairs:
    """Read the general pairs of a configuration.

    Args:
        config: which files, and how many pairs of each at most.
        encode: makes packed pairs (of one origin) of (Chinese, English) texts.
        tokenizer: the base's, which must be that of a packed corpus.
        longest: the positions the model has; longer packed pairs are left out.
        prefix: tokens that the model is given before every source; ``encode`` puts them there itself.

    Raises:
        DataError: a file is missing or broken, or a packed corpus has another vocabulary.
    """
    parts = []
    for source in config.general:
        if (Path(source.path) / "packing.json").is_file():
            packed = _load_packed(Path(source.path), tokenizer, longest - len(prefix), config.general_pairs)
            packed = packed.prefixed(prefix)
            parts.append(packed.reweighted([weight * source.weight for weight in packed.weights]))
            continue
        drops: Counter[str] = Counter()
        pairs = taken_evenly(list(read_pairs(source, drops)), config.general_pairs)
        _log.info("%s: %d pairs taken, %d dropped %s", source.path, len(pairs), drops.total(), dict(drops))
        parts.append(encode(pairs).reweighted([source.weight]))
    return joined(parts)


def taken_evenly(items: Sequence[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """Return at most ``most`` items, spread evenly over all."""
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, min(most, len(items)))]


def _load_packed(folder: Path, tokenizer: PreTrainedTokenizerBase, longest: int, most: int) -> PackedPairs:
    check_vocabulary_of(folder, tokenizer, hint="give the tab-separated files themselves in adaptation.general")
    packed = PackedPairs.load(folder)
    lengths = [getattr(packed, name).lengths for name in ("source", "annotated", "target")]
    rows = np.flatnonzero((np.max(lengths, axis=0) <= longest) & (np.asarray(packed.weights)[packed.origin] > 0))
    return packed.select(rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64)])


def check_vocabulary_of(packed: Path, tokenizer: PreTrainedTokenizerBase, *, hint: str) -> None:
    """Raise ``DataError`` if a packed folder has another vocabulary: its ids would mean nothing."""
    if read_json(packed.parent / "tokenizer" / "vocab.json", hint="pack the corpus again") != tokenizer.get_vocab():
        raise DataError("was packed with another vocabulary than the model's", path=packed, hint=hint)
