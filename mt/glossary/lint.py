"""What is wrong, or worth a look, in a term base."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.matching.folding import fold_source
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.matching.source_matcher import Matcher
from mt.glossary.term import EntryError, Term
from mt.text.han import has_han
from mt.text.normalise import normalise_source

Severity = Literal["error", "warning", "info"]
_Found = Iterator[tuple[str, Severity, str]]  # kind, severity, message

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<[A-Z]+,|\{\\?[a-z]+\}|\[\[|\]\]|\{\{|\}\}")
_OPEN_MARKUP = re.compile(r"[<>{}]")
_ENTITY = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_PLACEHOLDER = re.compile(r"(\\?_){2,}|\\_|…|\.{3}|～|\bXX+\b|×{2}")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_NO_LIST = re.compile(r"\d/\d|https?://\S+")  # slashes that separate no alternatives
_MAX_SOURCE = 40  # characters
_MAX_TARGET = 15  # words


@dataclass(frozen=True)
class Finding:
    """One thing found: ``entry`` is the source term, ``line`` its line in the file when the format has lines."""

    entry: str
    line: int | None
    kind: str
    severity: Severity
    message: str


def lint(parsed: ParsedGlossary, *, spells: Callable[[str], bool] | None = None) -> list[Finding]:
    """Check a term base by itself, in order of its lines; ``spells``: whether the model can write a target."""
    findings = [_of_entry_error(error, "error") for error in parsed.errors]
    findings += [_of_entry_error(warning, "warning") for warning in parsed.warnings]
    keys = [fold_source(term.source) for term in parsed.terms]
    last = dict(zip(keys, parsed.terms, strict=True))
    first: dict[str, Term] = {}
    matcher = Matcher(parsed.terms)
    for term, key in zip(parsed.terms, keys, strict=True):
        found = [*_source(term.source, key), *_targets(term, key, last, spells)]
        if first.setdefault(key, term) is not term:
            found += _repeated(first[key], term)
        matches = matcher.match(term.source, overlap=True)
        if inner := [match.term.source for match in matches if fold_source(match.term.source) != key]:
            found.append(("nested", "info", f"holds {', '.join(dict.fromkeys(inner[:4]))}; the longer one wins"))
        findings += [Finding(term.source, term.line, *one) for one in found]
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.kind, finding.message))


def _of_entry_error(error: EntryError, severity: Severity) -> Finding:
    quoted = re.search(r"'([^']*)'", error.message)
    return Finding(quoted[1] if quoted else "", error.line, error.kind, severity, error.advice)


def _source(source: str, key: str) -> _Found:
    if reason := _never_matches(source, key):
        yield "never-matches", "error", f"can never match: {reason}"
    elif not any(map(str.isalnum, source)):
        yield "punctuation", "warning", "the source holds no letter, digit or ideograph"
    elif len(key) == 1 and has_han(key):
        yield "one-character", "warning", "a single character is part of other words too: give whole words"
    elif len(source) > _MAX_SOURCE:
        yield "too-long", "warning", f"the source has {len(source)} characters: it will rarely match"
    yield from _markup("source", source)
    if len(source) > 1 and ("/" in source or "、" in source) and has_han(source):
        yield "slash", "warning", f"the source '{source[:60]}' seems to list alternatives"
    if _BRACKETS.search(source):
        yield "bracketed", "warning", f"the source has a part in brackets: '{source[:60]}'"


def _markup(side: str, text: str) -> _Found:
    if entity := _ENTITY.search(text):
        yield "entity", "error", f"the {side} holds the HTML entity '{entity[0]}'"
    if _MARKUP.search(text) or (_OPEN_MARKUP.search(text) and side == "source"):
        yield "markup", "error", f"the {side} '{text[:60]}' holds markup"


def _targets(term: Term, key: str, by_key: dict[str, Term], spells: Callable[[str], bool] | None) -> _Found:
    for target in term.targets:
        if spells is not None and not spells(target):
            yield "unspellable", "error", f"the model's vocabulary cannot write '{target}'"
        if term.keep:
            continue
        yield from _markup("target", target)
        quoted, words = f"'{target[:60]}'", len(target.split())
        for kind, wrong, message in (
            ("too-long", words > _MAX_TARGET, f"a target has {words} words: {quoted}"),
            ("slash", "/" in _NO_LIST.sub("", target), f"{quoted} seems to list alternatives; separate them with |"),
            ("several-glosses", re.search("[;；]", target), f"{quoted} seems to hold several; separate them with |"),
            ("bracketed", _BRACKETS.search(target), f"{quoted} has a part in brackets, required literally"),
            ("placeholder", _PLACEHOLDER.search(target), f"{quoted} has a placeholder, required literally"),
            ("chinese-target", has_han(target), f"the target {quoted} holds Chinese"),
        ):
            if wrong:
                yield kind, "warning", message
        other = by_key.get(fold_source(target))
        if other is not None and fold_source(target) != key:  # translated text would match again
            place = f" (line {other.line})" if other.line else ""
            yield "chain", "warning", f"the target '{target}' is itself a source{place}"


def _never_matches(source: str, key: str) -> str | None:
    """Return why no text can hold the source, or ``None``."""
    if not key:
        return "it has no visible character"
    if _PLACEHOLDER.search(source):
        return "it has a placeholder"
    if "(" in source or "（" in source:
        normalised = normalise_source(source)
        matches = Matcher([Term(source, (source,))]).match(normalised)
        if not any(match.end - match.start == len(normalised) for match in matches):
            return f"the cleaning of every text turns it into '{normalised}'"
    return None


def _repeated(first: Term, later: Term) -> _Found:
    """Compare an entry with an earlier one of the same source."""
    place = f"line {first.line}" if first.line else "another entry"
    if set(first.targets) == set(later.targets):
        same = first.source == later.source
        yield "duplicate", "warning", f"the same as {place}" if same else f"{first.source} of {place}"
    else:
        yield "conflict", "warning", f"'{later.targets[0]}' here, '{first.targets[0]}' in {place}; both are allowed"
    for name in ("case", "keep", "inflect", "policy", "acronym", "full"):
        one, other = getattr(first, name), getattr(later, name)
        if one != other and None not in (one, other):
            yield "conflict", "warning", f"{name} is {other} here, {one} in {place}"


def lint_against_text(terms: Sequence[Term], pairs: Sequence[tuple[str, str]]) -> list[Finding]:
    """Report of each entry found in aligned (Chinese, English) segments how often the human translation obeys it."""
    matcher = Matcher(terms)
    found, met = Counter[Term](), Counter[Term]()
    for source, reference in pairs:
        for check in check_terms(reference, matcher.match(source)):
            found[check.match.term] += 1
            met[check.match.term] += check.met
    kinds: dict[bool, tuple[str, Severity]] = {True: ("obeyed", "info"), False: ("disobeyed", "warning")}
    message = "the human translation obeys it in {} of {} mentions"
    return [
        Finding(term.source, term.line, *kinds[met[term] > 0], message.format(met[term], count))
        for term, count in found.items()
    ]
