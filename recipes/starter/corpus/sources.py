"""The sources of a packed corpus: the files of the configuration, and the pairs made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mt.errors import UserError
from mt.training.data.packed_pairs import PackedPairs
from recipes.starter.config import Source, StarterConfig
from recipes.starter.filtering.filter_corpus import SYNTHETIC

# Names in place of files: made from the other sources during packing.
JOINED, NUMBERS = "joined", "numbers"
# Parts of the names of manuals and interface texts, which share the name ``docs``.
_MANUALS = ("-docs", "-site", "-editor", "tldr", "d2l")
_LICENCE = "of the sources"


def training_sources(config: StarterConfig) -> list[Source]:
    """Return the sources in the order they are packed in; of a filtered corpus those made from others come last."""
    settings, sources = config.filter, list(config.corpus.sources)
    if settings.folder and settings.entities:
        licence = f"{_LICENCE}, names CC BY-SA 4.0"
        sources.append(Source(path=SYNTHETIC, weight=settings.synthetic_weight, licence=licence))
    if settings.folder and settings.joined_weight:
        sources.append(Source(path=JOINED, weight=settings.joined_weight, licence=_LICENCE))
    if settings.folder and settings.numbers_weight:
        sources.append(Source(path=NUMBERS, weight=settings.numbers_weight, licence=_LICENCE))
    return sources


def source_names(config: StarterConfig) -> list[str]:
    """Name each of ``training_sources``: by its file, its part of a divided file, or ``docs`` for all manuals."""
    return [_name(source) for source in training_sources(config)]


def _name(source: Source) -> str:
    stem = Path(source.path).name.split(".")[0]
    if source.part != "all":
        return source.part
    if stem == "train":
        return Path(source.path).parent.name
    return "docs" if any(part in stem for part in _MANUALS) else stem


def check_names(config: StarterConfig, names: Sequence[str]) -> None:
    """Raise ``UserError`` unless all names are among ``source_names``."""
    known = source_names(config)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UserError(f"{unknown[0]}: no such source", hint=f"choose among {', '.join(dict.fromkeys(known))}")


@dataclass(frozen=True)
class RowChoice:
    """Which rows of a packed corpus are translated.

    Attributes:
        names: of ``source_names``; empty for all sources with a weight.
        tokens: source lengths, </s> included.
        most: at most this many rows, drawn at random by ``run.seed``; 0 for all.
    """

    names: Sequence[str]
    tokens: range
    most: int = 0

    def rows(self, config: StarterConfig, pairs: PackedPairs) -> NDArray[np.int64]:
        """Return the numbers of the rows, in ascending order.

        Raises:
            UserError: the corpus was packed from other sources, or a name is unknown.
        """
        check_names(config, self.names)
        sources = list(zip(source_names(config), training_sources(config), strict=True))
        if len(sources) != len(pairs.weights):
            raise UserError("was packed from other sources", path=config.corpus.packed, hint="pack it again")
        chosen = [
            number
            for number, (name, source) in enumerate(sources)
            if (name in self.names if self.names else source.weight > 0)
        ]
        lengths = pairs.source.lengths
        rows = np.flatnonzero(
            np.isin(pairs.origin, chosen) & (lengths >= self.tokens.start) & (lengths < self.tokens.stop)
        )
        if not self.most:
            return rows
        return np.sort(np.random.default_rng(config.run.seed).permutation(rows)[: self.most])
