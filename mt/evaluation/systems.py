"""Systems under evaluation: files of translations, and models to translate with.

Finished translations are cached, so that an interrupted evaluation continues.
"""

import hashlib
import json
import logging
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mt.errors import DataError
from mt.evaluation.test_sets import TestSet, check_text
from mt.io.files import sha256, write_json
from mt.metrics.base import check_lengths

_log = logging.getLogger(__name__)

# Parts of this package that do not influence what a translation says.
_IRRELEVANT = ("cli", "data", "evaluation", "metrics", "server", "training")
# Libraries that do.
_LIBRARIES = (
    "torch", "transformers", "tokenizers", "sentencepiece", "sacremoses", "ctranslate2", "peft", "numpy", "opencc",
    "pypinyin", "sentencex", "ahocorasick_rs", "safetensors",
)  # fmt: skip
_SECONDS_BETWEEN_MESSAGES = 10.0
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


def translate_system(
    system: ModelSystem,
    test_set: TestSet,
    cache: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[str]:
    """Translate the source of a test set; without documents every segment introduces its acronyms again.

    Finished translations are kept in the folder ``cache``, each under a hash of all that it depends on.

    Raises:
        DataError, ModelError: the system needs terms and there are none, or the model cannot be loaded.
    """
    if system.mode is not None and test_set.glossary is None:
        raise DataError(f"'{system}' has no terms to use", hint="give --glossary or --terms")
    entry = None
    if cache is not None and Path(system.model).is_dir():
        entry = cache / f"{_key(system, test_set)}.json"
        found = _read(entry, len(test_set.sources))
        if found is not None:
            return found
    translations = _translate(system, test_set, progress)
    if entry is not None:
        write_json(entry, {"model": system.model, "mode": system.mode, "translations": translations})
    return translations


def _translate(
    system: ModelSystem,
    test_set: TestSet,
    progress: Callable[[str], None] | None,
) -> list[str]:
    from mt.inference.translator import Translator

    mode = system.mode or "off"
    translator = Translator.from_pretrained(system.model, glossary_mode=mode)  # type: ignore[arg-type]
    documents: Sequence[Any] = range(len(test_set.sources)) if test_set.documents is None else test_set.documents
    translations = translator.translate(
        list(test_set.sources),
        documents=list(documents),
        glossaries=None if system.mode is None else test_set.glossaries,
        progress=None if progress is None else _occasionally(str(system), progress),
    )
    return [str(translation) for translation in translations]


def _occasionally(name: str, progress: Callable[[str], None]) -> Callable[[int, int], None]:
    """Report sentences done and their number, at most every few seconds."""
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_MESSAGES:
            last = time.monotonic()
            progress(f"{name}: {done} of {total} sentences")

    return report


def _read(entry: Path, size: int) -> list[str] | None:
    """Read a cached translation; None where there is none, or the file is damaged."""
    try:
        found = json.loads(entry.read_text("utf-8"))["translations"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        found = None
    if isinstance(found, list) and len(found) == size and all(isinstance(text, str) for text in found):
        return found
    _log.warning("%s is damaged and ignored", entry)
    return None


def _key(system: ModelSystem, test_set: TestSet) -> str:
    """Hash what a translation depends on: model, our code, libraries, engine, source, documents, terms."""
    package = Path(__file__).parent.parent
    files = [_hashes(Path(system.model)), _hashes(package, skipped=_IRRELEVANT)]
    glossaries = test_set.glossaries if system.mode is not None and test_set.glossaries else []
    hashed = {id(glossary): glossary.fingerprint for glossary in {id(g): g for g in glossaries}.values()}
    facts = {
        "mode": system.mode,
        "sources": list(test_set.sources),
        "documents": None if test_set.documents is None else list(test_set.documents),
        "terms": [hashed[id(glossary)] for glossary in glossaries],
        "files": files,
        "versions": {name: _version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
        "engine": _engine(system.model),
    }
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:24]


def _hashes(folder: Path, skipped: Sequence[str] = ()) -> dict[str, str]:
    """Hash the files of a folder: relative path -> SHA-256."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] not in skipped and "__pycache__" not in parts:
            found["/".join(parts)] = sha256(path)
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _engine(model: str) -> str:
    """Name what will decode, and on which processor."""
    from mt.inference.engines.load import choose_engine, has_gpu

    return f"{choose_engine(model)} on {'GPU' if has_gpu() else platform.processor() or platform.machine()}"
