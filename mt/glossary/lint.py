"""What is wrong, or worth a look, in a term base."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mt.glossary.formats.parsed import EntryError, ParsedGlossary
from mt.glossary.matching.folding import fold_source
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.matching.source_matcher import Matcher, TermMatch
from mt.glossary.term import Term
from mt.text.han import has_han

__all__ = ["Finding", "Severity", "lint", "lint_against_text", "lint_own_segments"]

Severity = Literal["error", "warning", "info"]

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<[A-Z]+,|\{\\?[a-z]+\}|\[\[|\]\]|\{\{|\}\}")
_OPEN_MARKUP = re.compile(r"[<>{}]")
_ENTITY = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_PLACEHOLDER = re.compile(r"(\\?_){2,}|\\_|…|\.{3}|～|\bXX+\b|×{2}")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_SENTENCE_END = re.compile(r"[。！？!?](?=.)", re.DOTALL)
_LONGEST_SOURCE = 40  # characters
_LONGEST_TARGET = 15  # words


@dataclass(frozen=True)
class Finding:
    """One thing found: ``entry`` is the source term, ``line`` its line in the file when the format has lines."""

    entry: str
    line: int | None
    kind: str
    severity: Severity
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return asdict(self)


def lint(
    parsed: ParsedGlossary, *, spells: Callable[[str], bool] | None = None, per_segment: bool = False
) -> list[Finding]:
    """Check a term base by itself.

    Args:
        parsed: a file's entries and errors.
        spells: whether the model's vocabulary can write a target.
        per_segment: the entries of line *n* belong to segment *n* of a text, so that only a repetition within a
            line is a duplicate.

    Returns:
        Findings in order of their lines.
    """
    findings = [_of_entry_error(error, "error") for error in parsed.errors]
    findings += [_of_entry_error(warning, "warning") for warning in parsed.warnings]
    keys = [fold_source(term.source) for term in parsed.terms]
    for term, key in zip(parsed.terms, keys, strict=True):
        findings += _alone(term, key)
        for target in term.targets:
            if spells is not None and not spells(target):
                message = f"the model's vocabulary cannot write '{target}'"
                findings.append(Finding(term.source, term.line, "unspellable", "error", message))
    findings += _repeated(parsed.terms, keys, per_segment)
    findings += _chains(parsed.terms, keys)
    findings += _nested(parsed.terms, keys, per_segment)
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.kind, finding.message))


def _of_entry_error(error: EntryError, severity: Severity) -> Finding:
    quoted = re.search(r"'([^']*)'", error.message)
    message = error.message if not error.hint else f"{error.message}; {error.hint}"
    return Finding(quoted[1] if quoted else "", error.line, error.kind, severity, message)


def _alone(term: Term, key: str) -> Iterator[Finding]:
    """Examine one entry."""

    def found(kind: str, severity: Severity, message: str) -> Finding:
        return Finding(term.source, term.line, kind, severity, message)

    if never := _never_matches(term.source, key):
        yield found("never-matches", "error", f"can never match: {never}")
    elif not any(map(str.isalnum, term.source)):
        yield found("punctuation", "warning", "the source holds no letter, digit or ideograph")
    elif len(key) == 1 and has_han(key):
        yield found("one-character", "warning", "a single character stands inside other words too: give whole words")
    elif len(term.source) > _LONGEST_SOURCE:
        yield found("too-long", "warning", f"the source has {len(term.source)} characters: it will rarely match")
    for side, text in [("source", term.source), *(("target", target) for target in term.targets if not term.keep)]:
        if entity := _ENTITY.search(text):
            yield found("entity", "error", f"the {side} holds the HTML entity '{entity[0]}'")
        if _MARKUP.search(text) or (_OPEN_MARKUP.search(text) and side == "source"):
            yield found("markup", "error", f"the {side} '{text[:60]}' holds markup")
        if side == "source":
            if len(text) > 1 and ("/" in text or "、" in text) and has_han(text):
                yield found("slash", "warning", f"the source '{text[:60]}' seems to list alternatives")
            if _BRACKETS.search(text):
                yield found("bracketed", "warning", f"the source has a part in brackets: '{text[:60]}'")
            continue
        yield from _target(text, found)


def _target(text: str, found: Callable[[str, Severity, str], Finding]) -> Iterator[Finding]:
    """Examine one target of an entry."""
    if len(text.split()) > _LONGEST_TARGET:
        yield found("too-long", "warning", f"a target has {len(text.split())} words: '{text[:60]}…'")
    if "/" in re.sub(r"\d/\d|https?://\S+", "", text):
        yield found("slash", "warning", f"'{text[:60]}' seems to list alternatives; separate them with |")
    if ";" in text or "；" in text:
        yield found("several-glosses", "warning", f"'{text[:60]}' seems to hold several targets; separate them with |")
    if _BRACKETS.search(text):
        yield found("bracketed", "warning", f"'{text[:60]}' has a part in brackets, demanded as it stands")
    if _PLACEHOLDER.search(text):
        yield found("placeholder", "warning", f"'{text[:60]}' has a placeholder, demanded as it stands")
    if has_han(text):
        yield found("chinese-target", "warning", f"the target '{text[:60]}' holds Chinese")


def _never_matches(source: str, key: str) -> str | None:
    """Say why no text can hold the source, or ``None``."""
    from mt.text.normalise import normalise_source

    if not key:
        return "it has no visible character"
    if "\n" in source or "\r" in source:
        return "it goes over a line end"
    if _PLACEHOLDER.search(source):
        return "it has a placeholder"
    if _SENTENCE_END.search(source) and has_han(source):
        return "a sentence ends inside it, and sentences are translated one by one"
    if "(" in source or "（" in source:
        normalised = normalise_source(source)
        if not any(match.end - match.start == len(normalised) for match in _alone_in(source, normalised)):
            return f"the cleaning of every text turns it into '{normalise_source(source)}'"
    return None


def _alone_in(source: str, text: str) -> list[TermMatch]:
    return Matcher([Term(source, (source,))]).match(text)


def _repeated(terms: Sequence[Term], keys: Sequence[str], per_segment: bool) -> Iterator[Finding]:
    """Find entries given twice, and sources with several entries that disagree."""
    groups: dict[tuple[str, int | None], list[Term]] = {}
    for term, key in zip(terms, keys, strict=True):
        groups.setdefault((key, term.line if per_segment else None), []).append(term)
    for group in groups.values():
        first = group[0]
        for later in group[1:]:
            where = f"line {first.line}" if first.line else "another entry"
            if set(first.targets) == set(later.targets):
                message = f"the same as {where}" if first.source == later.source else f"{first.source} of {where}"
                yield Finding(later.source, later.line, "duplicate", "warning", message)
            else:
                message = f"'{later.targets[0]}' here, '{first.targets[0]}' in {where}; both are allowed"
                yield Finding(later.source, later.line, "conflict", "warning", message)
            for name in ("case", "keep", "inflect", "policy", "acronym", "full"):
                one, other = getattr(first, name), getattr(later, name)
                if one != other and None not in (one, other):
                    message = f"{name} is {other} here, {one} in {where}"
                    yield Finding(later.source, later.line, "conflict", "warning", message)


def _chains(terms: Sequence[Term], keys: Sequence[str]) -> Iterator[Finding]:
    """Find targets that are another entry's source: translated text would match again."""
    by_key = {key: term for term, key in zip(terms, keys, strict=True)}
    for term, own in zip(terms, keys, strict=True):
        for target in term.targets:
            key = fold_source(target)
            if key in by_key and key != own:
                other = by_key[key]
                message = f"the target '{target}' is itself a source" + (f" (line {other.line})" if other.line else "")
                yield Finding(term.source, term.line, "chain", "warning", message)


def _nested(terms: Sequence[Term], keys: Sequence[str], per_segment: bool) -> Iterator[Finding]:
    """Find entries whose source holds another entry's source."""
    matcher = Matcher(terms)
    by_line: dict[int | None, set[str]] = {}
    for term, key in zip(terms, keys, strict=True):
        by_line.setdefault(term.line, set()).add(key)
    for term, own in zip(terms, keys, strict=True):
        inner = []
        for match in matcher.match(term.source, overlap=True):
            key = fold_source(match.term.source)
            if key != own and (not per_segment or key in by_line[term.line]):
                inner.append(match.term.source)
        if inner:
            names = ", ".join(dict.fromkeys(inner[:4]))
            yield Finding(term.source, term.line, "nested", "info", f"holds {names}; the longer one wins")


def lint_against_text(terms: Sequence[Term], pairs: Sequence[tuple[str, str]]) -> list[Finding]:
    """Say of each entry found in a bilingual text how often the human translation obeys it.

    Args:
        pairs: aligned (Chinese, English) segments.
    """
    matcher = Matcher(terms)
    found: Counter[Term] = Counter()
    met: Counter[Term] = Counter()
    for source, reference in pairs:
        for check in check_terms(reference, matcher.match(source)):
            found[check.match.term] += 1
            met[check.match.term] += check.met
    findings = []
    for term, count in found.items():
        severity: Severity = "info" if met[term] else "warning"
        message = f"the human translation obeys it in {met[term]} of {count} mentions"
        findings.append(Finding(term.source, term.line, "obeyed" if met[term] else "disobeyed", severity, message))
    return findings


def lint_own_segments(terms: Sequence[Term], pairs: Sequence[tuple[str, str]]) -> list[Finding]:
    """Check entries that belong to a segment, the one of their line: whether both sides stand in it."""
    findings = []
    for term in terms:
        if term.line is None or term.line > len(pairs):
            findings.append(Finding(term.source, term.line, "no-segment", "error", "the text has no such line"))
            continue
        source, reference = pairs[term.line - 1]
        matches = Matcher([term]).match(source)
        if not matches:
            findings.append(Finding(term.source, term.line, "absent-source", "warning", "is not in its own segment"))
        elif not any(check.met for check in check_terms(reference, matches)):
            message = f"'{term.targets[0]}' is not in its segment's human translation"
            findings.append(Finding(term.source, term.line, "absent-target", "info", message))
    return findings
