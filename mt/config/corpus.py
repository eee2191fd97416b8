"""The keys of a large corpus: its files, and the filters they go through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mt.config.tree import at_least, in_range

__all__ = ["CorpusConfig", "CorpusSource", "FilterConfig"]


@dataclass(frozen=True)
class CorpusSource:
    """One bilingual file of a large corpus (tab-separated, plain or .xz)."""

    path: str = ""
    # Average copies of each pair in an epoch; 0.5 takes half, another half each epoch.
    weight: float = 1.0
    # Columns that hold Chinese and English, counted from 0.
    zh: int = 0
    en: int = 1
    licence: str = ""
    # Of a filtered corpus, only the pairs nearer to the domain than filter.near_score, or only the others;
    # name the file twice to give each its weight.
    part: Literal["all", "near", "far"] = "all"


@dataclass(frozen=True)
class CorpusConfig:
    """A large corpus to train a starter model from scratch; packed once as token ids."""

    sources: list[CorpusSource] = field(default_factory=list)
    # Headword -> gloss pairs, from which terms to annotate are found in the pairs.
    lexicon: str = ""
    # Validation pairs, as two line-aligned files.
    validation_zh: str = ""
    validation_en: str = ""
    validation_pairs: int = 500
    # Folder of the packed token ids; made when absent.
    packed: str = "work/packed"
    # Longest side, in tokens.
    max_tokens: int = 160
    # Training leaves out pairs with fewer target tokens for each source token than this: translations that say
    # less than the source, which a model learns to do as well. 0 takes all; changing it needs no new packing.
    min_target_ratio: float = 0.0
    # Tell by a tag before each training source how long its translation is for it (mt/models/length_tags.py);
    # requests then begin with `model.source_prefix`, one of the higher tags ("<length-6>" in the released starter).
    length_tags: bool = False
    # Folders of translations that models of ours made of the sources (scripts/translate_corpus.py), and their weights.
    translations: list[CorpusSource] = field(default_factory=list)
    # Train from English into Chinese, to back-translate with (scripts/translate_corpus.py).
    reverse: bool = False
    # Train both ways at once, the language of a source saying which: the first part of a run that goes on one way (Ding
    # et al. 2021, "Improving Neural Machine Translation by Bidirectional Training"), and what back-translates for it.
    both_directions: bool = False


@dataclass(frozen=True)
class FilterConfig:
    """What is kept of a large corpus, and what is made of it (``scripts/filter_corpus.py``)."""

    # Folder of the filtered pairs and the report, made when absent; empty to pack `corpus.sources` after
    # the rules alone.
    folder: str = ""
    # Least score of the word alignment and least fluency of the target, in nats a word (docs/data.md).
    min_alignment: float = 0.0
    min_fluency: float = -9.0
    # Pairs each of the two alignment models is trained on; each scores what the other was trained on.
    alignment_pairs: int = 250_000
    # Pairs that may share one side.
    most_copies: int = 3
    # Test sets: a pair of which one side stands in these files, a segment or a tab-separated cell a line, is dropped.
    held_out: list[str] = field(default_factory=list)
    # Text of the domain, measured against and not trained on unless `corpus.sources` has it too.
    domain: list[CorpusSource] = field(default_factory=list)
    # Pairs of this domain score and more are `part: near`.
    near_score: float = 0.0
    # CC-CEDICT with its notes, for names to put into real segments; empty for none.
    entities: str = ""
    # Synthetic pairs made of each pair near the domain that has a name, and their weight in training.
    synthetic_copies: int = 4
    synthetic_weight: float = 1.0
    # Weight of segments made by joining neighbouring pairs near the domain: long, with many terms; 0 makes none.
    joined_weight: float = 0.0
    # Weight of real pairs with a number exchanged for a large figure on both sides; 0 makes none.
    figures_weight: float = 0.0
    figures_copies: int = 3
    # Above this share of dropped pairs in a source, a warning.
    warn_drop_share: float = 0.4

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        in_range("filter.warn_drop_share", self.warn_drop_share, 0.0, 1.0)
        at_least("filter", self, 0, "joined_weight", "figures_weight")
        at_least("filter", self, 1, "alignment_pairs", "most_copies", "synthetic_copies", "figures_copies")
