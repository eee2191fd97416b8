"""The ``adaptation`` section."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from mt.config.section import AtLeastZero, Count, Natural, Section
from mt.errors import ConfigError


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


class AdaptationConfig(Section):
    """Fine-tuning on little data without forgetting the rest."""

    general: list[CorpusSource] | None = None
    """General sentence pairs mixed into training (Chu et al. 2017): tab-separated files, plain or compressed. Weights
    are relative to each other. null for the small set that comes with zhen-mt, [] for none."""
    general_share: Annotated[float, Field(ge=0, le=0.95)] | None = None
    """Share of an epoch's target tokens that is general; an epoch is one pass over the documents. null to choose it by
    the number of segments."""
    general_pairs: Count = 50000
    """At most this many pairs are taken of each general file, evenly spaced over it."""
    validation: Annotated[list[str], Field(max_length=2)] = []
    """General validation set: one tab-separated file (Chinese, English), or a Chinese and an English file of the same
    number of lines; `training.validation_segments` of it are used."""
    max_general_drop: AtLeastZero | None = None
    """What translates the general validation set by more chrF than this worse than the base is not published; null for
    no bound."""

    @property
    def mixed(self) -> bool:
        """Whether general pairs are mixed in."""
        return self.general != [] and self.general_share != 0

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.max_general_drop is not None and not self.validation:
            raise ConfigError(
                "needs a general validation set", field="adaptation.max_general_drop", hint="give adaptation.validation"
            )
        return self
