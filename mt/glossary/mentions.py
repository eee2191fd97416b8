"""How a term's full name and acronym share out over the mentions in a document."""

from mt.glossary.term import Policy, Term


class MentionPolicy:
    """Which acronyms a document has introduced, and so which target its next mention of a term takes.

    ``first-full``: the first mention is "full name (ACRONYM)", every later one "ACRONYM". ``always-full``,
    ``always-acronym``: one of the two. ``none``: the preferred target. An entry's own policy comes first. Entries that
    share full name and acronym are one concept: 市对外友协 after 重庆市对外友协 is a later mention. Pass a document's
    mentions in order; :meth:`reset` begins the next document.
    """

    def __init__(self, default: Policy = "first-full") -> None:
        self.default: Policy = default
        self._introduced: set[tuple[str, str]] = set()

    def reset(self) -> None:
        """Begin a new document."""
        self._introduced.clear()

    def target_for(self, term: Term) -> str:
        """Return the target that this mention must have, and count the mention."""
        if term.keep or not term.acronym or not term.full:
            return term.targets[0]
        policy = term.policy or self.default
        if policy == "none":
            return term.targets[0]
        if policy == "always-full":
            return term.full
        if policy == "always-acronym":
            return term.acronym
        concept = (term.full, term.acronym)
        if concept in self._introduced:
            return term.acronym
        self._introduced.add(concept)
        return term.introduction
