"""Plain text files of one segment a line, as sacrebleu reads them."""

from __future__ import annotations

from pathlib import Path

from mt.errors import DataError

__all__ = ["read_segments"]


def read_segments(path: str | Path) -> list[str]:
    """Read the lines of a UTF-8 file; empty lines are empty segments, a byte order mark is dropped.

    Only line feeds, carriage returns and both together end a line, so that a stray U+2028 in a
    translation does not shift all that follows.

    Raises:
        DataError: the file is missing, a folder, empty, unreadable or not UTF-8.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise DataError("no such file", path=path, hint="give a text file of one segment a line") from None
    except IsADirectoryError:
        raise DataError("is a folder", path=path, hint="give a text file of one segment a line") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"is not UTF-8 (byte {error.start})", path=path, line=line, hint="save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None
    if not text:
        raise DataError("is empty", path=path, hint="give at least one segment")
    return text.removesuffix("\n").split("\n")
