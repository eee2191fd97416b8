"""General pairs mixed into those of a small domain: mixed fine-tuning (Chu, Dabre & Kurohashi 2017).

Fine-tuned on its domain alone, a model forgets the rest. General pairs are mixed in so that they make up a set share of
an epoch's target tokens: few are repeated, of many an epoch draws a part, and the next one another. The draw is
``batching.Epoch``'s, by the weights set here.
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
from mt.models.load import prefix_ids
from mt.training.data.encoding import PairEncoder
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged

__all__ = ["Mixture", "check_vocabulary_of", "concatenated", "evenly_spaced", "load_general"]

_log = logging.getLogger(__name__)


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
        self._general = general.reweighted(tuple(float(weight) for weight in weights * factor))
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
    config: AdaptationConfig, encode: Callable[[list[tuple[str, str]]], PackedPairs], encoder: PairEncoder
) -> PackedPairs:
    """Read the general pairs of a configuration.

    Args:
        config: which files, and how many pairs of each at most.
        encode: from (Chinese, English) texts to packed pairs of one source.
        encoder: of the base; a packed corpus must have its vocabulary, and pairs that are too long are left out.

    Raises:
        DataError: a file is missing or broken, or a packed corpus has another vocabulary.
    """
    parts = []
    for source in config.general:
        if (Path(source.path) / "packing.json").is_file():
            prefix = prefix_ids(encoder.tokenizer, encoder.prefix)
            longest = encoder.max_tokens - len(prefix)
            packed = _load_packed(Path(source.path), encoder.tokenizer, longest, config.general_pairs)
            parts.append(packed.prefixed(prefix).reweighted([weight * source.weight for weight in packed.weights]))
            continue
        drops: Counter[str] = Counter()
        pairs = evenly_spaced(list(read_pairs(source, drops)), config.general_pairs)
        _log.info("%s: %d pairs taken, %d dropped %s", source.path, len(pairs), drops.total(), dict(drops))
        parts.append(encode(pairs).reweighted([source.weight]))
    return concatenated(parts)


def evenly_spaced(items: Sequence[tuple[str, str]], most: int) -> list[tuple[str, str]]:
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
