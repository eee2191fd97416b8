"""Which class reads a file, by its name; what is supported."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from mt.documents.segment import Document
from mt.errors import DataError, UserError

# Module and class for each ending, and the options that it takes.
_FORMATS = {
    ("docx", "docm", "dotx"): ("office.docx", "Docx", ("comments",)),
    ("pptx", "pptm", "ppsx"): ("office.pptx", "Pptx", ()),
    ("xlsx", "xlsm"): ("office.xlsx", "Xlsx", ()),
    ("odt", "ods", "odp", "ott"): ("office.odf", "OpenDocument", ()),
    ("epub",): ("epub", "Epub", ()),
    ("html", "htm", "xhtml"): ("html", "Html", ("alt_text",)),
    ("md", "markdown"): ("markdown", "Markdown", ()),
    ("srt", "vtt"): ("subtitles", "Subtitles", ()),
    ("xlf", "xliff", "sdlxliff", "mqxliff", "mxliff"): ("xliff", "Xliff", ()),
    ("tmx",): ("localisation", "Tmx", ()),
    ("po", "pot"): ("localisation", "Catalogue", ()),
    ("csv", "tsv", "tab"): ("tables", "Table", ("column",)),
    ("jsonl", "ndjson"): ("tables", "JsonLines", ("column",)),
    ("txt", "text"): ("text", "PlainText", ()),
    ("pdf",): ("text", "Pdf", ()),
}
_BY_ENDING = {ending: known for endings, known in _FORMATS.items() for ending in endings}
# What looks supported and is not, and the remedy.
_HINTS = {
    "doc": "save it as .docx", "rtf": "save it as .docx", "wps": "save it as .docx", "pages": "save it as .docx",
    "xls": "save it as .xlsx", "et": "save it as .xlsx", "numbers": "save it as .xlsx",
    "ppt": "save it as .pptx", "dps": "save it as .pptx", "key": "save it as .pptx",
    "xml": "rename it to .xlf if it is XLIFF", "json": "write one object a line, as .jsonl",
}  # fmt: skip
_ZIPPED = frozenset("docx docm dotx pptx pptm ppsx xlsx xlsm odt ods odp ott epub".split())
ENDINGS = tuple(sorted(_BY_ENDING))
# Endings whose translation has another one.
WRITTEN_AS = {"pdf": "txt"}


@dataclass(frozen=True)
class DocumentOptions:
    """What of a document is translated besides its text.

    Args:
        comments: the comments of Word documents.
        alt_text: the texts of pictures and hints of web pages.
        column: of tables, the one with Chinese.
    """

    comments: bool = False
    alt_text: bool = False
    column: str | None = None


def is_document(path: str | Path) -> bool:
    """Whether a file's name is that of a format other than plain text, be it supported or not."""
    ending = _ending(path)
    return (ending in _BY_ENDING and ending not in ("txt", "text")) or ending in _HINTS


def is_binary(path: str | Path) -> bool:
    """Whether a supported format is no text."""
    return _ending(path) in (*_ZIPPED, "pdf")


def check_format(path: str | Path) -> None:
    """Refuse, with ``UserError``, a file whose format is not supported."""
    ending = _ending(path)
    if ending not in _BY_ENDING:
        hint = _HINTS.get(ending) or f"supported are .{', .'.join(ENDINGS)}"
        raise UserError(f"is of an unsupported format (.{ending})", path=path, hint=hint)


def open_document(path: str | Path, options: DocumentOptions | None = None) -> Document:
    """Read a document.

    Raises:
        UserError: its format is not supported, or an option does not fit it.
        DataError: it cannot be read.
    """
    check_format(path)
    ending = _ending(path)
    module, name, takes = _BY_ENDING[ending]
    given = options or DocumentOptions()
    values = {option: getattr(given, option) for option in takes if getattr(given, option)}
    if given.column and "column" not in takes:
        raise UserError("has no columns", path=path, hint="leave out --column")
    _check_content(path, ending)
    document: Document = getattr(importlib.import_module(f"mt.documents.{module}"), name)(path, **values)
    return document


def _ending(path: str | Path) -> str:
    return Path(path).suffix.lstrip(".").lower()


def _check_content(path: str | Path, ending: str) -> None:
    """Refuse a file whose first bytes are those of another format."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(8)
    except OSError:
        return  # its reader says why
    zipped = head.startswith(b"PK\x03\x04")
    expected = ending in _ZIPPED
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError("is an old Office file or has a password", path=path, hint="save it in the new format, without")
    if zipped != expected and head:
        what = "is a zip file, not what its name says" if zipped else f"is no .{ending} file, whatever its name says"
        raise DataError(what, path=path, hint="correct its name")
