"""The types of configuration fields, and what a field can be marked with."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


@dataclass(frozen=True)
class Null:
    """What ``null`` means for a field that may be left open, such as "no limit"."""

    meaning: str


NOT_IN_WEIGHTS = "not in weights"
"""Marks a field or a whole section on which the trained weights do not depend."""


def _empty_is_null(value: Any) -> Any:
    return None if value == "" else value


# Fields are strict: true is not 1, and "5" is not 5; but a whole number serves as a float.
Positive = Annotated[float, Field(gt=0)]
AtLeastZero = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# The upper bound keeps their quotients within the range of a float.
Count = Annotated[int, Field(ge=1, le=10**12)]
Natural = Annotated[int, Field(ge=0, le=10**12)]
OptionalText = Annotated[str | None, BeforeValidator(_empty_is_null)]
