"""The one reader of text files: encodings, compression and line ends are decided here and nowhere else.

Encodings: UTF-8 and UTF-16/32 with or without a byte order mark; anything else is refused with the command that
converts it. Compression: ``.xz``, ``.gz`` and ``.bz2``, with a limit on what a small file may unpack to. A line ends
at ``\\n``, ``\\r\\n`` or ``\\r``, as for Python's files and sacrebleu, and not at U+2028, form feeds and the other
characters of ``str.splitlines``.
"""

import bz2
import codecs
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from mt.errors import DataError, UserError
from mt.io.files import file_errors
from mt.text.han import has_han

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNPACK: dict[str, Callable[[IO[bytes]], Any]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}
# Text shrinks to a tenth, repetitive text to a hundredth of its size; a compression bomb to a thousandth. Small
# files may unpack to this much all the same.
MAX_RATIO, MAX_UNPACKED = 100, 64 * 1024 * 1024


class _Limited(io.RawIOBase):
    """Bytes of a compressed stream, refused once there are too many for the size of the file."""

    def __init__(self, file: IO[bytes], limit: int, refusal: UserError) -> None:
        self._file, self._left, self._refusal = file, limit, refusal

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise self._refusal
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _opened(path: Path, error: type[UserError], hint: str | None) -> Iterator[io.BufferedReader]:
    """Open a file's unpacked bytes; whatever goes wrong in the block comes as one ``error``."""
    unpack = _UNPACK.get(path.suffix.lower())
    try:
        with file_errors(path, error=error, hint=hint), open(path, "rb") as file:
            if unpack is None:
                yield file
                return
            limit = max(MAX_UNPACKED, MAX_RATIO * path.stat().st_size)
            refusal = error(f"unpacks to more than {limit // 1024**2} MB", path=path, hint="unpack it yourself")
            with unpack(file) as unpacked:
                yield io.BufferedReader(_Limited(unpacked, limit, refusal), 1 << 16)
    except (EOFError, lzma.LZMAError, zlib.error) as problem:
        raise error(f"is damaged or not {path.suffix[1:]}-compressed ({problem})", path=path) from None


def read_bytes(path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None) -> bytes:
    """Read a whole file, unpacked where its name ends in .xz, .gz or .bz2.

    Raises:
        UserError: (``error``, with ``hint``) no such file, a folder, unreadable, damaged, or a compression bomb.
    """
    with _opened(Path(path), error, hint) as file:
        return file.read()


def decode(data: bytes, *, path: str | Path | None = None, error: type[UserError] = DataError) -> str:
    """Decode UTF-8 or UTF-16/32, with or without a byte order mark; line ends stay as they are. Else an ``error``."""
    encoding, skipped = _encoding(data)
    try:
        return data[skipped:].decode(encoding)
    except UnicodeDecodeError as problem:
        line, hint = _line_and_hint(problem, encoding, 1)
        message = f"is not {encoding.upper()} (byte {problem.start + skipped})"
        raise error(message, path=path, line=line, hint=hint) from None


def read_text(path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None) -> str:
    """Read a whole file as text; its line ends become ``\\n``. Arguments and errors as for :func:`read_bytes`."""
    return unix_line_ends(decode(read_bytes(path, error=error, hint=hint), path=path, error=error))


def unix_line_ends(text: str) -> str:
    """Replace ``\\r\\n`` and ``\\r`` by ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_lines(text: str) -> list[str]:
    """Split at ``\\n``, ``\\r\\n`` and ``\\r`` only. A terminator at the end of the text begins no further line."""
    return unix_line_ends(text).removesuffix("\n").split("\n") if text else []


def stream_lines(path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None) -> Iterator[str]:
    """Yield the lines of a file of any size, split as by :func:`split_lines`; errors as for :func:`read_bytes`."""
    path = Path(path)
    number = 1
    with _opened(path, error, hint) as file:
        encoding, skipped = _encoding(file.peek(4096))
        file.read(skipped)
        try:
            for number, line in enumerate(io.TextIOWrapper(file, encoding), 2):  # noqa: B007
                yield line.removesuffix("\n")
        except UnicodeDecodeError as problem:
            line_number, advice = _line_and_hint(problem, encoding, number)
            raise error(f"is not {encoding.upper()}", path=path, line=line_number, hint=advice) from None


def read_lines(path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None) -> list[str]:
    """Read all lines of a file, split as by :func:`split_lines`; errors as for :func:`read_bytes`."""
    return split_lines(read_text(path, error=error, hint=hint))


def _encoding(head: bytes) -> tuple[str, int]:
    """Name the encoding by the beginning of the data, and how many bytes its byte order mark takes."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    # In UTF-16 without a mark every ASCII character, a line end at least, has its zero byte on one side.
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    if max(even, odd) > 10 * min(even, odd) and max(even, odd) > len(head[:4096]) // 100:
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return "utf-8", 0


def _line_and_hint(problem: UnicodeDecodeError, encoding: str, first_line: int) -> tuple[int | None, str]:
    """The line a decoding failed in, where line ends are single bytes, and what to do about it."""
    line, hint = None, "save it as UTF-8"
    if encoding == "utf-8":
        line = first_line + problem.object.count(b"\n", 0, problem.start)
        # Incremental, since the data may be a piece that ends in the middle of a character.
        with suppress(UnicodeDecodeError):
            if has_han(codecs.getincrementaldecoder("gb18030")().decode(problem.object)):
                hint = "it may be GB18030: convert it with 'iconv -f GB18030 -t UTF-8'"
    return line, hint


def parse_json(
    text: str,
    *,
    path: str | Path | None = None,
    line: int | None = None,
    error: type[UserError] = DataError,
    object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """Parse one JSON value, the given ``line`` of a file or a whole one; ``error`` where it is none Python reads."""
    try:
        return json.loads(text, object_pairs_hook=object_pairs_hook)
    except json.JSONDecodeError as problem:
        place = line or problem.lineno
        raise error(f"is not JSON ({problem.msg}, column {problem.colno})", path=path, line=place) from None
    except ValueError as problem:  # a number of more digits than Python reads
        raise error(f"is not usable JSON ({problem})", path=path, line=line) from None
    except RecursionError:
        raise error("is JSON nested too deep", path=path, line=line) from None


def read_json(path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None) -> Any:
    """Read a file of one JSON value; errors as for :func:`read_bytes` and :func:`parse_json`."""
    return parse_json(read_text(path, error=error, hint=hint), path=path, error=error)


def inert_cell(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
