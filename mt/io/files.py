"""Files and folders written whole or not at all: to a temporary name, flushed to disk, then renamed.

A writer killed at any moment leaves the old file or the new one, and perhaps a temporary one beside it, which
``remove_leftovers`` deletes when the work is resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mt.errors import DataError, UserError


@contextmanager
def file_errors(
    path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None, verb: str = "read"
) -> Iterator[None]:
    """Raise an ``OSError`` of the block as one ``error`` about ``path``, unless it names a file elsewhere.

    Args:
        path: the file or folder that the block reads or writes.
        error: the exception raised instead.
        hint: what to do where there is no such file, or it is a folder.
        verb: what could not be done with it ("read", "written").
    """
    try:
        yield
    except OSError as problem:
        if isinstance(problem.filename, str):
            named, own = (os.path.abspath(name) for name in (problem.filename, path))  # noqa: PTH100
            if not named.startswith(os.path.dirname(own)) and not own.startswith(named):  # noqa: PTH120
                raise
        if isinstance(problem, FileNotFoundError) and verb == "read":
            raise error("no such file", path=path, hint=hint) from None
        if isinstance(problem, IsADirectoryError):
            raise error("is a folder, not a file", path=path, hint=hint) from None
        raise error(f"cannot be {verb} ({problem.strerror or problem})", path=path) from None


@contextmanager
def replaced_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, renamed to ``path`` when the block succeeds.

    A reader sees the old file or the whole new one; after an exception the old one.

    Raises:
        UserError: the file cannot be written.
    """
    path = Path(path)
    with file_errors(path, error=UserError, verb="written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            # mkstemp makes the file private.
            _ordinary_mode(temporary)
            _to_disk(temporary)
            temporary.replace(path)
            _to_disk(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replaced_directory(path: str | Path) -> Iterator[Path]:
    """Yield an empty temporary directory, which replaces ``path`` when the block succeeds.

    Raises:
        UserError: the directory cannot be written.
    """
    path = Path(path)
    with file_errors(path, error=UserError, verb="written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
        try:
            yield temporary
            # mkdtemp makes the folder private, and safetensors its files.
            _ordinary_mode(temporary)
            for child in temporary.rglob("*"):
                _ordinary_mode(child)
                _to_disk(child)
            _to_disk(temporary)
            if path.exists():
                # A directory cannot be renamed over a full one: the old one is renamed first.
                old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
                path.replace(old / "old")
                temporary.replace(path)
                shutil.rmtree(old, ignore_errors=True)
            else:
                temporary.replace(path)
            _to_disk(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _ordinary_mode(path: Path) -> None:
    """Give a file or folder the mode of any other new one."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)


def remove_directory(path: Path) -> None:
    """Delete a folder so that a kill in between leaves no half of it under its name."""
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    path.replace(old / "old")
    shutil.rmtree(old, ignore_errors=True)


def remove_leftovers(folder: Path) -> list[str]:
    """Delete the temporary files that killed writers left in ``folder``; return their names.

    A folder that was renamed for a new one that never came is put back. Only for the one process that writes there:
    the files of a running writer look the same.
    """
    found = sorted(path for path in folder.glob(".*") if re.fullmatch(r"\..+\.\w{8}\.(tmp|old)", path.name))
    for path in found:
        whole = folder / path.name[1:].rsplit(".", 2)[0]
        if path.suffix == ".old" and (path / "old").is_dir() and not whole.exists():
            (path / "old").replace(whole)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return [path.name for path in found]


def _to_disk(path: Path) -> None:
    """Flush a file, or a folder's list of names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:  # some network file systems cannot flush folders
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8 with Unix line ends, whole or not at all."""
    with replaced_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON, whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def sha256(path: str | Path) -> str:
    """Hash a file's bytes; returned as lower-case hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
