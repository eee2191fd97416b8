"""The ``data`` section."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from mt.config.fields import Share
from mt.config.section import Section
from mt.errors import ConfigError

__all__ = ["DataConfig"]


class DataConfig(Section):
    """Documents to prepare for training and evaluation (``zhen-mt prepare``)."""

    documents: list[str] = []
    """Files, folders or glob patterns of documents translated by people."""
    folds: Literal["none", "paragraphs", "documents"] = "none"
    """How training and test segments are separated: `none` holds out a share of the documents; `documents` and
    `paragraphs` cross-validate, with one fold for each document or paragraph."""
    validation_share: Share = 0.1
    """Share of the documents held out to choose a checkpoint by."""
    test_share: Share = 0.1
    """Share of the documents held out for evaluation."""
    restore_apostrophes: bool = False
    """Put back lost English apostrophes (Peoples to People's) instead of only reporting them."""
    max_drop_share: Share = 0.2
    """Preparing fails when more than this share of the segments has to be dropped."""

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> Self:
        if self.validation_share + self.test_share >= 1:
            raise ConfigError(
                "validation_share and test_share together leave nothing to train on",
                field="data",
                hint="make their sum less than 1",
            )
        return self
