"""The ``evaluation`` section."""

from typing import Annotated, Literal

from pydantic import Field

from mt.config.section import OptionalText, Section

# More take hours, and decide no more.
MAX_SAMPLES = 100_000


class EvaluationConfig(Section):
    """What is evaluated, and how."""

    split: Literal["test", "validation", "train"] = "test"
    """Prepared split that is translated and scored; with cross-validation every segment is, by its own fold's model."""
    bootstrap_samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES)] = 1000
    """Bootstrap resamples behind confidence intervals and significance tests."""
    title: OptionalText = None
    """Heading of the report; null for one that names the run's folder."""
