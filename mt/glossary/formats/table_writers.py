"""Term bases written as tables: the native TSV and CSV, DeepL's and Amazon's (read by :mod:`.tables`)."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mt.glossary.formats.options import escape, format_options, guarded
from mt.glossary.term import Term, make_term
from mt.io.text import inert_cell

_NATIVE = ["source", "target", "options"]


def _targets(term: Term) -> str:
    """Write the alternatives, without those at the end that full name and acronym restore when read."""
    names: dict[str, Any] = {"full": term.full, "acronym": term.acronym}
    count = len(term.targets)
    while count > 1 and make_term(term.source, term.targets[: count - 1], **names).targets == term.targets:
        count -= 1
    return "|".join(escape(target, "|") for target in term.targets[:count])


def _native_rows(terms: Sequence[Term]) -> Iterator[list[str]]:
    yield _NATIVE
    for term in terms:
        yield [guarded(escape(term.source, "")), guarded(_targets(term)), format_options(term)]


def write_tsv(terms: Sequence[Term]) -> str:
    """Write the native form: ``source  target  options`` with a header; holds everything."""
    return "".join("\t".join(row).rstrip("\t") + "\n" for row in _native_rows(terms))


def write_csv(terms: Sequence[Term]) -> str:
    """Write the native form with commas; holds everything."""
    return _csv_text(_native_rows(terms))


def write_deepl(terms: Sequence[Term]) -> str:
    """Write DeepL's four columns; holds one target a term and no options."""
    return _csv_text([inert_cell(term.source), inert_cell(term.targets[0]), "ZH", "EN"] for term in terms)


def write_amazon(terms: Sequence[Term]) -> str:
    """Write Amazon Translate's custom terminology; holds one target a term and no options."""
    return _csv_text([["zh", "en"], *([inert_cell(term.source), inert_cell(term.targets[0])] for term in terms)])


def _csv_text(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
