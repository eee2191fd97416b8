"""The ``model`` section."""

from typing import Annotated

from pydantic import Field

from mt.config.section import Section

_Dropout = Annotated[float, Field(ge=0, le=0.9)]


class ModelConfig(Section):
    """The sequence-to-sequence model to fine-tune."""

    base: Annotated[str, Field(min_length=1)] = "models/starter"
    """Folder or Hugging Face name of the base; `models/starter` is the model that comes with zhen-mt."""
    source_language: str = ""
    """Source code of a multilingual tokenizer (NLLB: zho_Hans); empty to find it from the tokenizer."""
    target_language: str = ""
    """Target code of a multilingual tokenizer (NLLB: eng_Latn); empty to find it from the tokenizer."""
    source_prefix: str = "auto"
    """Text before every source, saved with the model; `auto` for what the base was trained with: T5's task prefix, or
    the length tag with which the validation documents are translated best."""
    dropout: _Dropout | None = None
    """Dropout in training; null for the base's own. More than the base was trained with unsettles it."""
