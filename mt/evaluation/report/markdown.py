"""The comparison as Markdown, for pull requests and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mt.evaluation.comparison import Comparison, metric_name
from mt.evaluation.report.markup import visible
from mt.evaluation.report.notable_segments import notable_segments
from mt.evaluation.report.tables import check_rows, term_rows

__all__ = ["render_markdown"]

# The text of larger sets, and more terms, are in the HTML report only.
_MOST_SEGMENTS = 30
_MOST_TERMS = 200
_MOST_NOTABLE = 5
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def render_markdown(comparison: Comparison) -> str:
    """Render scores, significance, terms and, for a small test set, the segments."""
    return "\n".join(_lines(comparison)) + "\n"


def plain(text: str) -> str:
    """Escape the user's text for Markdown and HTML, on one line."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(["---"] * left + ["--:"] * (len(head) - left)) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"# {plain(comparison.title)}"
    yield ""
    facts = f"{len(comparison.test_set.sources)} segments, {len(comparison.test_set.streams)} reference(s)"
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
        rows.append([name, plain(system.label), *(_number(system.values[metric]) for metric in metrics)])
    if comparison.ceiling:
        values = comparison.ceiling.values
        rows.append(["Human reference", "ceiling", *(_number(values.get(metric)) for metric in metrics)])
    yield from _table(["System", "Output", *(metric_name(metric) for metric in metrics)], rows, left=2)
    yield ""
    for metric in metrics:
        yield f"- {metric_name(metric)}: `{comparison.signatures[metric]}`"
    resampling = comparison.resampling
    yield f"- Test set: `sha256:{comparison.sha256}`; seed {resampling.seed}, {resampling.samples} bootstrap samples"
    tested = [system for system in comparison.systems if system.against]
    if tested:
        yield ""
        yield f"## Against {plain(comparison.baseline)}"
        yield ""
        rows = [
            [
                plain(system.name),
                metric_name(metric),
                f"{result.difference:+.2f}",
                f"{result.ci_low:+.2f} … {result.ci_high:+.2f}",
                _p(result.bootstrap_p),
                _p(result.randomisation_p),
                result.verdict,
            ]
            for system in tested
            for metric, result in system.against.items()
        ]
        head = ["System", "Metric", "Difference", "95% interval", "p bootstrap", "p randomisation", "Verdict"]
        yield from _table(head, rows, left=2)
    yield ""
    yield "## Quality checks"
    yield ""
    head = ["Percent", "Reference", *(plain(system.name) for system in comparison.systems)]
    yield from _table(head, [[row["description"], *map(_number, row["values"])] for row in check_rows(comparison)])
    yield from _term_lines(comparison)
    yield from _notable_lines(comparison)
    if len(comparison.test_set.sources) <= _MOST_SEGMENTS:
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
    for number, source in enumerate(comparison.test_set.sources):
        yield ""
        yield f"### {number + 1}" + (f" {plain(comparison.test_set.ids[number])}" if comparison.test_set.ids else "")
        yield ""
        yield f"- **Source:** {plain(source)}"
        for stream in comparison.test_set.streams:
            yield f"- **Human reference:** {plain(stream[number])}"
        for system in comparison.systems:
            checks = system.terms.checks[number] if system.terms else ()
            missed = [check.match.term for check in checks if not check.met]
            text = f"- **{plain(system.name)}:** {plain(system.hypotheses[number]) or '(empty)'}"
            if missed:
                text += " — missed: " + "; ".join(f"✗ {plain(t.source)} → {plain(t.targets[0])}" for t in missed)
            yield text
