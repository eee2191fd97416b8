"""Our own options of a model, kept in its ``config.json`` under ``task_specific_params["zhen_mt"]``."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mt.errors import ModelError

__all__ = ["ModelOptions", "resolve_length_penalty"]

# Where transformers keeps what belongs to a task, and our key there.
_TASKS, _KEY = "task_specific_params", "zhen_mt"


class ModelOptions(BaseModel):
    """How a model wants its requests, saved with its weights.

    Attributes:
        prefix: text before every source; None for the default of the model's family.
        source_language, target_language: codes of a multilingual tokenizer; empty where it has none.
        clause_characters: sentences of this length and more are translated clause by clause; 0 for never.
        numbers: whether large numbers are annotated in sources with their English form.
        names: the same for the names of Chinese persons.
        label_smoothing_factor: that the model was trained with; fine-tuning inherits it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    prefix: str | None = None
    source_language: str = ""
    target_language: str = ""
    clause_characters: int = Field(0, ge=0)
    numbers: bool = False
    names: bool = False
    label_smoothing_factor: float = Field(0.0, ge=0, le=0.5)

    @classmethod
    def read(cls, config: Any) -> Self:
        """Return the options in a model's configuration; the defaults for a model that zhen-mt never saved.

        Raises:
            ModelError: an option is unknown or has a wrong value.
        """
        tasks = getattr(config, _TASKS, None) or {}
        try:
            return cls.model_validate(tasks.get(_KEY, {}) if isinstance(tasks, dict) else tasks)
        except ValidationError as error:
            first = error.errors()[0]
            raise ModelError(
                first["msg"],
                path=getattr(config, "name_or_path", None) or None,
                field=".".join(map(str, (_TASKS, _KEY, *first["loc"]))),
                hint="correct its config.json",
            ) from None

    def write(self, config: Any) -> None:
        """Put the options that differ from the defaults into a model's configuration, to be saved with it."""
        own = self.model_dump(exclude_defaults=True)
        tasks = {key: value for key, value in (getattr(config, _TASKS, None) or {}).items() if key != _KEY}
        setattr(config, _TASKS, {**tasks, _KEY: own} if own else tasks or None)

    def replace(self, **changes: Any) -> Self:
        """Return a validated copy with other values."""
        return type(self)(**{**self.model_dump(), **changes})

    def requests(self, kind: Literal["numbers", "names"], chosen: str) -> bool:
        """Return whether entities of a kind are annotated in sources.

        Args:
            kind: of the entities.
            chosen: ``request``, ``ignore``, or ``auto`` for what the model's options say.
        """
        return chosen == "request" or (chosen == "auto" and bool(getattr(self, kind)))


def resolve_length_penalty(requested: float | None, generation: Any) -> float:
    """Return the requested length penalty; where there is none, that of a ``GenerationConfig`` (1 by default)."""
    if requested is not None:
        return requested
    own = generation.length_penalty
    return 1.0 if own is None else float(own)
