"""Weights for CTranslate2, made from a model folder on first use and kept in a cache folder."""

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from pathlib import Path

from mt.errors import ModelError
from mt.io.files import sha256

_log = logging.getLogger(__name__)
_QUANTIZATION = "int8"
# Weights below this size, in bytes, are decoded in torch: they take longer to convert than they could save.
_WORTH_CONVERTING = 20_000_000
_KEPT = 8  # models; the least recently used go first
_REFUSED = "refused.txt"  # why a model cannot be converted, so that it is not tried again


def worth_converting(folder: Path) -> bool:
    """Whether a model is so large that decoding with CTranslate2 saves more than the conversion takes."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors")) >= _WORTH_CONVERTING


def cached_weights(folder: Path) -> Path:
    """Return the folder of a model's int8 weights for CTranslate2, converted now if they are not in the cache.

    The cache is ``$ZHEN_MT_CACHE``, or ``zhen-mt`` in ``$XDG_CACHE_HOME`` (``~/.cache``). An entry's name is the hash
    of the model's files, so a model that is trained further is converted again.

    Raises:
        ModelError: CTranslate2 is not installed or cannot convert the model, or the cache cannot be written.
    """
    try:
        key = _key(folder)
    except ModuleNotFoundError:
        raise ModelError("ctranslate2 is not installed", hint="pip install ctranslate2") from None
    place = _root() / key
    try:
        if not (place / "model.bin").is_file():
            _convert(folder, place)
        os.utime(place)
    except OSError as error:
        problem = f"the cache of converted models cannot be written ({error.strerror or error})"
        raise ModelError(problem, path=_root(), hint="set ZHEN_MT_CACHE to another folder") from None
    return place


def _root() -> Path:
    given, caches = os.environ.get("ZHEN_MT_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(given or Path(caches or "~/.cache") / "zhen-mt").expanduser() / "ct2"


def _key(folder: Path) -> str:
    """Hash what decides the conversion: the model's files and CTranslate2's version."""
    from ctranslate2 import __version__

    digest = hashlib.sha256(f"{__version__} {_QUANTIZATION}".encode())
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in (".safetensors", ".json", ".spm", ".model", ".txt"):
            digest.update(f"\n{path.name} {sha256(path)}".encode())
    return digest.hexdigest()[:32]


def _convert(folder: Path, place: Path) -> None:
    """Convert a model into an entry of the cache; processes that need the same one wait for the first."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.parent / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (place / "model.bin").is_file():
            return
        if (place / _REFUSED).is_file():
            raise ModelError((place / _REFUSED).read_text("utf-8"), path=folder, hint="choose the torch engine")
        _log.info("converting the model for fast decoding on the CPU, once; it is kept in %s", place)
        from mt.inference.export import convert

        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as parent:
            temporary = Path(parent) / place.name
            try:
                convert(folder, temporary, _QUANTIZATION)
            except ModelError as error:
                temporary.mkdir(exist_ok=True)
                (temporary / _REFUSED).write_text(error.message, "utf-8")
                temporary.replace(place)
                raise
            temporary.replace(place)
        entries = sorted(place.parent.glob("[0-9a-f]*"), key=lambda entry: entry.stat().st_mtime)
        for old in entries[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
