"""``zhen-mt translate`` of documents and folders of them."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mt.documents.formats import ENDINGS, WRITTEN_AS, DocumentOptions, check_format, is_binary, open_document
from mt.documents.localisation import memory_of
from mt.errors import DataError, ModelError, UserError
from mt.io.files import check_place, replaced_file, write_text

if TYPE_CHECKING:
    from mt.inference.documents import Align
    from mt.inference.translation import Translation
    from mt.inference.translator import Translator

_log = logging.getLogger("mt.cli")


@dataclass(frozen=True)
class Job:
    """A file to translate, and the one to write; None is standard output."""

    source: Path
    target: Path | None


def plan(source: str, target: str | None, *, resume: bool) -> list[Job]:
    """Return what is to be done for ``--input`` and ``--output``: one file, or those of a folder.

    Raises:
        UserError: there is no output, nothing to translate, or files would be replaced.
    """
    begin, end = Path(source), Path(str(target))
    if not begin.is_dir():
        check_format(begin)
    if target in (None, "-"):
        if begin.is_dir() or is_binary(begin):
            raise UserError("is a document", path=source, hint="give --output for its translation")
        return [Job(begin, None)]
    if not begin.is_dir():
        wanted = WRITTEN_AS.get(_ending(begin), _ending(begin))
        if _ending(end) != wanted:
            raise UserError(f"must end in .{wanted}, as --input {source} does", path=end, hint="correct --output")
        return [Job(begin, end)]
    if end.is_file():
        raise UserError("is a file, but --input is a folder", path=end, hint="give a folder as --output")
    check_place(end)
    if end.resolve().is_relative_to(begin.resolve()):
        raise UserError("is within the folder that is read", path=end, hint="give another folder as --output")
    jobs = [Job(file, _translated_name(end / file.relative_to(begin))) for file in _files(begin)]
    if not jobs:
        raise DataError(
            "has no document", path=begin, hint=f"supported are {', '.join(f'.{name}' for name in ENDINGS)}"
        )
    there = [job.target for job in jobs if job.target is not None and job.target.exists()]
    if there and not resume:
        raise UserError("exists", path=there[0], hint="give --resume to leave what is there, or another --output")
    if there:
        _log.info("%d of %d files are there already", len(there), len(jobs))
    return [job for job in jobs if job.target not in there]


def translate_files(
    jobs: list[Job],
    translator: Translator,
    options: DocumentOptions,
    *,
    align: Callable[[], Align | None] = lambda: None,
    mark_terms: bool = False,
    bilingual: str | None = None,
    memory: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[Path | None, list[Translation]]]:
    """Translate each file and write it; yield it with its translations.

    A file of a folder that cannot be read is named and passed over; the error is raised at the end.
    """
    from mt.inference.documents import needs_alignment, translate_document

    pairs: list[tuple[str, str]] = []
    failed: list[UserError] = []
    for number, job in enumerate(jobs, 1):
        try:
            document = open_document(job.source, options)
            aligned = align() if any(map(needs_alignment, document.segments)) else None
            targets, translations = translate_document(
                document, translator, align=aligned, mark_terms=mark_terms, progress=progress
            )
            _write(job.target, document.write(targets))
        except DataError as error:
            if len(jobs) == 1:
                raise
            _log.error("%s", error)
            failed.append(error)
            continue
        pairs += [(translation.source, translation.text) for translation in translations]
        if len(jobs) > 1:
            _log.info("%d of %d: %s", number, len(jobs), job.source)
        yield job.source, translations
    if bilingual is not None:
        write_text(bilingual, _side_by_side(pairs))
    if memory is not None:
        write_text(memory, memory_of(pairs).decode())
    if failed:
        raise DataError(f"{len(failed)} of {len(jobs)} files could not be translated", hint="see the errors above")


def aligner(model: str | Path) -> Callable[[], Align | None]:
    """Return what loads a model for the alignment of words when that is first needed; None for one that cannot."""

    @cache
    def load() -> Align | None:
        from mt.inference.alignment import Aligner

        try:
            found = Aligner.from_pretrained(model)
        except ModelError as error:
            _log.info("formatting within sentences is placed by its share of the way (%s)", error)
            return None
        return found.align if found.heads else None

    return load


def _write(target: Path | None, data: bytes) -> None:
    if target is None:
        click.echo(data, nl=False)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with replaced_file(target) as temporary:
        temporary.write_bytes(data)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            if _ending(path) in ENDINGS:
                yield path
            else:
                _log.warning("%s: of an unsupported format, passed over", path)


def _translated_name(path: Path) -> Path:
    ending = _ending(path)
    return path.with_suffix(f".{WRITTEN_AS[ending]}") if ending in WRITTEN_AS else path


def _ending(path: Path) -> str:
    return path.suffix.lstrip(".").lower()


def _side_by_side(pairs: list[tuple[str, str]]) -> str:
    rows = "\n".join(
        f"<tr><td lang=zh>{html.escape(source)}</td><td lang=en>{html.escape(text)}</td></tr>" for source, text in pairs
    )
    style = "td{border:1px solid #ccc;padding:.4em;vertical-align:top;width:50%;white-space:pre-wrap}"
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Translation</title><style>{style}</style></head>'
        f"<body><table>\n{rows}\n</table></body></html>\n"
    )
