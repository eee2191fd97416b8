"""``zhen-mt translate`` of documents and folders of them."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mt.documents.formats import ENDINGS, WRITTEN_AS, check_format, is_binary
from mt.documents.localisation import memory_of
from mt.errors import DataError, UserError
from mt.io.files import check_place, replaced_file, write_text

if TYPE_CHECKING:
    from mt.inference.translation import Translation

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
    jobs: list[Job] = []
    for file in _files(begin):
        written = _translated_name(end / file.relative_to(begin))
        # a.pdf and a.txt of one folder: the first is written as a.pdf.txt.
        if written.name != file.name and (begin / written.relative_to(end)).exists():
            written = written.with_name(f"{file.name}{written.suffix}")
        jobs.append(Job(file, written))
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


# The number of a job, its translated file, and the translations of its segments.
Done = Iterator[tuple[int, bytes, "list[Translation]"]]


def one_by_one(jobs: list[Job], translate: Callable[[Path], tuple[bytes, list[Translation]]]) -> Done:
    """Translate each file in this process.

    One of several that cannot be read is named and passed over; the error is raised at the end.
    """
    failed = 0
    for number, job in enumerate(jobs):
        try:
            data, translations = translate(job.source)
        except DataError as error:
            if len(jobs) == 1:
                raise
            _log.error("%s", error)
            failed += 1
            continue
        yield number, data, translations
    if failed:
        raise DataError(f"{failed} of {len(jobs)} files could not be translated", hint="see the errors above")


def write_files(
    jobs: list[Job], done: Done, *, bilingual: str | None = None, memory: str | None = None
) -> tuple[list[tuple[Path | None, list[Translation]]], UserError | None]:
    """Write each file when it is done, and then what was made of all.

    Returns:
        The translations of each file, in order, and the error that is to be raised when all is said on them.
    """
    results: dict[int, list[Translation]] = {}
    failure: UserError | None = None
    try:
        for number, data, translations in done:
            _write(jobs[number].target, data)
            results[number] = translations
            if len(jobs) > 1:
                _log.info("%d of %d: %s", len(results), len(jobs), jobs[number].source)
    except UserError as error:
        failure = error
    finally:
        pairs = [(one.source, one.text) for number in sorted(results) for one in results[number]]
        if bilingual is not None:
            write_text(bilingual, _side_by_side(pairs))
        if memory is not None:
            write_text(memory, memory_of(pairs).decode())
    return [(jobs[number].source, results[number]) for number in sorted(results)], failure


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
