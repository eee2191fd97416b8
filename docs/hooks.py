"""Pages of the documentation that are generated from the code, so that they cannot fall behind it.

mkdocs calls :func:`on_page_markdown`; a line ``<!-- generated: NAME -->`` of a page is replaced by what NAME makes.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the generated parts of a page."""
    return re.sub(r"^<!-- generated: (\w+) -->$", lambda found: GENERATED[found[1]](), markdown, flags=re.MULTILINE)


def commands() -> str:
    """Return every command with its arguments and options, from click."""
    from mt.cli import main

    return "\n".join(line for name in main.list_commands(_context()) for line in _command(main, name, "zhen-mt"))


def _context() -> click.Context:
    return click.Context(click.Command("zhen-mt"))


def _command(group: click.Group, name: str, path: str, level: int = 2) -> Iterator[str]:
    command = group.get_command(_context(), name)
    assert command is not None, name
    path = f"{path} {name}"
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    yield f"{'#' * level} {path}\n"
    yield f"```\n{path} {usage}\n```\n"
    for paragraph in (command.help or "").split("\n\n"):
        yield " ".join(paragraph.split()).replace("<", "&lt;") + "\n"
    options = [option for option in command.params if isinstance(option, click.Option)]
    if options:
        yield "| option | value | meaning |\n|---|---|---|"
        yield from map(_option, options)
        yield ""
    if isinstance(command, click.Group):
        for inner in command.list_commands(_context()):
            yield from _command(command, inner, path, level + 1)


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f"`{option.make_metavar(_context())}`".replace("|", "\\|")
    help_text = " ".join((option.help or "").split()).replace("|", "\\|").replace("<", "&lt;")
    if option.show_default and option.default is not None:
        help_text += f" Default: `{option.default}`."
    if option.multiple:
        help_text += " May be given more than once."
    return f"| {names} | {value} | {help_text} |"


def layers() -> str:
    """Return the drawing of the import rule, from the table that `tests/test_imports.py` enforces."""
    tree = ast.parse((ROOT / "tests" / "test_imports.py").read_text("utf-8"))
    rows: list[list[str]] = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["LAYERS"]
    )
    # The table also has the places of packages that are yet to be written.
    rows = [row for names in rows if (row := [name for name in names if list((ROOT / "mt").glob(f"{name}*"))])]
    width, height, gap = 720, 40, 26
    lines = []
    for place, row in enumerate(reversed(rows)):
        top = place * (height + gap) + 1
        step = width / len(row)
        for column, name in enumerate(row):
            left = column * step + 4
            lines.append(f'<rect x="{left:.0f}" y="{top}" width="{step - 8:.0f}" height="{height}" rx="5"/>')
            lines.append(
                f'<text x="{left + step / 2 - 4:.0f}" y="{top + 25}" text-anchor="middle">{escape(name)}</text>'
            )
        if place + 1 < len(rows):
            down = top + height + 4
            lines.append(f'<path d="M{width / 2} {down} v16 m-5 -6 l5 6 l5 -6"/>')
    total = len(rows) * (height + gap) - gap + 2
    drawing = "".join(lines)
    return f'<svg class="layers" viewBox="0 0 {width} {total}" role="img" aria-label="Layers">{drawing}</svg>'


def configuration() -> str:
    """Return a Markdown table for each section of the configuration: key, type and range, default, description."""
    from mt.config import Config
    from mt.config.section import NOT_IN_WEIGHTS

    definitions = json.loads((ROOT / "configs" / "schema.json").read_text("utf-8"))["$defs"]
    lines = ["The trained weights do not depend on keys marked \\*."]
    for name, field in Config.model_fields.items():
        section: Any = field.annotation
        free = {
            key
            for key, inner in section.model_fields.items()
            if NOT_IN_WEIGHTS in field.metadata or NOT_IN_WEIGHTS in inner.metadata
        }
        lines += _table(name, definitions.pop(section.__name__), free)
    for name, definition in definitions.items():  # what the items of lists are made of
        lines += _table(name, definition, set())
    return "\n".join(lines) + "\n"


def _table(name: str, definition: dict[str, Any], free: set[str]) -> Iterator[str]:
    yield from ("", f"## {name}", "", " ".join(definition["description"].split()).replace("``", "`"), "")
    yield from ("| Key | Type | Default | Description |", "|---|---|---|---|")
    for key, entry in definition["properties"].items():
        mark = " \\*" if key in free else ""
        default = f"`{json.dumps(entry['default'], ensure_ascii=False)}`" if "default" in entry else "required"
        yield f"| `{key}`{mark} | {_type(entry)} | {default} | {' '.join(entry['description'].split())} |"


def _type(entry: dict[str, Any]) -> str:
    """Put a property's type and range into words."""
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in entry:
        return " or ".join(_type(choice) for choice in entry["anyOf"])
    if "enum" in entry:
        return ", ".join(f"`{choice}`" for choice in entry["enum"])
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'])}"
    low, high = entry.get("minimum"), entry.get("maximum")
    if entry.get("exclusiveMinimum") is not None:
        limits = f" above {entry['exclusiveMinimum']:g}"
    elif high is not None and high < 10**12:  # that one only keeps arithmetic within range
        limits = f" from {low:,} to {high:,}"
    else:
        limits = "" if low is None else f" from {low:,}"
    return _TYPES[entry["type"]] + limits


GENERATED = {"commands": commands, "configuration": configuration, "layers": layers}
