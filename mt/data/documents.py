"""The documents behind the files, folders and patterns of a configuration, as paired paragraphs or segments."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mt.data.formats import Pair, read_jsonl, read_sides, read_tsv, read_two_blocks
from mt.data.xml_formats import read_tmx, read_xliff
from mt.errors import DataError

__all__ = ["Document", "discover", "read_documents"]


@dataclass(frozen=True)
class Document:
    """A translated document.

    Args:
        id: unique among the documents of a dataset.
        paths: the file it was read from, or the two sides.
        paragraphs: the pairs, in order.
        already_aligned: whether the pairs are segments (TSV, JSONL, TMX, XLIFF), not paragraphs to be split.
    """

    id: str
    paths: tuple[Path, ...]
    paragraphs: tuple[Pair, ...]
    already_aligned: bool


# Readers of segments, by extension.
_ALIGNED: dict[str, Callable[[Path], list[Pair]]] = {
    ".tsv": read_tsv,
    ".jsonl": read_jsonl,
    ".tmx": read_tmx,
    ".xlf": read_xliff,
    ".xliff": read_xliff,
}
_SIDE = re.compile(r"(?P<stem>.+)\.(?P<language>zh|en)(?P<extension>\.txt)?")
_KINDS = ".txt (both languages), .zh.txt with .en.txt, .zh with .en, .tsv, .jsonl, .tmx, .xlf, .xliff"


def discover(entries: Sequence[str]) -> list[tuple[Path, ...]]:
    """Find the files behind ``entries`` (files, folders with all their subfolders, glob patterns with ``**``).

    Returns:
        Each file once, alone or as its (zh, en) pair of sides, in the order of the entries, sorted within one.

    Raises:
        DataError: nothing is found, a file is of no known kind, or one of two sides is missing.
    """
    if not entries:
        raise DataError("names no documents", field="data.documents", hint="list files, folders or glob patterns")
    files = (_with_other_side(file) for entry in entries for file in _files(entry))
    return list(dict.fromkeys(files))


def _files(entry: str) -> list[Path]:
    path = Path(entry).expanduser()
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and _is_bilingual(file.relative_to(path))]
        if not files:
            raise DataError("the folder holds no bilingual file", path=path, hint=f"known kinds: {_KINDS}")
    elif path.exists():
        files = [path]
    elif any(character in entry for character in "*?["):
        # Path.glob takes no absolute pattern.
        names = glob.glob(str(path), recursive=True)  # noqa: PTH207
        files = [Path(name) for name in sorted(names) if Path(name).is_file()]
        if not files:
            raise DataError("the pattern matches no file", path=entry, hint="check data.documents")
    else:
        raise DataError("no such file", path=path, hint="check data.documents")
    return files


def _is_bilingual(path: Path) -> bool:
    """Whether the name is that of a bilingual file; hidden files and folders do not count."""
    if any(part.startswith(".") for part in path.parts):
        return False
    return path.suffix.lower() in (*_ALIGNED, ".txt") or bool(_SIDE.fullmatch(path.name))


def _with_other_side(path: Path) -> tuple[Path, ...]:
    side = _SIDE.fullmatch(path.name)
    if side:
        zh, en = (path.with_name(f"{side['stem']}.{language}{side['extension'] or ''}") for language in ("zh", "en"))
        for file, other in ((zh, en), (en, zh)):
            if not file.is_file():
                raise DataError(f"has no {file.name} beside it", path=other, hint="add it or rename the file")
        return zh, en
    if path.suffix.lower() not in (*_ALIGNED, ".txt"):
        raise DataError(f"unknown kind of file '{path.suffix}'", path=path, hint=f"known kinds: {_KINDS}")
    return (path,)


def read_documents(entries: Sequence[str]) -> list[Document]:
    """Read every document behind ``entries``; a file whose pairs name documents gives several.

    Raises:
        DataError: as :func:`discover` and the readers do; or two documents have one name.
    """
    documents: dict[str, Document] = {}
    sources = discover(entries)
    for paths, name in zip(sources, _unique_names(sources), strict=True):
        for document in _read(paths, name):
            other = documents.setdefault(document.id, document)
            if other is not document:
                message = f"document '{document.id}' is also in {other.paths[0]}"
                raise DataError(message, path=paths[0], hint="rename one of the two")
    return list(documents.values())


def _read(paths: tuple[Path, ...], name: str) -> list[Document]:
    if len(paths) == 2:
        return [Document(name, paths, tuple(read_sides(*paths)), already_aligned=False)]
    reader = _ALIGNED.get(paths[0].suffix.lower())
    if reader is None:
        return [Document(name, paths, tuple(read_two_blocks(paths[0])), already_aligned=False)]
    groups: dict[str, list[Pair]] = {}
    for pair in reader(paths[0]):
        groups.setdefault(pair.document or name, []).append(pair)
    return [Document(group, paths, tuple(pairs), already_aligned=True) for group, pairs in groups.items()]


def _unique_names(sources: Iterable[tuple[Path, ...]]) -> list[str]:
    """Each file's name without its endings; equal names get as many folders before them as tell them apart."""
    parts = []
    for paths in sources:
        side = _SIDE.fullmatch(paths[0].name)
        stem = side["stem"] if side else paths[0].stem
        parts.append((*(part for part in paths[0].resolve().parent.parts if part != "/"), stem))
    depths = [1] * len(parts)
    while True:
        names = ["-".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        uses = Counter(names)
        doubled = [uses[name] > 1 and depth < len(part) for name, depth, part in zip(names, depths, parts, strict=True)]
        if not any(doubled):
            return names
        depths = [depth + double for depth, double in zip(depths, doubled, strict=True)]
