"""Write a comparison down: JSON for machines, a line a segment, and the report for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.errors import DataError
from mt.evaluation.comparison import verdict
from mt.evaluation.report.html import render_html
from mt.evaluation.report.markdown import render_markdown
from mt.io.files import write_text

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison
    from mt.metrics.terms import TermScores

__all__ = ["scores_table", "segment_lines", "write"]

_COLUMNS = (
    "system", "metric", "value", "difference", "bootstrap_p", "randomisation_p", "verdict", "signature", "label",
)  # fmt: skip


def write(comparison: Comparison, out_dir: str | Path) -> Path:
    """Write ``scores.json``, ``scores.csv``, ``segments.jsonl``, ``report.md`` and ``report.html`` into a folder.

    An earlier report there is replaced; other files are left alone.

    Returns:
        The path of the HTML report.

    Raises:
        DataError: the folder cannot be written.
    """
    # All of it is made before any of it is put in place.
    texts = {
        "scores.json": json.dumps(comparison.as_dict(), ensure_ascii=False, indent=2) + "\n",
        "scores.csv": scores_table(comparison),
        "segments.jsonl": "".join(segment_lines(comparison)),
        "report.md": render_markdown(comparison),
        "report.html": render_html(comparison),
    }
    out_dir = Path(out_dir)
    try:
        for name, text in texts.items():
            write_text(out_dir / name, text)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror})", path=out_dir, hint="give another folder") from None
    return out_dir / "report.html"


def scores_table(comparison: Comparison) -> str:
    """The content of ``scores.csv``: a row for each system and metric, for spreadsheets."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(_COLUMNS)
    for system in comparison.systems:
        for metric, value in system.figures.items():
            result = system.against.get(metric)
            tested = [result.difference, result.bootstrap_p, result.randomisation_p] if result else [None] * 3
            table.writerow(
                [
                    _inert(system.name),
                    metric,
                    value,
                    *tested,
                    verdict(metric, result) if result else None,
                    comparison.signatures[metric],
                    _inert(system.label),
                ]
            )
    return lines.getvalue()


def _inert(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def segment_lines(comparison: Comparison) -> Iterator[str]:
    """The lines of ``segments.jsonl``: one JSON object a segment, with every system's figures."""
    for number, source in enumerate(comparison.sources):
        row: dict[str, Any] = {"segment": number}
        if comparison.ids:
            row["id"] = comparison.ids[number]
        if comparison.documents:
            row["document"] = comparison.documents[number]
        row |= {"source": source, "references": [stream[number] for stream in comparison.references], "systems": {}}
        for system in comparison.systems:
            figures: dict[str, Any] = {"hypothesis": system.hypotheses[number]}
            if system.label:
                figures["label"] = system.label
            figures |= {metric: round(score.segments[number], 4) for metric, score in system.scores.items()}
            if system.terms:
                figures["terms"] = _term_rows(system.terms, number)
            row["systems"][system.name] = figures
        if comparison.ceiling:
            row["reference_terms"] = _term_rows(comparison.ceiling, number)
        line = json.dumps(row, ensure_ascii=False)
        # Readers that split on every Unicode line end must find one object a line, too.
        for end in "\x85\u2028\u2029":
            line = line.replace(end, f"\\u{ord(end):04x}")
        yield line + "\n"


def _term_rows(terms: TermScores, number: int) -> list[dict[str, Any]]:
    return [
        {
            "source": check.match.term.source,
            "start": check.match.start,
            "end": check.match.end,
            "targets": list(check.match.term.targets),
            "met": check.met,
            "target": check.target,
            "target_start": check.start,
            "target_end": check.end,
        }
        for check in terms.checks[number]
    ]
