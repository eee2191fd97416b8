"""The comparison as Markdown, for pull requests and notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mt.evaluation.comparison import Comparison, System
from mt.evaluation.report.markup import plain
from mt.evaluation.report.tables import Notable, check_rows, notable_segments, term_rows
from mt.evaluation.report.templates import environment

# The text of larger sets, and more terms, are in the HTML report only.
_MOST_SEGMENTS = 30
_MOST_TERMS = 200
_MOST_NOTABLE = 5


def render_markdown(comparison: Comparison) -> str:
    """Render scores, significance, terms and, for a small test set, the segments."""
    templates = environment(autoescape=False)
    number, p_value = templates.filters["number"], templates.filters["p_value"]
    systems = comparison.systems
    scores = [
        [
            f"**{plain(system.name)}**" + (" (baseline)" if system.name == comparison.baseline else ""),
            plain(system.label),
            *map(number, system.values.values()),
        ]
        for system in systems
    ]
    if comparison.ceiling:
        values = comparison.ceiling.values
        scores.append(["Human reference", "ceiling", *(number(values.get(metric)) for metric in comparison.metrics)])
    significance = [
        [
            plain(system.name),
            templates.filters["metric_name"](metric),
            f"{result.difference:+.2f}",
            f"{result.ci_low:+.2f} … {result.ci_high:+.2f}",
            p_value(result.bootstrap_p),
            p_value(result.randomisation_p),
            result.verdict,
        ]
        for system in systems
        for metric, result in system.against.items()
    ]
    terms = [
        [
            plain(row["source"]),
            " / ".join(plain(target) for target in row["targets"]),
            *(f"{cell['sign']} {cell['met']}/{cell['total']}" for cell in (row["reference"], *row["systems"])),
        ]
        for row in term_rows(comparison)
    ]
    kinds = ("worst", "best", *(("lost", "gained") if len(systems) > 1 else ()))
    lists = {system.name: notable_segments(comparison, system, _MOST_NOTABLE) for system in systems}
    notable = [[plain(name), *(_listed(kind, found.get(kind, ())) for kind in kinds)] for name, found in lists.items()]
    return templates.get_template("report.md.jinja").render(
        comparison=comparison,
        sources=comparison.test_set.sources,
        names=[plain(system.name) for system in systems],
        table=_table,
        scores=scores,
        significance=significance,
        checks=[[row["description"], *map(number, row["values"])] for row in check_rows(comparison)],
        terms=terms,
        most_terms=_MOST_TERMS,
        kinds=kinds,
        notable=notable if any(entries for found in lists.values() for entries in found.values()) else [],
        most_segments=_MOST_SEGMENTS,
        missed=_missed,
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], left: int = 1) -> str:
    """A table whose first ``left`` columns are aligned to the left, the others to the right."""
    rule = "|" + "|".join(["---"] * left + ["--:"] * (len(head) - left)) + "|"
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


def _listed(kind: str, entries: Sequence[Notable]) -> str:
    changed = kind in ("lost", "gained")
    shown = [f"{e.number + 1} ({f'{e.before:.1f} → ' if changed else ''}{e.score:.1f})" for e in entries]
    return ", ".join(shown) or "–"


def _missed(system: System, number: int) -> str:
    """The terms that a segment's translation lacks."""
    checks = system.terms.checks[number] if system.terms else ()
    terms = [check.match.term for check in checks if not check.met]
    shown = "; ".join(f"✗ {plain(term.source)} → {plain(term.targets[0])}" for term in terms)
    return f" — missed: {shown}" if shown else ""
