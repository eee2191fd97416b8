"""Term bases: read and written in every common form, found in the source, verified in the output."""

from mt.glossary.glossary import Glossary
from mt.glossary.term import Term

__all__ = ["Glossary", "Term"]
