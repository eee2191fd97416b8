"""A data card as Markdown and as one HTML file that needs no network; everything users wrote is escaped."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mt.data.card_figures import Card
from mt.errors import one_line

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def card_markdown(card: Card) -> str:
    """Lay a card out as Markdown."""
    lines = ["# Data card", "", *(f"- {_plain(line)}" for line in card.summary)]
    for table in card.tables:
        lines += ["", f"## {table.title}", ""] + ([_plain(table.note), ""] if table.note else [])
        if table.rows:
            rows = [table.header, ("---",) * len(table.header), *(tuple(map(_plain, row)) for row in table.rows)]
            lines += ["| " + " | ".join(row) + " |" for row in rows]
        else:
            lines.append("None.")
    return "\n".join(lines) + "\n"


def card_html(card: Card) -> str:
    """Lay a card out as HTML without scripts and requests; control characters are shown by their escapes."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = lambda value: one_line(str(value))
    return environment.get_template("card.html.jinja").render(card=card)


def _plain(value: str | int) -> str:
    return _MARKDOWN.sub(r"\\\1", one_line(str(value)))
