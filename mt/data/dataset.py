"""Documents prepared as a Hugging Face ``DatasetDict``, with a manifest of what was done to them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.config import Config, DataConfig, save_config
from mt.data.documents import read_documents
from mt.data.manifest import Splits, check_origin, document_counts, old_manifest, origin_of, split_counts
from mt.data.pairs import ReadLog
from mt.data.segments import PreparedDocument, Segment, segments_of
from mt.data.splits import assign_folds, assign_splits, fold_unit
from mt.errors import DataError
from mt.io.files import check_directory, replaced_directory, write_json

if TYPE_CHECKING:
    from datasets import DatasetDict

_COLUMNS = {"id": "string", "document": "string", "paragraph": "int32", "sentence": "int32", "fold": "int32"}


@dataclass(frozen=True)
class PreparedData:
    """A prepared dataset.

    Args:
        path: the folder, with ``dataset/``, ``config.yaml`` and ``manifest.json``.
        dataset: ``train`` alone with a ``fold`` in each row, or ``train``, ``validation`` and ``test``.
        manifest: the content of ``manifest.json``.
        reused: the folder was up to date and was not written.
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
    ``translation`` {zh, en}. The folder is written whole or not at all. A prepared dataset there is used again if it is
    undamaged and was prepared from the same files with the same settings, and replaced otherwise.

    Args:
        config: its ``data`` section and ``run.seed`` are used.
        out: the folder to write.
        progress: called with a line of text at each step.
        command: the command that made this call, for the manifest; by default one that uses the saved config.

    Raises:
        DataError: a document cannot be read, too much would be dropped, the documents cannot be split, or
            ``out`` is a folder of something else.
    """
    out = Path(out)
    say = progress or (lambda line: None)
    old = old_manifest(out)
    origin = origin_of(config)
    if old is not None:
        if old.get("made_of") == origin["made_of"] and (dataset := _undamaged(out, old)) is not None:
            say(f"{out} is up to date")
            return PreparedData(out, dataset, old, reused=True)
        say(f"{out} was prepared from other documents or settings, or is damaged; preparing it again")
    check_directory(out, "prepared data")
    log = ReadLog()
    documents = read_documents(config.data.documents, log)
    for message in log.messages():
        say(message)
    prepared = []
    for document in documents:
        prepared.append(segments_of(document, config.data.restore_apostrophes))
        dropped = f", dropped {_drops(prepared[-1:])}" if prepared[-1].drops else ""
        counts = prepared[-1].counts
        say(f"{document.id}: {counts['paragraphs']} paragraphs, {counts['segments']} segments{dropped}")
    _check_drops(prepared, config.data)
    segments = [segment for part in prepared for segment in part.segments]
    splits, drops = _split(segments, config)
    dataset = _dataset(splits)
    manifest = {
        **origin,
        "command": command or f"zhen-mt prepare {out / 'config.yaml'}",
        **document_counts(documents, prepared, log),
        **split_counts(splits, drops, fold_unit(segments, config.data.folds)),
        "content_sha256": content_hash(dataset),
    }
    with replaced_directory(out, "prepared data") as temporary:
        with _no_progress_bars():
            dataset.save_to_disk(str(temporary / "dataset"))
        save_config(config, temporary / "config.yaml")
        write_json(temporary / "manifest.json", manifest)
    say(f"wrote {out}: " + ", ".join(f"{split} {len(part)}" for split, part in dataset.items()))
    return PreparedData(out, load_prepared(out), manifest, reused=False)


def load_prepared(path: str | Path, config: Config | None = None) -> DatasetDict:
    """Load what :func:`prepare` wrote.

    Args:
        path: its folder or the ``dataset`` folder within.
        config: if given, the dataset must have been prepared from its documents with its settings; a dataset without
            manifest, which something else wrote, is not checked.

    Raises:
        DataError: there is no dataset, it is damaged, or it was prepared from other documents or settings.
    """
    from datasets import DatasetDict

    path = Path(path)
    folder = path / "dataset" if (path / "dataset").is_dir() else path
    if not (folder / "dataset_dict.json").is_file():
        raise DataError("holds no prepared dataset", path=path, hint="run zhen-mt prepare CONFIG first")
    try:
        dataset = DatasetDict.load_from_disk(str(folder))
        problem = _problem(dataset)
    except Exception as error:  # a damaged file may raise anything: KeyError, ArrowInvalid, RecursionError, …
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(f"cannot be loaded ({reason})", path=folder, hint="prepare it again") from None
    if problem is not None:
        raise DataError(problem, path=folder, hint="prepare it again")
    if config is not None and (path / "manifest.json").is_file():
        manifest = old_manifest(path) or {}
        check_origin(manifest, config, path)
        if content_hash(dataset) != manifest.get("content_sha256"):
            raise DataError("does not hold the rows that were prepared", path=folder, hint="prepare it again")
    return dataset


def _problem(dataset: DatasetDict) -> str | None:
    """What is wrong with the columns and rows of a dataset."""
    for split, part in dataset.items():
        missing = {*_COLUMNS, "translation"}.difference(part.column_names)
        if missing:
            return f"lacks the columns {', '.join(sorted(missing))}"
        for number, row in enumerate(part):
            texts = [row["translation"][language] for language in ("zh", "en")]
            if not all(isinstance(text, str) and text.strip() for text in texts):
                return f"has no Chinese or no English text in row {number} of {split}"
            if not all(isinstance(row[name], str if kind == "string" else int) for name, kind in _COLUMNS.items()):
                return f"has a value of the wrong type in row {number} of {split}"
    return None if dataset.get("train") else "has no rows to train on"


def _undamaged(out: Path, manifest: Mapping[str, Any]) -> DatasetDict | None:
    """The dataset of a folder, if it is still what was written."""
    try:
        dataset = load_prepared(out)
    except DataError:
        return None
    return dataset if content_hash(dataset) == manifest.get("content_sha256") else None


def _drops(prepared: Sequence[PreparedDocument]) -> str:
    """The segments dropped, by reason, and the place of the first."""
    drops = sum((part.drops for part in prepared), Counter[str]())
    reasons = ", ".join(f"{reason} {count}" for reason, count in drops.most_common())
    return reasons + next("; first {id}, {place}".format(**entry) for part in prepared for entry in part.dropped)


def _check_drops(prepared: Sequence[PreparedDocument], config: DataConfig) -> None:
    dropped = sum(part.drops.total() for part in prepared)
    kept = sum(len(part.segments) for part in prepared)
    if not kept and not dropped:
        raise DataError("the documents hold no segments", field="data.documents")
    if dropped > config.max_drop_share * (dropped + kept) or not kept:
        raise DataError(
            f"{dropped} of {dropped + kept} segments would be dropped ({_drops(prepared)})",
            field="data.documents",
            hint=f"correct the documents or raise data.max_drop_share above {config.max_drop_share:g}",
        )


def _split(segments: Sequence[Segment], config: Config) -> tuple[Splits, Counter[str]]:
    """Share segments out to splits or folds; also count the segments dropped on the way, by reason."""
    if config.data.folds != "none":
        folds, drops = assign_folds(segments, config.data, config.run.seed)
        return {"train": [(segment, fold) for segment, fold in zip(segments, folds, strict=True) if fold >= 0]}, drops
    names, drops = assign_splits(segments, config.data, config.run.seed)
    splits: Splits = {
        split: [(segment, -1) for segment, name in zip(segments, names, strict=True) if name == split]
        for split in ("train", "validation", "test")
        if split in names
    }
    if not splits.get("train"):
        raise DataError("no segment is left to train on", field="data", hint="add documents")
    return splits, drops


def _dataset(splits: Splits) -> DatasetDict:
    from datasets import Dataset, DatasetDict, Features, Translation, Value

    columns = {name: Value(kind) for name, kind in _COLUMNS.items()}
    features = Features({**columns, "translation": Translation(languages=["zh", "en"])})
    rows = {
        split: [
            {name: fold if name == "fold" else getattr(segment, name) for name in _COLUMNS}
            | {"translation": {"zh": segment.zh, "en": segment.en}}
            for segment, fold in part
        ]
        for split, part in splits.items()
    }
    return DatasetDict({split: Dataset.from_list(part, features=features) for split, part in rows.items()})


def content_hash(dataset: DatasetDict) -> str:
    """Hash of the rows themselves, equal wherever the same input was prepared."""
    digest = hashlib.sha256()
    for split, part in dataset.items():
        for row in part:
            # The library reorders the languages.
            row = row | {"translation": {language: row["translation"][language] for language in ("zh", "en")}}
            digest.update(json.dumps([split, row], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keep ``datasets`` from drawing on the terminal; a library never prints."""
    import datasets

    shown = not datasets.utils.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()
