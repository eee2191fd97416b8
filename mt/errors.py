"""Errors a user can correct: one line with the place and what to do.

The command line prints that line of every :class:`UserError` and exits with status 2, so that a traceback always means
a bug.
"""

from pathlib import Path


class UserError(Exception):
    """An input that cannot be used.

    Args:
        message: what is wrong, without its place.
        path: the file.
        line: its line, from 1.
        field: the column or key.
        hint: what to do about it, as an imperative.

    Attributes:
        status: the command's exit status.
        reported: whether another process of the same run has printed it; None where that is not known.
    """

    status = 2
    reported: bool | None = None

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.path = None if path is None else str(path)
        self.line = line
        self.field = field
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.path or ""
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
        if self.field is not None:
            place += f" [{self.field}]" if place else f"[{self.field}]"
        return one_line(f"{place}: {self.advice}" if place else self.advice)

    @property
    def advice(self) -> str:
        """What is wrong and what to do about it, without the place."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


def one_line(text: str) -> str:
    """Put a message on one line, with control characters and broken encodings that it quotes as escapes."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in " ".join(text.split())
    )


class ConfigError(UserError):
    """A configuration file or a ``key=value`` argument is wrong."""


class DataError(UserError):
    """A document, dataset, hypothesis or packed file is wrong."""


class GlossaryError(UserError):
    """A term base is wrong."""


class ModelError(UserError):
    """A model folder or name cannot be used."""


class Interrupted(UserError):
    """Work was interrupted; all of it is saved and can be resumed."""

    # As shells report a command ended by Ctrl-C.
    status = 130
