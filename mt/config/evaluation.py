"""The ``evaluation`` section."""

from typing import Literal

from mt.config.section import Count, OptionalText, Section


class EvaluationConfig(Section):
    """What is evaluated, and how."""

    split: Literal["test", "validation", "train"] = "test"
    """Prepared split that is translated and scored; with cross-validation every segment is, by its own fold's model."""
    bootstrap_samples: Count = 1000
    """Bootstrap resamples behind confidence intervals and significance tests."""
    title: OptionalText = None
    """Heading of the report; null for one that names the run's folder."""
