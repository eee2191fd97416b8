"""The base class of every configuration section, and the types of their fields."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mt.config.messages import explain

NOT_IN_WEIGHTS = "not in weights"
"""Marks a field or a whole section on which the trained weights do not depend."""

# Fields are strict: true is not 1, and "5" is not 5; but a whole number serves as a float.
Positive = Annotated[float, Field(gt=0)]
AtLeastZero = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# The upper bound keeps their quotients within the range of a float.
Count = Annotated[int, Field(ge=1, le=10**12)]
Natural = Annotated[int, Field(ge=0, le=10**12)]
OptionalText = Annotated[str | None, BeforeValidator(lambda value: None if value == "" else value)]


class Section(BaseModel):
    """A frozen, strictly typed part of the configuration; the text under each field describes it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_empty(cls, values: Any) -> Any:
        # A section with nothing under its heading has the default values.
        return {} if values is None else values

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated like a new one.

        Raises:
            ConfigError: a name is unknown or a value is not allowed.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        try:
            return type(self).model_validate(values | changes)
        except ValidationError as error:
            raise explain(error, type(self)) from None

    def deciding(self) -> dict[str, Any]:
        """Return, ready for JSON, the fields on which the trained weights depend."""
        return {
            name: _deciding(getattr(self, name))
            for name, field in type(self).model_fields.items()
            if NOT_IN_WEIGHTS not in field.metadata
        }


def _deciding(value: Any) -> Any:
    if isinstance(value, Section):
        return value.deciding()
    return [_deciding(item) for item in value] if isinstance(value, list) else value
