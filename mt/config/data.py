"""The ``data`` section."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mt.config.section import Section, Share
from mt.errors import ConfigError

_Folds = Literal["auto", "none", "documents", "paragraphs"] | Annotated[int, Field(ge=2)]


def _check_folds(value: object) -> object:
    # One message instead of one for each member of the union.
    if value in ("auto", "none", "documents", "paragraphs") or (type(value) is int and value >= 2):
        return value
    raise ValueError("must be auto, none, documents, paragraphs or a number of folds from 2")


class DataConfig(Section):
    """Documents to prepare for training and evaluation (``zhen-mt prepare``)."""

    documents: list[str] = []
    """Files, folders or glob patterns of documents translated by people."""
    folds: Annotated[_Folds, BeforeValidator(_check_folds)] = "auto"
    """How training and test segments are separated. `none` holds out shares of the documents. `documents` and
    `paragraphs` cross-validate, with one fold and one model for each; a number k cross-validates in k folds of whole
    documents, or of whole paragraphs where there are fewer documents than folds. `auto` holds out documents from 20 on,
    makes up to five folds of documents from 3 on, and takes paragraphs instead for one or two documents (shares from
    200 paragraphs on, else folds)."""
    max_folds: Annotated[int, Field(ge=2, le=10**12)] = 20
    """Preparing fails for more folds than this: each trains a model."""
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
            problem = "validation_share and test_share together leave nothing to train on"
            raise ConfigError(problem, field="data", hint="make their sum less than 1")
        return self
