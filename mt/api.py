"""``translate``: one call, with the default model and whatever is to be a glossary, each loaded once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TypeVar

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.glossary.glossary import Glossary, GlossaryLike
from mt.inference.engines.base import Engine
from mt.inference.engines.load import load_engine
from mt.inference.sentences import check_texts
from mt.inference.translator import Translator
from mt.io.starter import find_starter, resolve_model

_T = TypeVar("_T")
_Text = TypeVar("_Text", str, list[str])
_lock = threading.Lock()
_engines: dict[Hashable, Engine] = {}
_glossaries: dict[Hashable, Glossary | None] = {}


def translate(text: _Text, glossary: GlossaryLike | None = None, *, model: str | Path | None = None) -> _Text:
    """Translate Chinese into English: a string gives a string, a list gives a list.

    The model and the glossary are kept for the next call, and loaded again when their files change.

    Args:
        text: one text, or several that make one document.
        glossary: terms that the translation must contain: a :class:`Glossary`, a dictionary such as
            ``{"川促会": "SUCPEB"}``, a file, or several of these, of which the first has priority.
        model: folder or hub name; the starter model when not given.

    Raises:
        TypeError: ``text`` is neither a string nor a list of strings.
        ModelError, GlossaryError: one of them cannot be used.
    """
    given = check_texts(text)
    name = resolve_model(default_model() if model is None else model)
    with _lock:
        terms = _kept(_glossaries, Glossary.cache_key(glossary), lambda: Glossary.coerce(glossary))
        engine = _kept(_engines, _stamp(name), lambda: load_engine(name, DecodingConfig()))
    translations = [str(translation) for translation in Translator(engine, terms).translate(given)]
    return translations[0] if isinstance(text, str) else translations


def _kept(store: dict[Hashable, _T], key: Hashable, make: Callable[[], _T], size: int = 2) -> _T:
    """Return what was made for a key; only the last ``size`` are kept."""
    if key not in store:
        store[key] = make()
        for old in list(store)[:-size]:
            del store[old]
    return store[key]


def _stamp(name: str) -> Hashable:
    """Return a key that changes when a model folder's files do."""
    folder = Path(name)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return name, *((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)


def default_model() -> Path:
    """Return the model used when none is named: ``$ZHEN_MT_MODEL``, or the starter, if it is there."""
    named = os.environ.get("ZHEN_MT_MODEL")
    if (folder := Path(named) if named else find_starter()) is None:
        hint = "pip install zhen-mt-starter, name a model folder, or set ZHEN_MT_MODEL to one"
        raise ModelError("no model was named, and the starter is not installed", hint=hint)
    return folder
