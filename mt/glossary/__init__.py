"""Term bases: read and written in every common form, found in the source, verified in the output."""

from __future__ import annotations

from mt.glossary.glossary import Glossary, Term

__all__ = ["Glossary", "Term"]
