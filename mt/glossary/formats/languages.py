"""Codes and names of languages, as ``lang`` attributes, keys and columns give them."""

import re

from mt.io.tables import column_role

_CODE = re.compile(r"([a-z]{2,3})([-_][a-z0-9]+)*")


def language(name: str | None) -> str | None:
    """Return ``zh``, ``en``, another two- or three-letter code, or ``None`` if ``name`` names no language."""
    name = (name or "").strip().lower()
    role, code = column_role(name), _CODE.fullmatch(name)
    return role if role in ("zh", "en") else code[1] if code else None
