"""The types of configuration fields, and what a field can be marked with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

__all__ = [
    "NOT_IN_WEIGHTS",
    "YAML_NUMBER",
    "AtLeastZero",
    "Count",
    "Natural",
    "Null",
    "Number",
    "OptionalText",
    "Positive",
    "Share",
]


@dataclass(frozen=True)
class Null:
    """What ``null`` means for a field that may be left open, such as "no limit"."""

    meaning: str


NOT_IN_WEIGHTS = "not in weights"
"""Marks a field or a whole section on which the trained weights do not depend."""


def _yaml_number(value: Any) -> Any:
    """Read ``3e-4``, which YAML 1.1 takes for text because the mantissa has no decimal point."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value, re.ASCII):
        return float(value)
    return value


def _empty_is_null(value: Any) -> Any:
    return None if value == "" else value


YAML_NUMBER = BeforeValidator(_yaml_number)
# Strict, as all fields are: true is not 1, and "5" is not 5; but a whole number serves as a float.
Number = Annotated[float, YAML_NUMBER]
Positive = Annotated[float, Field(gt=0), YAML_NUMBER]
AtLeastZero = Annotated[float, Field(ge=0), YAML_NUMBER]
Share = Annotated[float, Field(ge=0, le=1), YAML_NUMBER]
# The upper bound keeps their quotients within the range of a float.
Count = Annotated[int, Field(ge=1, le=10**12)]
Natural = Annotated[int, Field(ge=0, le=10**12)]
OptionalText = Annotated[str | None, BeforeValidator(_empty_is_null)]
