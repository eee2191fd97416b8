"""Plain text, and the text of PDF files, whose layout is lost."""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from mt.documents.segment import Segment, Target
from mt.errors import DataError, UserError
from mt.io.text import decode, read_bytes

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def byte_order_mark(data: bytes) -> str:
    """The byte order mark of a text in Unicode, if it has one: without it Windows programs take UTF-8 for ANSI."""
    return "\ufeff" if data.startswith(_MARKS) else ""


class PlainText:
    """A text file; each line is a segment."""

    def __init__(self, path: str | Path) -> None:
        data = read_bytes(path)
        self._mark = byte_order_mark(data)
        self._lines = re.split(r"(\r\n|\r|\n)", decode(data, path=path))
        self.segments: list[Segment] = [Segment(line) for line in self._lines[::2]]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        self._lines[::2] = [target.text for target in targets]
        return (self._mark + "".join(self._lines)).encode()


class Pdf:
    """The text of a PDF file, written as plain text: a paragraph a line.

    Raises:
        DataError: unreadable, or without text, as scanned pages are.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            from pypdf import PdfReader
            from pypdf.errors import PyPdfError
        except ImportError:
            raise UserError("PDF files need pypdf", path=path, hint="pip install 'zhen-mt[pdf]'") from None
        import io

        try:
            pages = [page.extract_text() for page in PdfReader(io.BytesIO(read_bytes(path))).pages]
        except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as problem:
            raise DataError(f"is no readable PDF file ({problem})", path=path) from None
        self._paragraphs = [paragraph for page in pages for paragraph in _paragraphs(page)]
        if not self._paragraphs:
            raise DataError("has no text", path=path, hint="scanned pages need OCR first")
        self.segments: list[Segment] = [Segment(paragraph) for paragraph in self._paragraphs]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        return "".join(target.text + "\n" for target in targets).encode()


def _paragraphs(page: str) -> list[str]:
    """Join lines that do not end a sentence, unless a short line (a heading) ends there."""
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    longest = max(map(len, lines), default=0)
    joined: list[str] = []
    open_line = False
    for line in lines:
        if open_line:
            joined[-1] += line
        else:
            joined.append(line)
        open_line = len(line) > 0.75 * longest and not line.endswith(tuple("。！？：；!?:"))
    return joined
