"""``translate``: one call, the default model, loaded once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, overload

from mt.errors import ModelError
from mt.io.starter import find_starter

if TYPE_CHECKING:
    from mt.inference.translator import Translator

__all__ = ["default_model", "translate"]


@overload
def translate(text: str, *, model: str | Path | None = ..., glossary: str | Path | None = ...) -> str: ...
@overload
def translate(
    text: list[str] | tuple[str, ...], *, model: str | Path | None = ..., glossary: str | Path | None = ...
) -> list[str]: ...


def translate(
    text: str | Sequence[str], *, model: str | Path | None = None, glossary: str | Path | None = None
) -> str | list[str]:
    """Translate Chinese into English: a string gives a string, a list gives a list.

    Args:
        text: one text, or several that make one document.
        model: folder or hub name; the starter model when not given.
        glossary: a term base whose terms the translation must hold.

    Raises:
        ModelError, GlossaryError: one of them cannot be used.
    """
    translator = _translator(str(model or default_model()), None if glossary is None else str(glossary))
    return translator.translate(text) if isinstance(text, str) else translator.translate(list(text))


@lru_cache(maxsize=2)
def _translator(model: str, glossary: str | None) -> Translator:
    from mt.inference.translator import Translator

    return Translator.from_pretrained(model, glossary)


def default_model() -> Path:
    """Return the model used when none is named: ``$ZHEN_MT_MODEL``, or the starter.

    Raises:
        ModelError: neither is there.
    """
    named = os.environ.get("ZHEN_MT_MODEL")
    folder = Path(named) if named else find_starter()
    if folder is None:
        raise ModelError(
            "no model was named, and the starter is not installed",
            hint="pip install zhen-mt-starter, name a model folder, or set ZHEN_MT_MODEL to one",
        )
    return folder
