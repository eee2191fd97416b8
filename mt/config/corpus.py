"""A file of bilingual pairs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mt.config.fields import AtLeastZero, Natural
from mt.config.section import Section

__all__ = ["CorpusSource"]


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
