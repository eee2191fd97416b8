"""Zip containers (OOXML, ODF, EPUB): parts are read safely and written back, the others as they are."""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from mt.errors import DataError
from mt.io.text import read_bytes
from mt.io.xml import parse_xml

# A container that unpacks to more is refused: a small file may unpack to terabytes.
MAX_UNPACKED = 1024 * 1024 * 1024
_TYPES = "[Content_Types].xml"
# By the first three letters of a name's ending, the part that says what a file is, and how.
_KINDS = {
    "doc": (_TYPES, rb"\bword[\w.]*\.main\+xml"),
    "dot": (_TYPES, rb"\bword[\w.]*\.main\+xml"),
    "ppt": (_TYPES, rb"\b(?:presentationml|ms-powerpoint)[\w.]*\.main\+xml"),
    "pps": (_TYPES, rb"\b(?:presentationml|ms-powerpoint)[\w.]*\.main\+xml"),
    "xls": (_TYPES, rb"\b(?:spreadsheetml|ms-excel)[\w.]*\.main\+xml"),
    "epu": ("META-INF/container.xml", rb"rootfile"),
    **dict.fromkeys(("odt", "ods", "odp", "ott"), ("content.xml", rb"")),
}
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError, ValueError
)  # fmt: skip


class Container:
    """The parts of a zip file, by name.

    Raises:
        DataError: no zip file, a damaged, encrypted or too large one, or not what its name says.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(read_bytes(path)))
            entries = self._zip.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise DataError(f"unpacks to more than {MAX_UNPACKED // 1024**2} MB", path=path, hint="split it")
            if any(entry.flag_bits & 1 for entry in entries):
                raise DataError("is encrypted", path=path, hint="save it without a password")
            self._data = {entry.filename: self._zip.read(entry) for entry in entries}
        except _UNREADABLE as problem:
            raise DataError(f"is no readable document ({problem})", path=path, hint="save it again") from None
        ending = Path(path).suffix[1:].lower()
        part, sign = _KINDS.get(ending[:3], ("", b""))
        if part and not re.search(sign, self.read(part).replace(b"\0", b"")):  # may be UTF-16
            raise DataError(f"is no .{ending} file, whatever its name says", path=path, hint="correct its name")

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def read(self, name: str) -> bytes:
        """The bytes of a part; ``DataError`` if there is none."""
        if name not in self._data:
            raise DataError(f"lacks its part {name}", path=self.path, hint="save it again")
        return self._data[name]

    def xml(self, name: str) -> Any:
        """The root of a part that is XML, with its comments."""
        return parse_xml(self.read(name), path=f"{self.path}: {name}", keep_comments=True)

    def write(self, parts: Mapping[str, bytes]) -> bytes:
        """Return the container's bytes with some parts replaced."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as written:
            for entry in self._zip.infolist():
                data = parts.get(entry.filename, self._data[entry.filename])
                written.writestr(entry, data, entry.compress_type)
        return out.getvalue()


def xml_bytes(root: Any) -> bytes:
    """Serialise a part as offices write it: UTF-8, with a declaration."""
    data: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True)
    return data
