"""The comparison as text: Markdown for pull requests and notes, aligned lines for a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mt.evaluation.comparison import verdict
from mt.evaluation.report.html import METRIC_NAMES, fault_rows, term_rows
from mt.evaluation.report.markup import visible
from mt.evaluation.report.notable_segments import notable_segments

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison

__all__ = ["render_markdown", "render_summary"]

# Longer sets are read in the HTML report; the text of these fits a page.
_MOST_SEGMENTS = 30
_MOST_TERMS = 200
_MOST_NOTABLE = 5
# What the terminal shows; the rest is in the report.
_COLUMNS = ("bleu", "chrf++", "ter", "term_success", "term_exclusive")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def render_markdown(comparison: Comparison) -> str:
    """Render scores, significance, terms and, of a small test set, the segments."""
    return "\n".join(_lines(comparison)) + "\n"


def plain(text: str) -> str:
    """Make text of the user's mean nothing to Markdown or HTML, on one line."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(["---"] * left + ["--:"] * (len(head) - left)) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"# {plain(comparison.title)}"
    yield ""
    facts = f"{len(comparison.sources)} segments, {len(comparison.references)} reference(s)"
    if comparison.glossary:
        facts += f", glossary of {comparison.glossary['terms']} terms"
    yield facts + "."
    if comparison.notes:
        yield ""
        for note in comparison.notes:
            yield f"- {plain(note)}"
    yield ""
    yield "## Scores"
    yield ""
    metrics = comparison.metrics
    rows = []
    for system in comparison.systems:
        name = f"**{plain(system.name)}**" + (" (baseline)" if system.name == comparison.baseline else "")
        rows.append([name, plain(system.label), *(_figure(system.figures[metric]) for metric in metrics)])
    if comparison.ceiling:
        figures = comparison.ceiling.figures
        rows.append(["Human reference", "ceiling", *(_figure(figures.get(metric)) for metric in metrics)])
    yield from _table(["System", "Output", *(METRIC_NAMES[metric] for metric in metrics)], rows, left=2)
    yield ""
    for metric in metrics:
        yield f"- {METRIC_NAMES[metric]}: `{comparison.signatures[metric]}`"
    yield f"- Test set: `sha256:{comparison.sha256}`; seed {comparison.seed}, {comparison.samples} bootstrap samples"
    tested = [system for system in comparison.systems if system.against]
    if tested:
        yield ""
        yield f"## Against {plain(comparison.baseline)}"
        yield ""
        rows = [
            [
                plain(system.name),
                METRIC_NAMES[metric],
                f"{result.difference:+.2f}",
                f"{result.low:+.2f} … {result.high:+.2f}",
                _p(result.bootstrap_p),
                _p(result.randomisation_p),
                verdict(metric, result),
            ]
            for system in tested
            for metric, result in system.against.items()
        ]
        head = ["System", "Metric", "Difference", "95% interval", "p bootstrap", "p randomisation", "Verdict"]
        yield from _table(head, rows, left=2)
    yield ""
    yield "## Faults"
    yield ""
    head = ["Percent", "Reference", *(plain(system.name) for system in comparison.systems)]
    yield from _table(head, [[row["says"], *map(_figure, row["values"])] for row in fault_rows(comparison)])
    yield from _term_lines(comparison)
    yield from _notable_lines(comparison)
    if len(comparison.sources) <= _MOST_SEGMENTS:
        yield from _segment_lines(comparison)


def _term_lines(comparison: Comparison) -> Iterator[str]:
    terms = term_rows(comparison)
    if not terms:
        return
    yield ""
    yield "## Terms"
    yield ""
    rows = [
        [
            plain(row["source"]),
            " / ".join(plain(target) for target in row["targets"]),
            *(f"{cell['sign']} {cell['met']}/{cell['total']}" for cell in (row["reference"], *row["systems"])),
        ]
        for row in terms[:_MOST_TERMS]
    ]
    yield from _table(["Term", "Accepted", "Reference", *(plain(s.name) for s in comparison.systems)], rows, left=2)
    if len(terms) > _MOST_TERMS:
        yield ""
        yield f"{len(terms) - _MOST_TERMS} more terms are in the HTML report."


def _notable_lines(comparison: Comparison) -> Iterator[str]:
    lists = {system.name: notable_segments(comparison, system, _MOST_NOTABLE) for system in comparison.systems}
    if not any(entries for found in lists.values() for entries in found.values()):
        return
    yield ""
    yield "## Worst, best and most changed"
    yield ""
    yield f"Segments with their chrF++; lost and gained against {plain(comparison.baseline)}."
    yield ""
    kinds = ("worst", "best", *(("lost", "gained") if len(lists) > 1 else ()))
    rows = [
        [
            plain(name),
            *(
                ", ".join(
                    f"{entry.number + 1} ({entry.before:.1f} → {entry.score:.1f})"
                    if kind in ("lost", "gained")
                    else f"{entry.number + 1} ({entry.score:.1f})"
                    for entry in found.get(kind, ())
                )
                or "–"
                for kind in kinds
            ),
        ]
        for name, found in lists.items()
    ]
    yield from _table(["System", *(kind.capitalize() for kind in kinds)], rows, left=1 + len(kinds))


def _segment_lines(comparison: Comparison) -> Iterator[str]:
    yield ""
    yield "## Segments"
    for number, source in enumerate(comparison.sources):
        yield ""
        yield f"### {number + 1}" + (f" {plain(comparison.ids[number])}" if comparison.ids else "")
        yield ""
        yield f"- **Source:** {plain(source)}"
        for stream in comparison.references:
            yield f"- **Human reference:** {plain(stream[number])}"
        for system in comparison.systems:
            checks = system.terms.checks[number] if system.terms else ()
            missed = [check.match.term for check in checks if not check.met]
            text = f"- **{plain(system.name)}:** {plain(system.hypotheses[number]) or '(empty)'}"
            if missed:
                text += " — missed: " + "; ".join(f"✗ {plain(t.source)} → {plain(t.targets[0])}" for t in missed)
            yield text


def render_summary(comparison: Comparison) -> str:
    """Lay the main figures out as aligned lines for a terminal, with signatures and what must be said with them."""

    columns = [metric for metric in _COLUMNS if metric in comparison.metrics]
    marks = {"better": " ▲", "worse": " ▼", "same": " ≈"}
    rows = [["system", *(METRIC_NAMES[metric] for metric in columns)]]
    for system in comparison.systems:
        row = [system.name]
        for metric in columns:
            value = system.figures[metric]
            result = system.against.get(metric)
            mark = marks.get(verdict(metric, result), "  ") if result else "  "
            row.append(("–" if value is None else f"{value:.1f}") + mark)
        rows.append(row)
    if comparison.ceiling:
        figures = comparison.ceiling.figures
        values = [figures.get(metric) for metric in columns]
        rows.append(["(human reference)", *("–  " if v is None else f"{v:.1f}  " for v in values)])
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0] + " " * (widths[0] - _width(row[0]))]
        cells += [" " * (width - _width(text)) + text for text, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.append("")
    if any(system.against for system in comparison.systems):
        lines.append(f"against {comparison.baseline}: ▲ significantly better, ▼ worse, ≈ no significant difference")
    lines += [f"{METRIC_NAMES[metric]}: {comparison.signatures[metric]}" for metric in columns]
    lines += [f"note: {note}" for note in comparison.notes]
    return "\n".join(visible(line) for line in lines)


def _width(text: str) -> int:
    """Terminal columns: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
