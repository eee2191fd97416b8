"""A data card as Markdown and as one HTML file that needs no network; everything users wrote is escaped."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mt.data.card_figures import Card
from mt.errors import one_line

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def render_card(card: Card, form: str) -> str:
    """Lay a card out as ``md`` or ``html``, without scripts and requests; control characters are shown by escapes."""
    folder, html = FileSystemLoader(Path(__file__).parent), form == "html"
    environment = Environment(
        loader=folder, autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["visible"] = lambda value: one_line(str(value))
    environment.filters["plain"] = lambda value: _MARKDOWN.sub(r"\\\1", one_line(str(value)))
    return environment.get_template(f"card.{form}.jinja").render(card=card)
