"""The Jinja environment of the report's templates."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mt.evaluation.comparison import metric_name
from mt.evaluation.report.markup import mark_up, plain, shortened, visible

FOLDER = Path(__file__).parent


def environment(*, autoescape: bool) -> Environment:
    """Load templates of this folder, with filters that make the user's text safe to show."""
    found = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "show": lambda text: Markup("<bdi>{}</bdi>").format(mark_up(str(text))),
        "visible": lambda text: visible(str(text)),
        "label": lambda text: shortened(visible(str(text))),
        "plain": plain,
        "metric_name": metric_name,
        "number": lambda value: "–" if value is None else f"{value:.1f}",
        "p_value": lambda value: "<0.001" if value < 0.001 else f"{value:.3f}",
    }
    return found
