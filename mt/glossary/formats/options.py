"""The syntax of our own tables: alternatives with ``|``, options with ``;``, escapes with ``\\``."""

import difflib
import re
from typing import Any

from mt.glossary.term import EntryError, Term

OPTION_NAMES = ("case", "acronym", "full", "keep", "inflect", "domain", "policy", "note")
_CHOICES = {"case": ("any", "exact"), "policy": ("first-full", "always-full", "always-acronym", "none")}
_YES_NO = dict.fromkeys(("", "1", "yes", "true", "y", "x"), True) | dict.fromkeys(("0", "no", "false", "n"), False)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
# Any other backslash is kept: real lists hold "of\_\_\_ Department".
_ESCAPE = re.compile(r"""\\([tnr|;"#=+@\\-])""")


def unescape(text: str) -> str:
    """Resolve ``\\t \\n \\r \\| \\; \\\\`` and what :func:`guarded` writes."""
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), text) if "\\" in text else text


def escape(text: str, separator: str) -> str:
    """Write ``text`` so that :func:`split_cell` at ``separator`` gives it back whole."""
    text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text.replace(separator, "\\" + separator) if separator else text


def guarded(cell: str) -> str:
    """Escape a cell's first character where it would begin a quotation, a formula or a comment."""
    return "\\" + cell if cell[:1] in tuple('"#=+-@') else cell


def split_cell(text: str, separator: str) -> list[str]:
    """Split a cell at unescaped separators and strip the parts, still escaped."""
    if "\\" not in text:
        return [part.strip() for part in text.split(separator)]
    parts = [""]
    for piece in re.findall(r"\\.|\\$|[^\\]", text, re.DOTALL):
        if piece == separator:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts]


def option_value(name: str, value: str) -> Any:
    """Check one option and give it the type of its :class:`Term` field; ``None`` when empty. Raises EntryError."""
    if name not in OPTION_NAMES:
        near = difflib.get_close_matches(name, OPTION_NAMES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"options are {', '.join(OPTION_NAMES)}"
        raise EntryError(f"unknown option '{name}'", "option", field="options", hint=hint)
    if name in ("keep", "inflect"):
        if value.lower() in _YES_NO:
            return _YES_NO[value.lower()]
        raise EntryError(f"is '{value}'", "option", field=name, hint="write yes or no")
    if value and value not in _CHOICES.get(name, (value,)):
        raise EntryError(f"is '{value}'", "option", field=name, hint=f"choose one of {', '.join(_CHOICES[name])}")
    return value or None


def parse_options(cell: str) -> dict[str, Any]:
    """Read ``case=exact; acronym=CMPAFFC; keep`` into fields of :class:`Term`; EntryError as :func:`option_value`."""
    options: dict[str, Any] = {}
    for part in filter(None, split_cell(cell, ";")):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals and name not in ("keep", "inflect"):
            option_value(name, "")  # an unknown name is the likelier mistake
            raise EntryError(f"option '{name}' has no value", "option", field="options", hint=f"write {name}=…")
        if name in options:
            raise EntryError(f"option '{name}' is given twice", "option", field="options")
        options[name] = option_value(name, unescape(value.strip()))
    return {name: value for name, value in options.items() if value is not None}


def option_texts(term: Term) -> dict[str, str]:
    """Return the options of a term that differ from the defaults, as :func:`option_value` reads them."""
    texts = {name: getattr(term, name) for name in OPTION_NAMES}
    texts |= {"case": term.case if term.case != "any" else None, "keep": "yes" if term.keep else None}
    texts["inflect"] = None if term.inflect else "no"
    return {name: text for name, text in texts.items() if text}


def format_options(term: Term) -> str:
    """Write a term's options as :func:`parse_options` reads them; defaults are left out."""
    texts = option_texts(term).items()
    return "; ".join("keep" if name == "keep" else f"{name}={escape(text, ';')}" for name, text in texts)
