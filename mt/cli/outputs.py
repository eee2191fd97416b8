"""Output files of a command: checked before the work, written after it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from mt.errors import UserError
from mt.io.files import file_errors, write_text


def check_outputs(outputs: Sequence[tuple[str, str | None]], inputs: Sequence[tuple[str, str | None]]) -> None:
    """Refuse output files that cannot be written, or would replace an input or each other.

    Args:
        outputs, inputs: (option, path) pairs; None and - (standard input or output) are passed over.

    Raises:
        UserError: in one line.
    """
    options = {Path(path).resolve(): option for option, path in inputs if path not in (None, "-")}
    for option, path in outputs:
        if path in (None, "-"):
            continue
        file = Path(path).resolve()
        if file in options:
            raise UserError(f"is given as {options[file]} and as {option}", path=path, hint="choose another file")
        options[file] = option
        with file_errors(path, error=UserError, hint=f"give a file as {option}", verb="written"):
            if not _is_special(path):
                if not file.parent.is_dir():
                    raise UserError("its folder does not exist", path=path, hint="make it first")
                tempfile.TemporaryFile(dir=file.parent).close()
                if file.exists():
                    open(file, "ab").close()


def write_output(path: str, text: str) -> None:
    """Write a file whole or not at all, following links; a device, a pipe or - (standard output) is written to.

    Raises:
        UserError: it cannot be written.
    """
    if path == "-":
        click.echo(text, nl=False)
    elif _is_special(path):
        with file_errors(path, error=UserError, verb="written"):
            Path(path).write_text(text, "utf-8")
    else:
        write_text(Path(path).resolve(), text)


def _is_special(path: str) -> bool:
    """Whether it is a device or a pipe, such as /dev/stdout."""
    file = Path(path)
    return file.exists() and not file.is_file() and not file.is_dir()
