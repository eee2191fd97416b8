"""Find a glossary's targets in an English translation, and decide which terms it renders."""

from collections.abc import Sequence
from dataclasses import dataclass

from mt.glossary.matching.assignment import Span, maximum_disjoint
from mt.glossary.matching.folding import Folded, fold_width, is_word_character, word_bounded
from mt.glossary.matching.forms import allowed_forms
from mt.glossary.matching.source_matcher import TermMatch
from mt.glossary.term import Term


@dataclass(frozen=True, slots=True)
class TermCheck:
    """Whether one mention in the source is rendered.

    ``hypothesis[start:end]`` is the rendering and ``target`` the allowed target it is a form of, "full name (ACRONYM)"
    where both occur together; all three are ``None`` when the term is not met.
    """

    match: TermMatch
    met: bool
    target: str | None
    start: int | None
    end: int | None


def check_terms(
    hypothesis: str, matches: Sequence[TermMatch], requested: Sequence[str] | None = None
) -> list[TermCheck]:
    """Check each matched term against a translation, in the order of ``matches``.

    A term that occurs twice in the source must occur twice in the translation, and no piece of the translation
    counts twice: one "People's Bank of China" renders 中国人民银行 or 中国银行, not both. Of all ways to assign
    disjoint pieces to terms, one that meets the most terms is taken, whatever the order of the matches.

    Args:
        requested: for each match the target that was requested. Of an entry with full name and acronym only what was
            requested counts: "full name (ACRONYM)" for a first mention, else the one or both; any allowed target of
            other entries.
    """
    demand: dict[tuple[Term, str | None], list[int]] = {}
    for index in sorted(range(len(matches)), key=lambda index: (matches[index].start, matches[index].end)):
        term, target = matches[index].term, requested[index] if requested is not None else None
        strict = term.full and term.acronym and target in (term.full, term.acronym, term.introduction)
        demand.setdefault((term, target if strict else None), []).append(index)
    # Ties are broken by place in the source, then by the term itself: not by the order of entries or matches.
    first = {key: matches[indices[0]] for key, indices in demand.items()}
    keys = sorted(demand, key=lambda key: (first[key].start, first[key].end, key[0].source))
    finder = _Finder(hypothesis)
    found = [finder.find(term, target) for term, target in keys]
    chosen = maximum_disjoint([len(demand[key]) for key in keys], [list(spans) for spans in found])
    checks = [TermCheck(match, False, None, None, None) for match in matches]
    for key, spans, own in zip(keys, found, _grown(found, chosen), strict=True):
        for index, (start, end) in zip(demand[key], own, strict=False):
            checks[index] = TermCheck(matches[index], True, spans[start, end], start, end)
    return checks


class _Finder:
    """One translation, folded once."""

    def __init__(self, hypothesis: str) -> None:
        self._folded: Folded = fold_width(hypothesis)
        self._exact = self._folded.text
        self._lower = self._exact.lower()

    def find(self, term: Term, only: str | None = None) -> dict[Span, str]:
        """Return span in the translation → target, for every occurrence; of one target ``only`` if that is given."""
        found: dict[Span, str] = {}  # in folded text
        for written, target, exact in allowed_forms(term):
            form = fold_width(written).text
            if not form.strip():
                continue
            text = self._exact if exact else self._lower
            form = form if exact else form.lower()
            start = text.find(form)
            while start >= 0:
                end = start + len(form)
                if word_bounded(self._exact, start, end) and (term.inflect or not self._possessive(end)):
                    found.setdefault((start, end), target)
                start = text.find(form, start + 1)
        if term.acronym and term.full:
            self._join_names(found, term)
        result: dict[Span, str] = {}
        for (start, end), target in found.items():
            span = self._folded.original(start, end)
            both = target not in term.targets and only != term.introduction
            if span is not None and (only in (None, target) or both):
                result.setdefault(span, target)
        return result

    def _possessive(self, end: int) -> bool:
        after = self._exact[end : end + 3]
        return after[:2].lower() == "'s" and not (after[2:] and is_word_character(after[2]))

    def _join_names(self, found: dict[Span, str], term: Term) -> None:
        """Make one occurrence of a name and its acronym in brackets, or the reverse: it is one mention."""
        by_start: dict[int, list[Span]] = {}
        for span in found:
            by_start.setdefault(span[0], []).append(span)
        pairs = [(a, b) for a in found for gap in (1, 2) for b in by_start.get(a[1] + gap, ())]
        for first, second in pairs:
            if first not in found or second not in found:
                continue  # already part of a longer joint name
            acronyms = (found[first] == term.acronym) + (found[second] == term.acronym)
            between, after = self._exact[first[1] : second[0]], self._exact[second[1] : second[1] + 1]
            if acronyms != 1 or between.strip() != "(" or after != ")":
                continue
            joined = (first[0], second[1] + 1)
            target = f"{found[first]} ({found[second]})"
            for span in [span for span in found if joined[0] <= span[0] and span[1] <= joined[1]]:
                del found[span]
            found[joined] = target


def _grown(found: Sequence[dict[Span, str]], chosen: Sequence[list[Span]]) -> list[list[Span]]:
    """Widen chosen spans, for the report, to the longest form that holds them and touches no other."""
    taken = sorted(span for own in chosen for span in own)
    result: list[list[Span]] = []
    for spans, own in zip(found, chosen, strict=True):
        grown = []
        for span in own:
            place = taken.index(span)
            low = taken[place - 1][1] if place else 0
            high = taken[place + 1][0] if place + 1 < len(taken) else None
            wide = max(
                (s for s in spans if low <= s[0] <= span[0] and span[1] <= s[1] and (high is None or s[1] <= high)),
                key=lambda s: s[1] - s[0],
            )
            taken[place] = wide
            grown.append(wide)
        result.append(grown)
    return result
