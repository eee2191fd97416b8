"""The manifest of a prepared dataset: what it was made from and what was done."""

import importlib.metadata
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mt.config import Config
from mt.data.documents import Document, discover
from mt.data.pairs import ReadLog
from mt.data.segments import PreparedDocument, Segment
from mt.data.splits import PARTS, Assignment
from mt.errors import DataError, UserError
from mt.io.files import check_directory, file_errors, sha256
from mt.io.text import read_json

_KIND = "zhen-mt prepared dataset"
# Increased when cleaning, splitting or alignment change what the same documents give.
_FORMAT = 3
_LIBRARIES = ("opencc", "pypinyin", "sentencex", "lxml", "datasets")
# Rows and segments left out that are quoted; all are counted.
_QUOTED_DROPS = 200


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a prepared dataset, empty if it is damaged, ``None`` for no folder; any other is refused."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    with suppress(DataError):
        manifest = read_json(out / "manifest.json")
        if isinstance(manifest, dict) and manifest.get("kind") == _KIND:
            return manifest
    try:
        check_directory(out, "prepared data")
    except UserError:
        hint = "choose another folder or remove it"
        raise DataError("exists and is no prepared dataset", path=out, hint=hint) from None
    return {}


def origin_of(config: Config) -> dict[str, Any]:
    """What the rows depend on, as the manifest has it."""
    sources = []
    for path in (path for paths in discover(config.data.documents) for path in paths):
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


def split_counts(segments: Sequence[Segment], assigned: Assignment) -> dict[str, Any]:
    """Count what is in each split or fold and what was dropped for it, as the manifest has it."""
    documents: dict[str, set[str]] = {}
    for segment, part in zip(segments, assigned.parts, strict=True):
        documents.setdefault(part, set()).add(segment.document)
    splits = {part: assigned.parts.count(part) for part in PARTS if part in documents}
    folds = Counter(fold for fold in assigned.folds if fold >= 0)
    return {
        "splits": splits,
        "documents_of_splits": {part: sorted(documents[part]) for part in splits},
        "folds": {"by": assigned.by, "sizes": [folds[number] for number in sorted(folds)]} if folds else None,
        "how_split": assigned.how,
        "split_drops": dict(sorted(assigned.drops.items())),
    }


def document_counts(
    documents: Sequence[Document], prepared: Sequence[PreparedDocument], log: ReadLog
) -> dict[str, Any]:
    """Count what each document gave and what was repaired, dropped and left out in reading, as the manifest has it."""
    kinds = ("beads", "repairs", "drops")
    totals = {kind: Counter[str]() for kind in ("counts", *kinds)}
    for kind, total in totals.items():
        for part in prepared:
            total.update(getattr(part, kind))
    places = log.places()
    totals["drops"].update(place["reason"] for place in places)
    return {
        "documents": [
            {"id": document.id, "files": list(map(str, document.paths)), "already_aligned": document.already_aligned}
            | part.counts
            | {kind: dict(sorted(getattr(part, kind).items())) for kind in kinds}
            for document, part in zip(documents, prepared, strict=True)
        ],
        "totals": dict(totals["counts"]),
        **{kind: dict(sorted(totals[kind].items())) for kind in kinds},
        "notes": [note for part in prepared for note in part.notes],
        "dropped": [*places, *(entry for part in prepared for entry in part.dropped)][:_QUOTED_DROPS],
        "not_read": [{"file": file, "reason": reason or "unknown kind"} for file, reason in log.files.items()],
    }
