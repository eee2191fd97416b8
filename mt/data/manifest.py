"""The manifest of a prepared dataset: what it was made from and what was done."""

import importlib.metadata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from mt.config import Config
from mt.data.documents import discover
from mt.data.pairs import ReadLog
from mt.data.segments import PreparedDocument
from mt.data.splits import PARTS, Assignment
from mt.errors import DataError
from mt.io.files import check_directory, file_errors, sha256
from mt.io.text import read_json

_KIND = "zhen-mt prepared dataset"
# Increased when cleaning, splitting or alignment change what the same documents give.
_FORMAT = 3
_LIBRARIES = ("opencc", "pypinyin", "sentencex", "lxml", "datasets")
# Rows and segments left out that are quoted; all are counted.
_QUOTED_DROPS = 200


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a prepared dataset, empty if it is damaged, ``None`` for no folder; UserError for any other."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    with suppress(DataError):
        manifest = read_json(out / "manifest.json")
        if isinstance(manifest, dict) and manifest.get("kind") == _KIND:
            return manifest
    check_directory(out, "prepared data")
    return {}


def origin_of(config: Config) -> dict[str, Any]:
    """What the rows depend on, as the manifest has it."""
    sources = []
    for path in chain(*discover(config.data.documents)):
        with file_errors(path):
            sources.append({"path": str(path), "sha256": sha256(path), "bytes": path.stat().st_size})
    return {
        "kind": _KIND,
        "format": _FORMAT,
        "config": config.data.model_dump(mode="json"),
        "seed": config.run.seed,
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "sources": sources,
    }


def check_origin(old: Mapping[str, Any], config: Config, path: Path) -> None:
    """Refuse a dataset prepared from other documents or settings; other library versions pass.

    If the documents are no longer there, only their names are compared.
    """
    settings = config.data.model_dump(mode="json")
    try:
        prepared = {source["path"]: source["sha256"] for source in old["sources"]}
        different = [f"data.{key}" for key, value in settings.items() if old["config"].get(key) != value]
    except (KeyError, TypeError, AttributeError):
        hint = "run zhen-mt prepare CONFIG again"
        raise DataError("does not say what was prepared", path=path / "manifest.json", hint=hint) from None
    if old.get("seed") != config.run.seed:
        different.append("run.seed")
    if not different:
        with suppress(DataError):
            found = {source["path"]: source["sha256"] for source in origin_of(config)["sources"]}
            different = sorted({file for file, _ in prepared.items() ^ found.items()})
    if different:
        others = f" and {len(different) - 3} more" if len(different) > 3 else ""
        raise DataError(
            f"was prepared from other documents or settings: {', '.join(different[:3])}{others} changed",
            path=path,
            hint="run zhen-mt prepare CONFIG again",
        )


def contents(prepared: Sequence[PreparedDocument], assigned: Assignment, log: ReadLog) -> dict[str, Any]:
    """What each document gave, what was repaired and left out, and how it was split, as the manifest has it."""

    def counted(dropped: Iterable[Mapping[str, str]]) -> dict[str, int]:
        return dict(sorted(Counter(entry["reason"] for entry in dropped).items()))

    dropped = [*log.places(), *(entry for part in prepared for entry in part.dropped)]
    folds = Counter(fold for fold in assigned.folds if fold >= 0)
    return {
        "documents": [
            {
                "id": part.document.id,
                "files": list(map(str, part.document.paths)),
                "paragraphs": len(part.document.paragraphs),
                "segments": len(part.segments),
                "repairs": dict(sorted(part.repairs.items())),
                "drops": counted(part.dropped),
            }
            for part in prepared
        ],
        "repairs": dict(sorted(sum((part.repairs for part in prepared), Counter[str]()).items())),
        "drops": counted(dropped),
        "notes": [note for part in prepared for note in part.notes],
        "dropped": dropped[:_QUOTED_DROPS],
        "not_read": [{"file": file, "reason": reason or "unknown kind"} for file, reason in log.files.items()],
        "splits": {part: assigned.parts.count(part) for part in PARTS if part in assigned.parts},
        "folds": {"by": assigned.by, "sizes": [folds[number] for number in sorted(folds)]} if folds else None,
        "how_split": assigned.how,
        "split_drops": dict(sorted(assigned.drops.items())),
    }
