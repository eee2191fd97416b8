"""Errors a user can correct: one line with the place and what to do.

The command line prints that line of every :class:`UserError` and exits with status 2, so that a traceback always means
a bug.
"""

from pathlib import Path


class UserError(Exception):
    """An input that cannot be used: what is wrong, its place (lines count from 1), and what to do about it."""

    status = 2  # the command's exit status
    reported: bool | None = None  # whether another process of the same run has printed it, where that is known

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message, self.line, self.field, self.hint = message, line, field, hint
        self.path = None if path is None else str(path)
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

    status = 130  # as shells report a command ended by Ctrl-C
