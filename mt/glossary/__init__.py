"""Term bases: read and written in every common form, found in the source, verified in the output."""

from __future__ import annotations

from mt.glossary.glossary import Glossary
from mt.glossary.term import Term

__all__ = ["Glossary", "Term"]
