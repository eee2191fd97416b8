"""Systems under evaluation: files of translations, and models to translate with, whose translations are cached."""

import hashlib
import json
import logging
import platform
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mt.errors import DataError
from mt.evaluation.test_sets import TestSet
from mt.io.files import sha256, write_json

_log = logging.getLogger(__name__)

# Parts of this package that do not influence what a translation says.
_IRRELEVANT = ("cli", "data", "evaluation", "metrics", "server", "training")
_SECONDS_BETWEEN_MESSAGES = 10.0


@dataclass(frozen=True)
class ModelSystem:
    """A model (folder or hub name) to translate with, and the glossary mode in which it uses the terms, if any."""

    model: str
    mode: str | None

    def __str__(self) -> str:
        return f"{self.model}+{self.mode}" if self.mode else self.model


def find_model(value: str) -> ModelSystem | None:
    """Read ``MODEL`` or ``MODEL+MODE``, a folder or a hub name; None for a file of translations."""
    path = Path(value)
    if path.is_file():
        return None
    model, _, mode = value.rpartition("+")
    if model and mode in ("hybrid", "soft", "hard", "off"):
        return ModelSystem(model, mode)
    # What does not exist: a missing file has a suffix of letters or lies in a folder that exists, a hub name does not.
    looks_like_file = re.fullmatch(r"\.[A-Za-z]+", path.suffix) or (path.parent != Path() and path.parent.is_dir())
    is_hub_name = not looks_like_file and re.fullmatch(r"[\w.-]+/[\w.-]+", value)
    return ModelSystem(value, None) if path.is_dir() or is_hub_name else None


def read_system(
    name: str, value: str | Path | Sequence[str] | Sequence[Path], test_set: TestSet
) -> Sequence[str] | ModelSystem:
    """Read the translations of a system: a list of strings, a file, several (a list of paths), or recognise a model."""
    if not isinstance(value, str | Path) and not (value and isinstance(value[0], Path)):
        return value  # type: ignore[return-value]
    paths: list[Any] = [value] if isinstance(value, str | Path) else list(value)
    model = find_model(str(paths[0]))
    if len(paths) > 1 and (model or test_set.layout is None):
        raise DataError(f"--system names '{name}' twice", hint="give each its own name")
    return model or test_set.read_system(paths)


def translate_system(
    system: ModelSystem, test_set: TestSet, cache: Path | None = None, progress: Callable[[str], None] | None = None
) -> list[str]:
    """Translate the source of a test set; without documents every segment introduces its acronyms again.

    Finished translations are kept in the folder ``cache``, each under a hash of all that it depends on.
    """
    entry = cache and Path(system.model).is_dir() and cache / f"{_key(system, test_set)}.json"
    if entry and (found := _read(entry, len(test_set.sources))) is not None:
        return found
    from mt.inference.translator import Translator

    translator = Translator.from_pretrained(system.model, glossary_mode=system.mode or "off")  # type: ignore[arg-type]
    documents: Sequence[Any] = range(len(test_set.sources)) if test_set.documents is None else test_set.documents
    results = translator.translate(
        list(test_set.sources),
        documents=list(documents),
        glossaries=None if system.mode is None else test_set.glossaries,
        progress=progress and _occasionally(str(system), progress),
    )
    translations = [str(result) for result in results]
    if entry:
        write_json(entry, {**asdict(system), "translations": translations})
    return translations


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
    if not entry.exists():
        return None
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        found: list[str] = json.loads(entry.read_text("utf-8"))["translations"]
        if len(found) == size:
            return found
    _log.warning("%s is damaged and ignored", entry)
    return None


def _key(system: ModelSystem, test_set: TestSet) -> str:
    """Hash what a translation depends on: model, our code, libraries, engine, source, documents, terms."""
    from mt.inference.engines.load import choose_engine, has_gpu

    facts = {
        "mode": system.mode,
        "sources": list(test_set.sources),
        "documents": None if test_set.documents is None else list(test_set.documents),
        "terms": [glossary.fingerprint for glossary in (system.mode and test_set.glossaries) or ()],
        "files": [_hashes(Path(system.model)), _hashes(Path(__file__).parent.parent, skipped=_IRRELEVANT)],
        "versions": sorted(f"{one.name} {one.version}" for one in distributions()),
        "python": platform.python_version(),
        "engine": choose_engine(system.model),
        "processor": "GPU" if has_gpu() else platform.processor() or platform.machine(),
    }
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:24]


def _hashes(folder: Path, skipped: Sequence[str] = ()) -> dict[str, str]:
    """Hash the files of a folder: relative path -> SHA-256."""
    names = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    kept = {name: path for name, path in names.items() if name.parts[0] not in skipped}
    return {name.as_posix(): sha256(path) for name, path in kept.items() if "__pycache__" not in name.parts}
