"""The recipe's configuration: the sections of :mod:`mt.config` that it shares, and its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mt.config import CorpusSource, DecodingConfig, RunConfig, Section, TermsConfig, TrainingConfig, load_config
from mt.config.section import AtLeastZero, Count, Positive, Share
from mt.errors import ConfigError

# Tokens that a new model can read or write.
LONGEST_INPUT = 512

_UpToHalf = Annotated[float, Field(ge=0, le=0.5)]


class Source(CorpusSource):
    """One bilingual file of the corpus."""

    licence: str = ""
    """Licence of the text, for the model card."""
    part: Literal["all", "near", "far"] = "all"
    """Of a filtered corpus, only the pairs nearer to the domain than filter.near_score, or only the others; name the
    file twice to weight them separately."""


class CorpusConfig(Section):
    """The corpus; packed once as token ids."""

    sources: list[Source] = []
    """Its files."""
    lexicon: str = ""
    """Tab-separated dictionary, by which terms to annotate are found in the pairs."""
    validation_zh: str = ""
    """Chinese side of the validation pairs, one segment per line."""
    validation_en: str = ""
    """English side of the validation pairs, one segment per line."""
    validation_pairs: Count = 500
    """Validation pairs that are used."""
    packed: str = "work/packed"
    """Folder of the packed token ids; made when absent."""
    max_tokens: Count = 160
    """Longest side, in tokens."""
    min_target_ratio: AtLeastZero = 0.0
    """Training leaves out pairs with fewer target tokens per source token: translations that say less than the source,
    which a model learns to do as well. 0 takes all; a change needs no new packing."""
    length_tags: bool = False
    """Put a tag before each source that says how long its translation is (``mt.models.tags``); requests then
    begin with ``model.source_prefix``, one of the tags."""
    translations: list[Source] = []
    """Folders of translations that our models made of the sources, and their weights."""
    both_directions: bool = False
    """Train both directions at once, the language of a source saying which (Ding et al. 2021, "Improving Neural Machine
    Translation by Bidirectional Training"); such a model back-translates for the next."""


class FilterConfig(Section):
    """Which pairs of the corpus are kept, and what is made of them."""

    folder: str = ""
    """Folder of the filtered pairs and the report, made when absent; empty to pack ``corpus.sources`` unfiltered."""
    min_alignment: float = 0.0
    """Lowest score of the word alignment, in nats per word."""
    min_fluency: float = -9.0
    """Lowest fluency of the target, in nats per word."""
    alignment_pairs: Count = 250_000
    """Pairs that each of the two alignment models is trained on; each scores what the other was trained on."""
    most_copies: Count = 3
    """Pairs that may share one side."""
    held_out: list[str] = []
    """Test sets: a pair one side of which is a line or a tab-separated cell of these files is dropped."""
    domain: list[Source] = []
    """Text of the domain to compare with; it is not trained on unless ``corpus.sources`` has it too."""
    near_score: float = 0.0
    """Pairs with this domain score and higher are ``part: near``."""
    entities: str = ""
    """CC-CEDICT with its notes, for names to put into real segments; empty for none."""
    synthetic_copies: Count = 4
    """Synthetic pairs made of each pair near the domain that has a name."""
    synthetic_weight: AtLeastZero = 1.0
    """Their weight in training."""
    joined_weight: AtLeastZero = 0.0
    """Weight of segments joined from neighbouring pairs near the domain: long, with many terms; 0 makes none."""
    numbers_weight: AtLeastZero = 0.0
    """Weight of real pairs with a number exchanged for a large one on both sides; 0 makes none."""
    numbers_copies: Count = 3
    """Such pairs made of each."""
    warn_drop_share: Share = 0.4
    """A source of which more than this share is dropped gives a warning."""


class ModelConfig(Section):
    """The shape of the new Marian model."""

    vocab_size: Count = 12000
    """Entries of the vocabulary, tags included."""
    d_model: Count = 256
    """Width of the layers."""
    encoder_layers: Count = 4
    """Encoder layers."""
    decoder_layers: Count = 2
    """Decoder layers."""
    attention_heads: Count = 4
    """Attention heads, among which ``d_model`` is divided."""
    ffn_dim: Count = 1024
    """Width of the feed-forward layers."""
    dropout: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    """Dropout in training."""
    source_prefix: str = ""
    """Text before the source of every request, saved with the model: one of the length tags."""

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.d_model % self.attention_heads:
            raise ConfigError(
                f"is {self.attention_heads}, which does not divide d_model ({self.d_model})",
                field="model.attention_heads",
            )
        return self


class StarterTraining(TrainingConfig):
    """The optimisation, and the noise that keeps a small corpus from being learnt by heart."""

    learning_rate: Positive = 3e-4
    """Highest learning rate."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """AdamW, or Muon for the layers' matrices and AdamW for the rest."""
    muon_learning_rate: Positive = 2e-3
    """Highest learning rate of the matrices that Muon updates."""
    split_share: _UpToHalf = 0.0
    """Share of the source's pieces written as two shorter ones, drawn again each epoch (``training/subwords.py``)."""
    target_noise: _UpToHalf = 0.0
    """Share of the words read by the decoder that are blanked or exchanged (``training/target_noise.py``)."""


class StarterConfig(Section):
    """Everything that decides a starter model."""

    run: RunConfig = RunConfig()
    corpus: CorpusConfig = CorpusConfig()
    filter: FilterConfig = FilterConfig()
    model: ModelConfig = ModelConfig()
    terms: TermsConfig = TermsConfig()
    training: StarterTraining = StarterTraining()
    decoding: DecodingConfig = DecodingConfig()


def load_starter_config(path: str | Path, overrides: Sequence[str] = ()) -> StarterConfig:
    """Read a configuration file of the recipe; as :func:`mt.config.load_config`."""
    return load_config(path, overrides, cls=StarterConfig)
