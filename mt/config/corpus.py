"""The ``corpus`` and ``filter`` sections: the files of a large corpus, and which of their pairs are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mt.config.fields import AtLeastZero, Count, Natural, Number, Share
from mt.config.section import Section

__all__ = ["CorpusConfig", "CorpusSource", "FilterConfig"]


class CorpusSource(Section):
    """One bilingual file (tab-separated, plain or compressed)."""

    path: Annotated[str, Field(min_length=1)]
    """The file."""
    weight: AtLeastZero = 1.0
    """Average copies of each pair in an epoch; 0.5 takes one half in each epoch, alternately."""
    zh: Natural = 0
    """Column of the Chinese side, counted from 0."""
    en: Natural = 1
    """Column of the English side, counted from 0."""
    licence: str = ""
    """Licence of the text, for the model card."""
    part: Literal["all", "near", "far"] = "all"
    """Of a filtered corpus, only the pairs nearer to the domain than filter.near_score, or only the others."""


class CorpusConfig(Section):
    """A large corpus to train a starter model from scratch; packed once as token ids."""

    sources: list[CorpusSource] = []
    """Its files."""
    lexicon: str = ""
    """Tab-separated dictionary, by which terms to annotate are found in the pairs."""
    validation_zh: str = ""
    """Chinese side of the validation pairs, one per line."""
    validation_en: str = ""
    """English side of the validation pairs, one per line."""
    validation_pairs: Count = 500
    """Validation pairs that are used."""
    packed: str = "work/packed"
    """Folder of the packed token ids; made when absent."""
    max_tokens: Count = 160
    """Longest side, in tokens."""
    min_target_ratio: AtLeastZero = 0.0
    """Training leaves out pairs with fewer target tokens for each source token than this; 0 takes all. Changing it
    needs no new packing."""
    length_tags: bool = False
    """Tell by a tag before each source how long its translation is for it; requests then begin with
    `model.source_prefix`, one of the tags."""
    translations: list[CorpusSource] = []
    """Folders of translations that our models made of the sources, and their weights."""
    reverse: bool = False
    """Train from English into Chinese, to back-translate with."""
    both_directions: bool = False
    """Train both directions at once (Ding et al. 2021), the language of a source saying which."""


class FilterConfig(Section):
    """What is kept of a large corpus, and what is made of it (``scripts/filter_corpus.py``)."""

    folder: str = ""
    """Folder of the filtered pairs and the report, made when absent; empty to pack `corpus.sources` unfiltered."""
    min_alignment: Number = 0.0
    """Lowest score of the word alignment, in nats per word."""
    min_fluency: Number = -9.0
    """Lowest fluency of the target, in nats per word."""
    alignment_pairs: Count = 250_000
    """Pairs that each of the two alignment models is trained on; each scores what the other was trained on."""
    most_copies: Count = 3
    """Pairs that may share one side."""
    held_out: list[str] = []
    """Test sets: a pair one side of which is a line or a tab-separated cell of these files is dropped."""
    domain: list[CorpusSource] = []
    """Text of the domain to compare with; it is not trained on unless `corpus.sources` has it too."""
    near_score: Number = 0.0
    """Pairs with this domain score and higher are `part: near`."""
    entities: str = ""
    """CC-CEDICT with its notes, for names to put into real segments; empty for none."""
    synthetic_copies: Count = 4
    """Synthetic pairs made of each pair near the domain that has a name."""
    synthetic_weight: AtLeastZero = 1.0
    """Their weight in training."""
    joined_weight: AtLeastZero = 0.0
    """Weight of segments joined from neighbouring pairs near the domain: long, with many terms; 0 makes none."""
    figures_weight: AtLeastZero = 0.0
    """Weight of real pairs with a number exchanged for a large one on both sides; 0 makes none."""
    figures_copies: Count = 3
    """Such pairs made of each."""
    warn_drop_share: Share = 0.4
    """A source of which more than this share is dropped gives a warning."""
