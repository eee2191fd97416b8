"""Errors a user can correct, each with the place and what to do about it in one line.

The command line turns every :class:`UserError` into that line and exit status 2. A traceback
therefore always means a defect of ours, never a fault of the input.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["ConfigError", "DataError", "GlossaryError", "Interrupted", "ModelError", "UserError"]


class UserError(Exception):
    """Something the user gave cannot be used.

    Args:
        message: what is wrong, without its place.
        path: the file at fault.
        line: its line, counted from 1.
        field: the column or key at fault.
        hint: what to do about it, as an imperative.

    Attributes:
        status: the command's exit status.
        said: whether another process of the same run has said it; None where that is not known.
    """

    status = 2
    said: bool | None = None

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
        text = f"{place}: {self.message}" if place else self.message
        if self.hint:
            text = f"{text}; {self.hint}"
        # One line, whatever the input held: the message often quotes it.
        return " ".join(text.split())


class ConfigError(UserError):
    """A configuration file or a ``key=value`` argument is wrong."""


class DataError(UserError):
    """A document, dataset, hypothesis or packed file is wrong."""


class GlossaryError(UserError):
    """A term base is wrong."""


class ModelError(UserError):
    """A model folder or name cannot be used."""


class Interrupted(UserError):
    """Work stopped on request; all of it is saved, and it can be gone on with."""

    # What shells report for a command ended by Ctrl-C.
    status = 130
