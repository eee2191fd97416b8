"""Documents made into a Hugging Face ``DatasetDict`` with a manifest that says what happened on the way."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.config import Config, DataConfig, save_config
from mt.data.documents import Document, discover, read_documents
from mt.data.segments import Prepared, Segment, segments_of
from mt.data.splits import assign_folds, assign_splits, shared_sentences
from mt.errors import DataError
from mt.io.files import replaced_directory, sha256, write_json

if TYPE_CHECKING:
    from datasets import DatasetDict

__all__ = ["PreparedData", "load_prepared", "prepare"]

_KIND = "zhen-mt prepared dataset"
# Counted up when cleaning, splitting or alignment change what comes out of the same documents.
_FORMAT = 1
_LIBRARIES = ("opencc", "pypinyin", "sentencex", "lxml", "datasets")
# Dropped segments quoted in the manifest; all are counted.
_QUOTED_DROPS = 200


@dataclass(frozen=True)
class PreparedData:
    """A prepared dataset.

    Args:
        path: the folder, with ``dataset/``, ``config.yaml`` and ``manifest.json``.
        dataset: ``train`` alone with a ``fold`` in each row, or ``train``, ``validation`` and ``test``.
        manifest: what ``manifest.json`` holds.
        reused: the folder was up to date and has not been written.
    """

    path: Path
    dataset: DatasetDict
    manifest: dict[str, Any]
    reused: bool


def prepare(
    config: Config,
    out: str | Path,
    progress: Callable[[str], None] | None = None,
    *,
    command: str | None = None,
) -> PreparedData:
    """Read, clean, align and split the documents of ``config.data`` into ``out``.

    Rows: ``id``, ``document``, ``paragraph`` and ``sentence`` (from 0), ``fold`` (-1 without folds) and
    ``translation`` {zh, en}. The folder appears whole or not at all. One that was made of the same files with
    the same settings is used again; one made of others is replaced; any other folder is refused.

    Args:
        config: its ``data`` section and ``run.seed`` are used.
        out: the folder to write.
        progress: called with a line of text at each step.
        command: the command that made this call, for the manifest; by default one that uses the saved config.

    Raises:
        DataError: a document cannot be read, too much would be dropped, the documents cannot be split, or
            ``out`` is no prepared dataset.
    """
    out = Path(out)
    say = progress or (lambda line: None)
    old = _old_manifest(out)
    files = [path for paths in discover(config.data.documents) for path in paths]
    sources = [{"path": str(path), "sha256": _hash(path), "bytes": path.stat().st_size} for path in files]
    made_of = _made_of(config, sources)
    if old is not None and old.get("made_of") == made_of and (out / "dataset").is_dir():
        say(f"{out} is up to date")
        return PreparedData(out, load_prepared(out), old, reused=True)
    if old is not None:
        say(f"{out} was made of other documents or settings; making it again")

    documents = read_documents(config.data.documents)
    made = []
    for document in documents:
        made.append(segments_of(document, config.data.restore_apostrophes))
        say(f"{document.id}: {made[-1].paragraphs} paragraphs, {len(made[-1].segments)} segments")
    _check_drops(made, config.data)
    rows, split_report = _split([segment for part in made for segment in part.segments], config)
    manifest = {
        "kind": _KIND,
        "format": _FORMAT,
        "command": command or f"zhen-mt prepare {out / 'config.yaml'}",
        "made_of": made_of,
        "config": config.data.model_dump(mode="json"),
        "seed": config.run.seed,
        "versions": _versions(),
        "sources": sources,
        **_counts(documents, made),
        **split_report,
        "content_sha256": _content_hash(rows),
    }
    dataset = _dataset(rows)
    with replaced_directory(out) as temporary:
        with _no_progress_bars():
            dataset.save_to_disk(str(temporary / "dataset"))
        save_config(config, temporary / "config.yaml")
        write_json(temporary / "manifest.json", manifest)
    say(f"wrote {out}: " + ", ".join(f"{split} {len(part)}" for split, part in rows.items()))
    return PreparedData(out, load_prepared(out), manifest, reused=False)


def load_prepared(path: str | Path) -> DatasetDict:
    """Load what :func:`prepare` wrote; ``path`` is its folder or the ``dataset`` folder within.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    from datasets import DatasetDict

    path = Path(path)
    folder = path / "dataset" if (path / "dataset").is_dir() else path
    if not (folder / "dataset_dict.json").is_file():
        raise DataError("holds no prepared dataset", path=path, hint="run zhen-mt prepare CONFIG first")
    try:
        return DatasetDict.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"cannot be loaded ({error})", path=folder, hint="prepare it again") from None


def _old_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a folder of ours, ``None`` where there is nothing; what is not ours is never replaced."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("kind") != _KIND:
        raise DataError("exists and is no prepared dataset", path=out, hint="choose another folder or remove it")
    return manifest


def _hash(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None


def _made_of(config: Config, sources: Sequence[dict[str, Any]]) -> str:
    """One hash of everything the rows depend on."""
    parts = [
        _FORMAT,
        config.data.model_dump(mode="json"),
        config.run.seed,
        _versions(),
        [(s["path"], s["sha256"]) for s in sources],
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def _check_drops(made: Sequence[Prepared], config: DataConfig) -> None:
    drops = Counter[str]()
    for part in made:
        drops.update(part.drops)
    dropped, kept = drops.total(), sum(len(part.segments) for part in made)
    if not kept and not dropped:
        raise DataError("the documents hold no segments", field="data.documents")
    if dropped > config.max_drop_share * (dropped + kept) or not kept:
        reasons = ", ".join(f"{reason} {count}" for reason, count in drops.most_common())
        first = next(entry for part in made for entry in part.dropped)
        raise DataError(
            f"{dropped} of {dropped + kept} segments would be dropped ({reasons}; first {first['id']})",
            field="data.documents",
            hint=f"mend the documents or raise data.max_drop_share above {config.max_drop_share:g}",
        )


def _split(segments: Sequence[Segment], config: Config) -> tuple[dict[str, list[tuple[Segment, int]]], dict[str, Any]]:
    """Rows by split, each with its fold, and what the manifest says of them."""
    rows: dict[str, list[tuple[Segment, int]]]
    if config.data.folds != "none":
        folds, drops = assign_folds(segments, config.data.folds)
        rows = {"train": [(segment, fold) for segment, fold in zip(segments, folds, strict=True) if fold >= 0]}
        sizes = Counter(fold for _, fold in rows["train"])
        groups = [[segment for segment, fold in rows["train"] if fold == number] for number in sorted(sizes)]
        report: dict[str, Any] = {"folds": {"by": config.data.folds, "sizes": [sizes[n] for n in sorted(sizes)]}}
    else:
        splits, drops = assign_splits(segments, config.data, config.run.seed)
        rows = {
            split: [(segment, -1) for segment, its in zip(segments, splits, strict=True) if its == split]
            for split in ("train", "validation", "test")
            if split in splits
        }
        groups = [[segment for segment, _ in part] for part in rows.values()]
        report = {"folds": None}
        if not rows.get("train"):
            raise DataError("no segment is left to train on", field="data", hint="add documents")
    return rows, {
        "splits": {split: len(part) for split, part in rows.items()},
        "documents_of_splits": {
            split: sorted({segment.document for segment, _ in part}) for split, part in rows.items()
        },
        **report,
        "split_drops": dict(sorted(drops.items())),
        "sentences_on_both_sides": shared_sentences(groups),
    }


def _counts(documents: Sequence[Document], made: Sequence[Prepared]) -> dict[str, Any]:
    totals: dict[str, Counter[str]] = {name: Counter() for name in ("counts", "beads", "repairs", "drops")}
    entries = []
    for document, part in zip(documents, made, strict=True):
        counts = {
            "paragraphs": part.paragraphs,
            "sentences_zh": part.sentences_zh,
            "sentences_en": part.sentences_en,
            "segments": len(part.segments),
        }
        own = {"counts": counts, "beads": part.beads, "repairs": part.repairs, "drops": part.drops}
        for name, counter in own.items():
            totals[name].update(counter)
        entries.append(
            {
                "id": document.id,
                "files": [str(path) for path in document.paths],
                "already_aligned": document.already_aligned,
                **counts,
                **{name: dict(sorted(own[name].items())) for name in ("beads", "repairs", "drops")},
            }
        )
    return {
        "documents": entries,
        "totals": dict(totals["counts"]),
        **{name: dict(sorted(totals[name].items())) for name in ("beads", "repairs", "drops")},
        "notes": [note for part in made for note in part.notes],
        "dropped": [entry for part in made for entry in part.dropped][:_QUOTED_DROPS],
    }


def _row(segment: Segment, fold: int) -> dict[str, Any]:
    return {
        "id": segment.id,
        "document": segment.document,
        "paragraph": segment.paragraph,
        "sentence": segment.sentence,
        "fold": fold,
        "translation": {"zh": segment.zh, "en": segment.en},
    }


def _content_hash(rows: dict[str, list[tuple[Segment, int]]]) -> str:
    """Hash of the rows themselves, equal wherever the same input was prepared."""
    digest = hashlib.sha256()
    for split, part in rows.items():
        for segment, fold in part:
            digest.update(json.dumps([split, _row(segment, fold)], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _dataset(rows: dict[str, list[tuple[Segment, int]]]) -> DatasetDict:
    from datasets import Dataset, DatasetDict, Features, Translation, Value

    features = Features(
        {
            "id": Value("string"),
            "document": Value("string"),
            "paragraph": Value("int32"),
            "sentence": Value("int32"),
            "fold": Value("int32"),
            "translation": Translation(languages=["zh", "en"]),
        }
    )
    return DatasetDict(
        {
            split: Dataset.from_list([_row(segment, fold) for segment, fold in part], features=features)
            for split, part in rows.items()
        }
    )


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keep ``datasets`` from drawing on the terminal; a library never prints."""
    import datasets

    if datasets.utils.are_progress_bars_disabled():
        yield
        return
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.enable_progress_bars()
