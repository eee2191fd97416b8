"""The ``adaptation`` section."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from mt.config.corpus import CorpusSource
from mt.config.fields import AtLeastZero, Count, Null
from mt.config.section import Section
from mt.errors import ConfigError

__all__ = ["AdaptationConfig"]


class AdaptationConfig(Section):
    """Fine-tuning on little data without forgetting the rest."""

    general: list[CorpusSource] = []
    """General sentence pairs mixed into training (Chu et al. 2017): tab-separated files, plain or compressed, or the
    train folder of a packed corpus with the base's vocabulary. Weights are relative to each other."""
    general_share: Annotated[float, Field(ge=0, le=0.95)] = 0.5
    """Share of an epoch's target tokens that is general; an epoch is one pass over the documents."""
    general_pairs: Count = 50000
    """At most this many pairs are taken of each general file, evenly spaced over it."""
    validation: Annotated[list[str], Field(max_length=2)] = []
    """General validation set: one tab-separated file (Chinese, English), or a Chinese and an English file of the same
    number of lines."""
    validation_pairs: Count = 200
    """At most this many pairs are taken of the general validation set."""
    max_general_drop: Annotated[AtLeastZero | None, Null("no bound")] = None
    """Checkpoints whose chrF on the general validation set is more than this below the base's are chosen only if all
    of them are; null for no bound."""

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.max_general_drop is not None and not self.validation:
            raise ConfigError(
                "needs a general validation set", field="adaptation.max_general_drop", hint="give adaptation.validation"
            )
        return self
