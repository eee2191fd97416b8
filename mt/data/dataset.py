"""Documents prepared as a Hugging Face ``DatasetDict``, with a manifest of what was done to them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.config import Config, DataConfig, save_config
from mt.data.card_figures import data_card
from mt.data.card_rendering import render_card
from mt.data.documents import read_documents
from mt.data.manifest import check_origin, contents, origin_of, read_manifest
from mt.data.pairs import ReadLog
from mt.data.segments import PreparedDocument, Segment, segments_of
from mt.data.splits import PARTS, Assignment, assign
from mt.errors import DataError
from mt.glossary.glossary import Glossary
from mt.io.files import check_directory, replaced_directory, write_json, write_text

if TYPE_CHECKING:
    from datasets import DatasetDict

_COLUMNS = {"id": "string", "document": "string", "paragraph": "int32", "sentence": "int32", "fold": "int32"}


def prepare(config: Config, out: str | Path, progress: Callable[[str], object] = lambda line: None) -> DatasetDict:
    """Read, clean, align and split the documents of ``config.data`` into ``out``.

    Rows: ``id``, ``document``, ``paragraph`` and ``sentence`` (from 0), ``fold`` (-1 without folds) and
    ``translation`` {zh, en}. The folder is written whole or not at all. A prepared dataset there is used again if it is
    undamaged and was prepared from the same files with the same settings, and replaced otherwise.

    Args:
        config: its ``data`` section and ``run.seed`` are used, and for the data card ``terms.glossary``.
        out: the folder to write: ``dataset/``, ``config.yaml``, ``manifest.json``, ``data_card.md`` and ``.html``.
        progress: called with a line of text at each step.

    Raises:
        DataError: a document cannot be read, too much would be dropped, or the documents cannot be split.
        UserError: ``out`` is a folder of something else.
    """
    out = Path(out)
    old, origin = read_manifest(out), origin_of(config)
    if old is not None:
        if all(old.get(key) == value for key, value in origin.items()):
            with suppress(DataError):
                dataset = load_prepared(out)
                if content_hash(dataset) == old.get("content_sha256"):
                    progress(f"{out} is up to date")
                    _write_card(out, dataset, old, config, progress)
                    return dataset
        progress(f"{out} was prepared from other documents or settings, or is damaged; preparing it again")
    check_directory(out, "prepared data")
    log = ReadLog()
    documents, prepared = read_documents(config.data.documents, log), []
    for message in log.messages():
        progress(message)
    for document in documents:
        prepared.append(part := segments_of(document, config.data.restore_apostrophes))
        dropped = f", dropped {_drops([part])}" if part.dropped else ""
        progress(f"{document.id}: {len(document.paragraphs)} paragraphs, {len(part.segments)} segments{dropped}")
    _check_drops(prepared, config.data)
    segments = [segment for part in prepared for segment in part.segments]
    assigned = assign(segments, config.data, config.run.seed)
    dataset = _dataset(segments, assigned)
    manifest = {**origin, **contents(prepared, assigned, log), "content_sha256": content_hash(dataset)}
    with replaced_directory(out, "prepared data") as temporary:
        _save(dataset, temporary / "dataset")
        save_config(config, temporary / "config.yaml")
        write_json(temporary / "manifest.json", manifest)
        _write_card(temporary, dataset, manifest, config, progress)
    progress(f"wrote {out}: " + ", ".join(f"{split} {len(part)}" for split, part in dataset.items()))
    return load_prepared(out)


def _write_card(
    folder: Path, dataset: DatasetDict, manifest: Mapping[str, Any], config: Config, progress: Callable[[str], object]
) -> None:
    """Write the data card, which also depends on the glossary, and say the most important of it."""
    glossary = Glossary.load(config.terms.glossary) if config.terms.glossary else None
    card = data_card({part: list(rows) for part, rows in dataset.items()}, manifest, glossary)
    for form in ("md", "html"):
        write_text(folder / f"data_card.{form}", render_card(card, form))
    for line in card.summary:
        progress(line)


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
        manifest = read_manifest(path) or {}
        check_origin(manifest, config, path)
        if content_hash(dataset) != manifest.get("content_sha256"):
            raise DataError("does not hold the rows that were prepared", path=folder, hint="prepare it again")
    return dataset


def _problem(dataset: DatasetDict) -> str | None:
    """What is wrong with the columns and rows of a dataset."""
    for split, part in dataset.items():
        if missing := {*_COLUMNS, "translation"}.difference(part.column_names):
            return f"lacks the columns {', '.join(sorted(missing))}"
        for number, row in enumerate(part):
            texts = [row["translation"][language] for language in ("zh", "en")]
            if not all(isinstance(text, str) and text.strip() for text in texts):
                return f"has no Chinese or no English text in row {number} of {split}"
            if not all(isinstance(row[name], str if kind == "string" else int) for name, kind in _COLUMNS.items()):
                return f"has a value of the wrong type in row {number} of {split}"
    return None if dataset.get("train") else "has no rows to train on"


def _drops(prepared: Sequence[PreparedDocument]) -> str:
    """The segments dropped, by reason, and the place of the first."""
    dropped = [entry for part in prepared for entry in part.dropped]
    counts = Counter(entry["reason"] for entry in dropped).most_common()
    return ", ".join(f"{reason} {count}" for reason, count in counts) + "; first {id}, {place}".format(**dropped[0])


def _check_drops(prepared: Sequence[PreparedDocument], config: DataConfig) -> None:
    dropped = sum(len(part.dropped) for part in prepared)
    kept = sum(len(part.segments) for part in prepared)
    if not kept and not dropped:
        raise DataError("the documents hold no segments", field="data.documents")
    if dropped > config.max_drop_share * (dropped + kept) or not kept:
        raise DataError(
            f"{dropped} of {dropped + kept} segments would be dropped ({_drops(prepared)})",
            field="data.documents",
            hint=f"correct the documents or raise data.max_drop_share above {config.max_drop_share:g}",
        )


def _dataset(segments: Sequence[Segment], assigned: Assignment) -> DatasetDict:
    from datasets import Dataset, DatasetDict, Features, Translation, Value

    columns = {name: Value(kind) for name, kind in _COLUMNS.items()}
    features = Features({**columns, "translation": Translation(languages=["zh", "en"])})
    rows: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS if part in assigned.parts}
    for segment, part, fold in zip(segments, assigned.parts, assigned.folds, strict=True):
        if part:
            values = {name: fold if name == "fold" else getattr(segment, name) for name in _COLUMNS}
            rows[part].append(values | {"translation": {"zh": segment.zh, "en": segment.en}})
    return DatasetDict({part: Dataset.from_list(own, features=features) for part, own in rows.items()})


def content_hash(dataset: DatasetDict) -> str:
    """Hash of the rows themselves, equal wherever the same input was prepared."""
    digest = hashlib.sha256()
    for split, part in dataset.items():
        for row in part:
            # The library reorders the languages.
            row = row | {"translation": {language: row["translation"][language] for language in ("zh", "en")}}
            digest.update(json.dumps([split, row], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _save(dataset: DatasetDict, folder: Path) -> None:
    """Save without drawing on the terminal; a library never prints."""
    import datasets

    shown = not datasets.utils.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        dataset.save_to_disk(str(folder))
    finally:
        if shown:
            datasets.enable_progress_bars()
