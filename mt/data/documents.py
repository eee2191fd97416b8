"""The documents behind the files, folders and patterns of a configuration, as paired paragraphs or segments."""

import glob
import logging
import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from mt.data.formats import (
    holds_table,
    read_jsonl,
    read_sides,
    read_table,
    read_text,
    read_two_blocks,
    read_word_document,
    read_workbook,
)
from mt.data.pairs import Pair, ReadLog
from mt.data.xml_formats import read_tmx, read_xliff
from mt.errors import DataError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Document:
    """A translated document."""

    id: str  # unique among the documents of a dataset
    paths: tuple[Path, ...]  # the file it was read from, or the two sides
    paragraphs: tuple[Pair, ...]
    already_aligned: bool  # whether the pairs are segments (of a table, JSONL, TMX or XLIFF), not paragraphs to split


# Readers of segments, by extension.
_ALIGNED: dict[str, Callable[[Path, ReadLog], Iterator[Pair]]] = {
    **dict.fromkeys((".tsv", ".csv"), read_table),
    ".jsonl": read_jsonl,
    ".xlsx": read_workbook,
    ".tmx": read_tmx,
    **dict.fromkeys((".xlf", ".xliff", ".sdlxliff", ".mqxliff"), read_xliff),
}
_SIDE = re.compile(r"(?P<stem>.+)\.(?P<language>zh|en)(?P<extension>\.txt|\.docx)?")
_KINDS = (
    f".txt (both languages), .zh.txt with .en.txt, .zh with .en, .zh.docx with .en.docx, .docx, {', '.join(_ALIGNED)}"
)


def discover(entries: Sequence[str], log: ReadLog | None = None) -> list[tuple[Path, ...]]:
    """Find the files behind ``entries`` (files, folders with all their subfolders, glob patterns with ``**``).

    Each file comes once, alone or as its (zh, en) pair of sides, in the order of the entries, sorted within one. The
    log names the files of folders and patterns that are of no known kind or lack their other side.

    Raises:
        DataError: nothing is found, or a file that is an entry by itself is of no known kind or lacks its other side.
    """
    if not entries:
        raise DataError("names no documents", field="data.documents", hint="list files, folders or glob patterns")
    log = ReadLog() if log is None else log
    return list(dict.fromkeys(sources for entry in entries for sources in _files(entry, log)))


def _files(entry: str, log: ReadLog) -> list[tuple[Path, ...]]:
    path = Path(entry).expanduser()
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if "/." not in f"/{file.relative_to(path)}"]
        missing = DataError("the folder holds no bilingual file", path=path, hint=f"known kinds: {_KINDS}")
    elif path.exists():
        return [_with_other_side(path)]
    elif any(character in entry for character in "*?["):
        # Path.glob takes no absolute pattern.
        files = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
        missing = DataError("the pattern matches no file", path=entry, hint="check data.documents")
    else:
        raise DataError("no such file", path=path, hint="check data.documents")
    found = []
    for file in filter(Path.is_file, files):
        try:
            found.append(_with_other_side(file))
        except DataError as error:
            log.files[str(file)] = error.advice if _is_known(file) else ""
    if not found:
        raise missing
    return found


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in (*_ALIGNED, ".docx", ".txt") or bool(_SIDE.fullmatch(path.name))


def _with_other_side(path: Path) -> tuple[Path, ...]:
    side = _SIDE.fullmatch(path.name)
    if side:
        zh, en = (path.with_name(f"{side['stem']}.{language}{side['extension'] or ''}") for language in ("zh", "en"))
        if missing := next((file for file in (zh, en) if not file.is_file()), None):
            raise DataError(f"has no {missing.name} beside it", path=path, hint="add it or rename the file")
        return zh, en
    if not _is_known(path):
        raise DataError(f"unknown kind of file '{path.suffix}'", path=path, hint=f"known kinds: {_KINDS}")
    return (path,)


def read_documents(entries: Sequence[str], log: ReadLog | None = None) -> list[Document]:
    """Read every document behind ``entries``; a file whose pairs name documents gives several.

    Rows and units that give no pair, files of folders and patterns that cannot be read, and documents that are there
    twice are left out; the log takes them, and without one each message is logged as a warning.

    Raises:
        DataError: as :func:`discover` does; a file that is an entry by itself cannot be read, or no file can.
    """
    given, log = log, ReadLog() if log is None else log
    alone = {Path(entry).expanduser() for entry in entries}
    documents: dict[str, Document] = {}
    contents: dict[tuple[tuple[str, str], ...], Document] = {}
    failure: DataError | None = None
    sources = discover(entries, log)
    for paths, name in zip(sources, _unique_names(sources), strict=True):
        try:
            found = _read(paths, name, log)
        except DataError as error:
            if not alone.isdisjoint(paths):
                raise
            failure = failure or error
            log.files[str(paths[0])] = error.advice
            continue
        for document in found:
            content = tuple((pair.zh, pair.en) for pair in document.paragraphs)
            if (same := contents.setdefault(content, document)) is not document:
                detail = f"document '{document.id}' is also in {same.paths[0]}"
                log.skip("duplicate_document", paths[0], document.paragraphs[0].line, detail)
                continue
            # Names that files give, such as numbers, may be used in several.
            more = (f"{name}-{document.id}" + (f"-{number}" if number > 1 else "") for number in count(1))
            unique = next(candidate for candidate in chain([document.id], more) if candidate not in documents)
            documents[unique] = replace(document, id=unique)
    if failure is not None and not documents:
        raise failure
    if given is None:
        for message in log.messages():
            _log.warning("%s", message)
    return list(documents.values())


def _read(paths: tuple[Path, ...], name: str, log: ReadLog) -> list[Document]:
    found, are_segments = _pairs(paths, log)
    pairs = log.checked(found, paths[0])
    if not are_segments:
        return [Document(name, paths, pairs, already_aligned=False)]
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(pair.document or name, []).append(pair)
    return [Document(group, paths, tuple(own), already_aligned=True) for group, own in groups.items()]


def _pairs(paths: tuple[Path, ...], log: ReadLog) -> tuple[Iterator[Pair], bool]:
    """Return the pairs of a file, or of two sides, and whether they are segments, not paragraphs."""
    if len(paths) == 2:
        return read_sides(*paths, log), False
    (path,) = paths
    if path.suffix.lower() == ".docx":
        return read_word_document(path, log)
    reader = _ALIGNED.get(path.suffix.lower())
    # Excel's "Unicode Text" is a table in UTF-16 named .txt.
    if reader is None and holds_table(read_text(path)):
        reader = read_table
    return (read_two_blocks(path, log), False) if reader is None else (reader(path, log), True)


def _unique_names(sources: Iterable[tuple[Path, ...]]) -> list[str]:
    """Each file's name without its endings; equal names get the folders before them that tell them apart."""
    places = []
    for paths in sources:
        side = _SIDE.fullmatch(paths[0].name)
        places.append((paths[0].resolve().parent, side["stem"] if side else paths[0].stem))
    folders: dict[str, list[Path]] = {}
    for folder, stem in places:
        folders.setdefault(stem, []).append(folder)
    common = {stem: Path(os.path.commonpath(own)) for stem, own in folders.items()}
    return ["-".join((*folder.relative_to(common[stem]).parts, stem)) for folder, stem in places]
