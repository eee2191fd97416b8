"""Systems under evaluation: files of translations, and models to translate with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mt.errors import DataError
from mt.evaluation.test_sets import TestSet, check_text
from mt.metrics.base import check_lengths

# What may follow a model's name after a plus sign -> the translator's glossary mode.
MODES = {"glossary": "hybrid", "hybrid": "hybrid", "soft": "soft", "hard": "hard", "off": "off"}


@dataclass(frozen=True)
class ModelSystem:
    """A model to translate with.

    Attributes:
        model: folder or hub name.
        mode: how it uses the terms, one of the values of :data:`MODES`; None without terms.
    """

    model: str
    mode: str | None

    def __str__(self) -> str:
        return f"{self.model}+{self.mode}" if self.mode else self.model


def parse_model(value: str) -> ModelSystem:
    """Read ``MODEL`` or ``MODEL+MODE``."""
    model, plus, mode = value.rpartition("+")
    if plus and mode in MODES:
        return ModelSystem(model, MODES[mode])
    return ModelSystem(value, None)


def is_model(value: str) -> bool:
    """Tell a model (folder, or hub name such as 'Helsinki-NLP/opus-mt-zh-en') from a file of translations."""
    if Path(value).is_file():
        return False
    name = parse_model(value).model
    path = Path(name)
    if name != value or path.is_dir():
        return True
    # It does not exist: a missing file has a suffix of letters or lies in a folder that exists, a hub name does not.
    looks_like_file = re.fullmatch(r"\.[A-Za-z]+", path.suffix) or (path.parent != Path() and path.parent.is_dir())
    return not looks_like_file and re.fullmatch(r"[\w.-]+/[\w.-]+", name) is not None


def read_system(
    name: str, value: str | Path | Sequence[str] | Sequence[Path], test_set: TestSet
) -> Sequence[str] | ModelSystem:
    """Read the translations of a system: a list of strings, a file, several (a list of paths), or recognise a model."""
    if not isinstance(value, str | Path) and not (value and isinstance(value[0], Path)):
        translations: list[Any] = list(value)
        check_lengths(len(test_set.sources), **{f"system '{name}'": translations})
        check_text(f"system '{name}'", translations)
        return translations
    paths: list[str | Path] = [value] if isinstance(value, str | Path) else list(value)
    if is_model(str(paths[0])):
        if len(paths) > 1:
            raise DataError(f"system '{name}' is a model and more", hint="give each model a name of its own")
        system = parse_model(str(paths[0]))
        if system.mode is not None and test_set.glossary is None:
            raise DataError(f"system '{name}' needs a glossary", hint="give --glossary or --terms")
        return system
    if len(paths) > 1 and test_set.files is None:
        raise DataError(f"--system names '{name}' twice", hint="give each its own name")
    return test_set.read_system(paths)
