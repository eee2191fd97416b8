"""Our own options of a model, kept in its ``config.json`` under ``task_specific_params["zhen_mt"]``."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from mt.config import Section
from mt.errors import ModelError

# Where transformers keeps what belongs to a task, and our key there.
_TASKS, _KEY = "task_specific_params", "zhen_mt"


class ModelOptions(Section):
    """How a model wants its requests, saved with its weights."""

    prefix: str | None = None  # text before every source; None for the default of the model's family
    source_language: str = ""  # codes of a multilingual tokenizer; empty where it has none
    target_language: str = ""
    clause_characters: int = Field(0, ge=0)  # longer sentences are translated clause by clause; 0 for never
    numbers: bool = False  # whether large numbers are annotated in sources with their English form
    names: bool = False  # the same for the names of Chinese persons
    # The (layer, head) pairs of cross-attention that align words best; empty for all heads of the middle layer.
    alignment_heads: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    label_smoothing_factor: float = Field(0.0, ge=0, le=0.5)  # it was trained with; fine-tuning inherits it

    @classmethod
    def read(cls, config: Any) -> Self:
        """Return the options in a model's configuration, or the defaults; raises ``ModelError`` for a wrong one."""
        tasks = getattr(config, _TASKS, None) or {}
        try:
            return cls.model_validate(tasks.get(_KEY, {}) if isinstance(tasks, dict) else tasks)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, (_TASKS, _KEY, *first["loc"])))
            path = getattr(config, "name_or_path", None) or None
            raise ModelError(first["msg"], path=path, field=field, hint="correct its config.json") from None

    def write(self, config: Any) -> None:
        """Put the options that differ from the defaults into a model's configuration, to be saved with it."""
        own = self.model_dump(exclude_defaults=True)
        tasks = {key: value for key, value in (getattr(config, _TASKS, None) or {}).items() if key != _KEY}
        setattr(config, _TASKS, {**tasks, _KEY: own} if own else tasks or None)

    def requests(self, kind: Literal["numbers", "names"], chosen: str) -> bool:
        """Whether entities of a kind are annotated, for ``request``, ``ignore``, or ``auto``: as the options say."""
        return chosen == "request" or (chosen == "auto" and bool(getattr(self, kind)))


def resolve_length_penalty(requested: float | None, generation: Any) -> float:
    """Return the requested length penalty; where there is none, that of a ``GenerationConfig`` (1 by default)."""
    own = generation.length_penalty if requested is None else requested
    return 1.0 if own is None else float(own)
