"""The types of configuration fields, and what a field can be marked with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

__all__ = [
    "NOT_IN_WEIGHTS",
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


@dataclass(frozen=True)
class _NotInWeights:
    """Marks a field or a whole section on which the trained weights do not depend."""


NOT_IN_WEIGHTS = _NotInWeights()


def _yaml_number(value: Any) -> Any:
    """Read ``3e-4``, which YAML 1.1 takes for text because the mantissa has no decimal point."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value, re.ASCII):
        return float(value)
    return value


def _empty_is_null(value: Any) -> Any:
    return None if value == "" else value


# Strict, as all fields are: true is not 1, and "5" is not 5; but a whole number serves as a float.
Number = Annotated[float, BeforeValidator(_yaml_number), Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
AtLeastZero = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
# The upper bound keeps their quotients within the range of a float.
Count = Annotated[int, Field(ge=1, le=10**12)]
Natural = Annotated[int, Field(ge=0, le=10**12)]
OptionalText = Annotated[str | None, BeforeValidator(_empty_is_null)]
