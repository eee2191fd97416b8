"""What families of sequence-to-sequence bases differ in: language codes, task prefix, names of their layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = [
    "LANGUAGE_CODES",
    "Direction",
    "Family",
    "asks",
    "family",
    "length_penalty",
    "record_asked",
    "record_clause_characters",
    "record_direction",
    "record_label_smoothing",
    "recorded_clause_characters",
    "recorded_direction",
    "recorded_label_smoothing",
]

# What multilingual tokenizers call Simplified Chinese and English: NLLB-200, mBART-50, M2M100.
LANGUAGE_CODES = (("zho_Hans", "eng_Latn"), ("zh_CN", "en_XX"), ("zh", "en"))

# Where transformers keeps what a task needs (`task_specific_params`), under its own name for this task.
_TASK = "translation_zh_to_en"
# And what no task of its own is.
_OURS = "zhen_mt"


@dataclass(frozen=True)
class Family:
    """Models of one architecture.

    Args:
        prefix: what goes before every source unless something else is asked for.
        dropout: what its configuration calls dropout.
        linear: names of the linear layers of attention and feed-forward, which LoRA adapts.
    """

    prefix: str = ""
    dropout: str = "dropout"
    linear: tuple[str, ...] = ()


_BART_LAYERS = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
_T5_LAYERS = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")
_BART = Family(linear=_BART_LAYERS)
_FAMILIES = {
    "marian": _BART,
    "m2m_100": _BART,  # NLLB-200 too
    "mbart": _BART,
    # T5 was pre-trained on tasks told apart by such words, mT5 on none.
    "t5": Family("translate Chinese to English: ", "dropout_rate", _T5_LAYERS),
    "mt5": Family("", "dropout_rate", _T5_LAYERS),
}


def family(config: Any) -> Family:
    """Return the family of a model by its configuration; one that knows no layers where it is none of ours."""
    return _FAMILIES.get(config.model_type, Family())


@dataclass(frozen=True)
class Direction:
    """How a model is told to go from Chinese to English.

    Args:
        source_language, target_language: codes of a multilingual tokenizer; empty where it has none.
        prefix: text before every source.
    """

    source_language: str = ""
    target_language: str = ""
    prefix: str = ""


def recorded_direction(config: Any) -> Direction | None:
    """Return what was recorded in a model's configuration; None for a base that we never saved."""
    tasks = getattr(config, "task_specific_params", None)
    task = tasks.get(_TASK) if isinstance(tasks, Mapping) else None
    if not isinstance(task, Mapping):
        return None
    return Direction(*(str(task.get(name) or "") for name in ("source_language", "target_language", "prefix")))


def record_direction(config: Any, direction: Direction) -> None:
    """Put a direction into a model's configuration, to be saved with it."""
    tasks = getattr(config, "task_specific_params", None)
    config.task_specific_params = {**(tasks if isinstance(tasks, Mapping) else {}), _TASK: asdict(direction)}


def length_penalty(asked: float, generation: Any) -> float:
    """Return the length penalty that is asked for, or where that is below 0 the one in a generation configuration."""
    if asked >= 0:
        return asked
    own = generation.length_penalty
    return 1.0 if own is None else float(own)


def recorded_clause_characters(config: Any) -> int:
    """Return from how many characters on a sentence is better translated clause by clause; 0: never."""
    value = _ours(config).get("clause_characters")
    return value if isinstance(value, int) and value > 0 else 0


def record_clause_characters(config: Any, characters: int) -> None:
    """Put into a model's configuration what ``recorded_clause_characters`` returns."""
    _record(config, "clause_characters", characters)


def asks(kind: Literal["figures", "names"], chosen: str, config: Any) -> bool:
    """Return whether large figures, or persons' names, are written into sources.

    Args:
        kind: which.
        chosen: ``asked``, ``free``, or ``auto`` for what is recorded.
        config: of the model.
    """
    return chosen == "asked" or (chosen == "auto" and _ours(config).get(kind) is True)


def record_asked(config: Any, kind: Literal["figures", "names"]) -> None:
    """Note in a model's configuration that figures, or names, are to be asked of it."""
    _record(config, kind, True)


def recorded_label_smoothing(config: Any) -> float:
    """Return the label smoothing that a model of ours was trained with; 0 where nothing is recorded."""
    value = _ours(config).get("label_smoothing")
    return float(value) if isinstance(value, int | float) and 0 <= value <= 0.5 else 0.0


def record_label_smoothing(config: Any, share: float) -> None:
    """Put into a model's configuration what ``recorded_label_smoothing`` returns."""
    _record(config, "label_smoothing", share)


def _ours(config: Any) -> Mapping[str, Any]:
    tasks = getattr(config, "task_specific_params", None)
    ours = tasks.get(_OURS) if isinstance(tasks, Mapping) else None
    return ours if isinstance(ours, Mapping) else {}


def _record(config: Any, key: str, value: Any) -> None:
    tasks = getattr(config, "task_specific_params", None)
    config.task_specific_params = {
        **(tasks if isinstance(tasks, Mapping) else {}),
        _OURS: {**_ours(config), key: value},
    }
