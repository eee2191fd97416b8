"""Files and folders written whole or not at all: to a temporary name, flushed to disk, then renamed.

A writer killed at any moment leaves the old file or the new one, and perhaps a temporary one beside it, which the next
writer deletes. Nothing is deleted that was not written here.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

from mt.errors import DataError, UserError

_MARKER = ".zhen-mt.json"
_DESCRIPTOR = r"/dev/(stdout|stderr)|/(?:dev|proc/self)/fd/(\d+)"


@contextmanager
def file_errors(
    path: str | Path, *, error: type[UserError] = DataError, hint: str | None = None, verb: str = "read"
) -> Iterator[None]:
    """Raise an ``OSError`` of the block as one ``error`` about ``path``, unless it names a file elsewhere.

    ``hint`` is what to do where there is no such file, or it is a folder; ``verb`` what could not be done with it.
    """
    try:
        yield
    except OSError as problem:
        if isinstance(problem.filename, str):
            named, own = os.path.realpath(problem.filename), os.path.realpath(path)
            if not named.startswith(os.path.dirname(own)) and not own.startswith(named):  # noqa: PTH120
                raise
        if isinstance(problem, FileNotFoundError) and verb == "read":
            raise error("no such file", path=path, hint=hint) from None
        if isinstance(problem, IsADirectoryError):
            raise error("is a folder, not a file", path=path, hint=hint) from None
        raise error(f"cannot be {verb} ({problem.strerror or problem})", path=path) from None


@contextmanager
def replaced_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path, which becomes ``path`` when the block succeeds.

    Symbolic links are followed, and the file's mode is kept. A device, a pipe or a file with hard links cannot be
    replaced: it is written to. A :class:`UserError` where the file cannot be written.
    """
    with file_errors(path, error=UserError, verb="written"):
        if is_special(path) or (Path(path).is_file() and Path(path).stat().st_nlink > 1):
            with tempfile.TemporaryDirectory() as folder:
                yield Path(folder) / "output"
                with _opened(path) as target, open(Path(folder) / "output", "rb") as source:
                    shutil.copyfileobj(source, target)
            return
        path = Path(os.path.realpath(path))
        with _temporary(path, lambda temporary: temporary.touch(0o666, exist_ok=False)) as temporary:
            yield temporary
            if path.is_file():
                shutil.copymode(path, temporary)
                with suppress(PermissionError):
                    shutil.chown(temporary, path.stat().st_uid, path.stat().st_gid)
            _to_disk(temporary)
            temporary.replace(path)
            _to_disk(path.parent)


@contextmanager
def replaced_directory(path: str | Path, kind: str, inputs: Sequence[str | Path] = ()) -> Iterator[Path]:
    """Yield an empty temporary directory, which replaces ``path`` when the block succeeds.

    A hidden file in it says of which ``kind`` (a "model") it is and which files belong to it: what is not known to be
    an earlier one, with nothing added, is never deleted. A :class:`UserError` where :func:`check_directory` refuses it.
    """
    check_directory(path, kind, inputs)
    with file_errors(path, error=UserError, verb="written"):
        path = Path(os.path.realpath(path))
        with _temporary(path, Path.mkdir) as temporary:
            ordinary = temporary.stat().st_mode & 0o777
            yield temporary
            mark_written(temporary, kind, _files(temporary))
            for child in temporary.rglob("*"):  # safetensors makes its files private
                child.chmod(ordinary if child.is_dir() else ordinary & 0o666)
                _to_disk(child)
            _to_disk(temporary)
            if path.exists():
                # A directory cannot be renamed over a full one: the old one is renamed first.
                shutil.copymode(path, temporary)
                old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
                with _locked(old):
                    path.replace(old / "old")
                    temporary.replace(path)
                shutil.rmtree(old, ignore_errors=True)
            else:
                temporary.replace(path)
            _to_disk(path.parent)


def check_file(path: str | Path) -> None:
    """Refuse, before any work, a file that could not be written after it; its folder must exist."""
    with file_errors(path, error=UserError, verb="written"):
        if is_special(path):
            return
        file = Path(os.path.realpath(path))
        if file.is_dir() or str(path).endswith("/"):
            raise UserError("is a folder, not a file", path=path)
        if not file.parent.is_dir():
            raise UserError("its folder does not exist", path=path, hint="make it first")
        tempfile.TemporaryFile(dir=file.parent).close()
        if file.exists():
            open(file, "ab").close()


def check_directory(path: str | Path, kind: str, inputs: Sequence[str | Path] = ()) -> None:
    """Refuse, before any work, a folder that :func:`replaced_directory` must not replace or could not write.

    It must hold none of ``inputs``, and nothing but an earlier output of this kind.
    """
    with file_errors(path, error=UserError, verb="written"):
        folder = Path(os.path.realpath(path))
        if folder.parent.is_dir():
            remove_leftovers(folder.parent, folder.name)
        for given in inputs:
            if Path(os.path.realpath(given)).is_relative_to(folder):
                raise UserError(f"holds {given}, which is to be read", path=path, hint="choose another folder")
        check_place(path)
        foreign = set(_files(folder)) - known_files(folder, kind)
        if foreign:
            what = f"is a folder with {min(foreign)}, which is of no {kind} written here"
            raise UserError(what, path=path, hint="choose another folder, or move it away")


def check_place(path: str | Path) -> None:
    """Refuse a folder that is a file, or could neither be made nor written to."""
    with file_errors(path, error=UserError, verb="written"):
        folder = Path(os.path.realpath(path))
        if str(path) in ("", "-"):
            raise UserError(f"'{path}' is not the name of a folder", hint="choose another name")
        if folder.exists() and not folder.is_dir():
            raise UserError("is a file, not a folder", path=path, hint="choose another name")
        tempfile.TemporaryFile(dir=next(place for place in (folder, *folder.parents) if place.exists())).close()


def mark_written(folder: Path, kind: str, files: Sequence[str]) -> None:
    """Note in a folder which files in it belong to an output of this ``kind``, and may be replaced."""
    write_text(folder / _MARKER, json.dumps({"kind": kind, "files": files}, indent=0) + "\n")


def _files(folder: Path) -> list[str]:
    """The files in a folder, by relative path, without our own list of them and what datasets caches."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and not re.fullmatch(rf"{_MARKER}|cache-\w+\.arrow", path.name)
    )


def known_files(folder: Path, kind: str) -> set[str]:
    """The files that :func:`mark_written` noted; none where the folder is of another kind."""
    try:
        marker = json.loads((folder / _MARKER).read_text("utf-8"))
        return set(marker["files"]) if marker["kind"] == kind else set()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()


def is_special(path: str | Path) -> bool:
    """Whether it is a device, a pipe or an open file, such as /dev/stdout."""
    file = Path(path)
    special = file.exists() and not file.is_file() and not file.is_dir()
    return special or re.fullmatch(_DESCRIPTOR, str(path)) is not None


def _opened(path: str | Path) -> BinaryIO:
    """Open what is not replaced. An open file, which may be appended to, is not opened again."""
    match = re.fullmatch(_DESCRIPTOR, str(path))
    if match is None:
        return open(path, "wb")
    sys.stdout.flush()
    return os.fdopen(os.dup({"stdout": 1, "stderr": 2}[match[1]] if match[1] else int(match[2])), "wb")


@contextmanager
def _temporary(path: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Make a file or folder beside ``path``, locked while its writer lives; it is deleted unless renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent, path.name)
    # A name may have 255 bytes, and a character four.
    temporary = path.parent / f".{path.name[:55]}.{secrets.token_hex(4)}.tmp"
    make(temporary)
    with _locked(temporary):
        try:
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True) if temporary.is_dir() else temporary.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Hold the lock of a file or folder, and tell whether it was free."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield try_lock(handle) is True
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool | None:
    """Take the lock of an open file; False where another process holds it, None on a file system without locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_directory(path: Path) -> None:
    """Delete a folder so that a kill in between leaves no half of it under its name."""
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    path.replace(old / "old")
    shutil.rmtree(old, ignore_errors=True)


def remove_leftovers(folder: Path, name: str | None = None) -> list[str]:
    """Delete the temporary files that killed writers (of the file ``name``) left in ``folder``; return their names.

    A folder that was renamed for a new one that never came is put back. The files of living writers stay.
    """
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        match = re.fullmatch(r"\.(.+)\.\w{8}\.(tmp|old)", path.name, re.DOTALL)
        if match is None or (name is not None and not (match[1] == name or match[1] == name[:55])):
            continue
        with suppress(OSError), _locked(path) as dead:
            if not dead:
                continue
            whole = folder / match[1]
            if match[2] == "old" and (path / "old").is_dir() and not whole.exists():
                (path / "old").replace(whole)
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            found.append(path.name)
    return found


def _to_disk(path: Path) -> None:
    """Flush a file, or a folder's list of names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError) if path.is_dir() else nullcontext():  # some network file systems cannot flush folders
            os.fsync(handle)
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
