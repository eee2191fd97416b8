"""What the packed corpus and the filtered pairs were made of: a folder made of anything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mt.errors import ConfigError
from mt.io.files import sha256, write_json
from mt.io.text import read_json
from mt.training.fingerprint import difference
from recipes.starter.config import Source, StarterConfig

_FILE, _ABSENT = "made_of.json", "no such file"
# The settings of the filter that decide nothing about its pairs.
_ELSEWHERE = {"folder", "synthetic_weight", "joined_weight", "numbers_weight", "numbers_copies", "warn_drop_share"}


def filter_made_of(config: StarterConfig) -> dict[str, Any]:
    """Return what decides the filtered pairs: key → value, or the hash of the file named."""
    settings = config.filter.model_dump(mode="json", exclude=_ELSEWHERE)
    return {
        "corpus.sources": [_source(source) for source in config.corpus.sources],
        "corpus.lexicon": _content(config.corpus.lexicon),
        **{f"filter.{key}": value for key, value in settings.items()},
        "filter.held_out": [_content(path) for path in config.filter.held_out],
        "filter.domain": [_source(source) for source in config.filter.domain],
        "filter.entities": _content(config.filter.entities),
        "run.seed": config.run.seed,
    }


def corpus_made_of(config: StarterConfig) -> dict[str, Any]:
    """Return what decides the packed corpus, as for the filtered pairs; weights do not."""
    corpus, settings = config.corpus, config.filter
    parts = {**filter_made_of(config), "corpus.sources": [[_source(one), one.part] for one in corpus.sources]}
    if not settings.folder:
        parts = {key: value for key, value in parts.items() if not key.startswith("filter.")}
    return {
        **parts,
        "filter.folder": bool(settings.folder),
        "filter.joined_weight": bool(settings.folder and settings.joined_weight),
        "filter.numbers_weight": settings.numbers_copies if settings.folder and settings.numbers_weight else 0,
        "corpus.validation_zh": _content(corpus.validation_zh),
        "corpus.validation_en": _content(corpus.validation_en),
        "corpus.validation_pairs": corpus.validation_pairs,
        "corpus.max_tokens": corpus.max_tokens,
        "corpus.length_tags": corpus.length_tags,
        "model.vocab_size": config.model.vocab_size,
        "terms.invented_share": config.terms.invented_share,
    }


def check_made_of(folder: Path, made_of: Mapping[str, Any], field: str) -> None:
    """Refuse a folder that was made of anything else; one without a record and files that are gone are not compared.

    Raises:
        ConfigError: it was made of other files or settings.
    """
    if not (folder / _FILE).is_file():
        return
    before = read_json(folder / _FILE, hint="delete the folder")
    if not isinstance(before, dict):
        raise ConfigError(f"names {folder}, whose {_FILE} is damaged", field=field, hint="delete the folder")
    gone = {key for key, value in made_of.items() if _ABSENT in str(value)}
    now = {key: value for key, value in made_of.items() if key not in gone}
    different = difference(now, {key: value for key, value in before.items() if key not in gone})
    if different is not None:
        hint = "delete the folder to make it again, or name another"
        problem = f"names {folder}, which was made with another configuration: {different}"
        raise ConfigError(problem, field=field, hint=hint)


def write_made_of(folder: Path, made_of: Mapping[str, Any]) -> None:
    """Record what a folder is made of."""
    write_json(folder / _FILE, dict(made_of))


def _content(path: str) -> str:
    if not path:
        return ""
    return f"sha256:{sha256(path)}" if Path(path).is_file() else _ABSENT


def _source(source: Source) -> list[Any]:
    return [Path(source.path).name, _content(source.path), source.zh, source.en]
