"""Systems translated on the spot: a model, with or without the terms, kept so that a broken-off evaluation goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.config import DecodingConfig
from mt.errors import DataError
from mt.evaluation.comparison import segments_hash
from mt.io.files import sha256, write_json

if TYPE_CHECKING:
    from mt.glossary.glossary import Glossary

__all__ = ["MODES", "ModelSystem", "parse_model", "translate_system"]

# What may follow a model's name after a plus sign, and the translator's mode for it.
MODES = {"glossary": "hybrid", "hybrid": "hybrid", "soft": "soft", "hard": "hard", "off": "off"}

# Where the code lives that decides what a translation says.
_DECISIVE = ("text", "glossary", "constraints", "inference")


@dataclass(frozen=True)
class ModelSystem:
    """A model to translate with.

    Attributes:
        model: folder or hub name.
        mode: how it uses the glossary, one of the values of :data:`MODES`; None without one.
    """

    model: str
    mode: str | None


def parse_model(value: str) -> ModelSystem:
    """Read ``MODEL`` or ``MODEL+MODE``."""
    model, plus, mode = value.rpartition("+")
    if plus and mode in MODES:
        return ModelSystem(model, MODES[mode])
    return ModelSystem(value, None)


def translate_system(
    system: ModelSystem,
    sources: Sequence[str],
    glossaries: Sequence[Glossary] | None,
    documents: Sequence[Any] | None,
    *,
    decoding: DecodingConfig | None = None,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Translate the source of a test set.

    Args:
        system: the model and how it uses the terms.
        sources: one segment each.
        glossaries: the terms of each segment; the same object where segments share one.
        documents: the document of each segment; without it every segment introduces its acronyms anew.
        decoding: beam and the like.
        cache: a folder in which finished translations are kept under a name made of all that they depend on.
        progress: told the sentences done and their number.

    Raises:
        DataError: the system needs terms and there are none.
        ModelError: the model cannot be loaded.
    """
    if system.mode is not None and glossaries is None:
        raise DataError(f"'{system.model}+{system.mode}' has no terms to use", hint="give --glossary or --terms")
    kept = None
    if cache is not None and Path(system.model).is_dir():
        kept = cache / f"{_key(system, sources, glossaries, documents, decoding)}.json"
        if kept.is_file():
            found = json.loads(kept.read_text("utf-8"))
            return [str(text) for text in found["translations"]]
    hypotheses = _translate(system, sources, glossaries, documents, decoding, progress)
    if kept is not None:
        write_json(kept, {"model": system.model, "mode": system.mode, "translations": hypotheses})
    return hypotheses


def _translate(
    system: ModelSystem,
    sources: Sequence[str],
    glossaries: Sequence[Glossary] | None,
    documents: Sequence[Any] | None,
    decoding: DecodingConfig | None,
    progress: Callable[[int, int], None] | None,
) -> list[str]:
    from mt.inference.translator import Translator

    mode = system.mode or "off"
    translator = Translator.from_pretrained(system.model, glossary_mode=mode, decoding=decoding)  # type: ignore[arg-type]
    return translator.translate(
        list(sources),
        documents=list(documents) if documents is not None else list(range(len(sources))),
        glossaries=None if system.mode is None else glossaries,
        progress=progress,
    )


def _key(
    system: ModelSystem,
    sources: Sequence[str],
    glossaries: Sequence[Glossary] | None,
    documents: Sequence[Any] | None,
    decoding: DecodingConfig | None,
) -> str:
    """Name what a translation depends on: the model's files, our code, the source, the terms, the decoding."""
    digest = hashlib.sha256(f"{system.mode} {decoding or DecodingConfig()} {segments_hash(sources)}".encode())
    package = Path(__file__).parent.parent
    code = [path for part in _DECISIVE for path in sorted((package / part).rglob("*.py"))]
    for path in [*sorted(p for p in Path(system.model).rglob("*") if p.is_file()), *code]:
        digest.update(sha256(path).encode())
    if system.mode is not None:
        known: dict[int, str] = {}
        for glossary in glossaries or ():
            if id(glossary) not in known:
                known[id(glossary)] = hashlib.sha256(repr(glossary.terms).encode()).hexdigest()
            digest.update(known[id(glossary)].encode())
    digest.update(repr(None if documents is None else list(documents)).encode())
    return digest.hexdigest()[:24]
