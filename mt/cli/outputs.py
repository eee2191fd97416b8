"""Output files of a command: checked before the work, written after it."""

from collections.abc import Sequence
from pathlib import Path

import click

from mt.errors import UserError
from mt.io.files import check_file, is_special, write_text

Options = Sequence[tuple[str, str | Path | None]]


def check_outputs(outputs: Options, inputs: Options) -> None:
    """Refuse, with ``UserError``, output files that cannot be written, or would replace an input or each other.

    ``outputs`` and ``inputs`` are (option, path) pairs; None and - (standard input or output) are passed over.
    """
    options = {_identity(path): option for option, path in inputs if path is not None and str(path) != "-"}
    for option, path in outputs:
        if path is None or str(path) == "-":
            continue
        file = _identity(path)
        if file in options and not is_special(path):
            raise UserError(f"is given as {options[file]} and as {option}", path=path, hint="choose another file")
        options[file] = option
        try:
            check_file(path)
        except UserError as error:
            error.hint = error.hint or f"give a file as {option}"
            raise


def _identity(path: str | Path) -> object:
    """The same for all names of a file, hard links too."""
    file = Path(path)
    return (file.stat().st_dev, file.stat().st_ino) if file.exists() else file.resolve()


def write_output(path: str | Path, text: str) -> None:
    """Write a file; - is standard output, which also takes what cannot be written: it took long to make."""
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        write_text(path, text)
    except UserError as error:
        click.echo(text, nl=False)
        error.hint = "it is on standard output instead"
        raise
