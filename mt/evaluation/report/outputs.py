"""Write a comparison to a folder: JSON for machines, and the report for people."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mt.errors import DataError, UserError
from mt.evaluation.comparison import Comparison
from mt.evaluation.report.render import render_html
from mt.io.files import check_place, known_files, mark_written, write_text
from mt.metrics.terms import TERM_METRICS, TermScores

_ELSEWHERE = "choose another folder for the report"
_FILES = ("scores.json", "segments.jsonl", "report.html")


def check_report(out_dir: str | Path, inputs: Sequence[str] = ()) -> None:
    """Refuse, before any work, a folder in which a report would replace an input or what is no earlier report."""
    check_place(out_dir)
    out_dir = Path(out_dir)
    read = {Path(path).resolve() for path in inputs}
    for name in set(_FILES) - known_files(out_dir, "report"):
        if (out_dir / name).exists():
            raise UserError("exists and is of no report written here", path=out_dir / name, hint=_ELSEWHERE)
    for path in (out_dir / name for name in _FILES):
        if path.resolve() in read:
            raise UserError("is to be read and would be replaced", path=path, hint=_ELSEWHERE)


def write(comparison: Comparison, out_dir: str | Path) -> Path:
    """Write ``scores.json``, ``segments.jsonl`` and ``report.html`` into a folder, and return the last one's path.

    An earlier report there is replaced; other files are left alone.
    """
    if "chrf++" not in comparison.metrics:
        raise DataError("the report sorts segments by chrF++", hint="add chrf++ to the metrics")
    out_dir = Path(out_dir)
    check_report(out_dir)
    # All files are rendered before any is written.
    scores = json.dumps(comparison.to_dict(), ensure_ascii=False, indent=2) + "\n"
    texts = (scores, "".join(_segment_lines(comparison)), render_html(comparison))
    mark_written(out_dir, "report", _FILES)
    for name, text in zip(_FILES, texts, strict=True):
        write_text(out_dir / name, text)
    return out_dir / "report.html"


def _segment_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of ``segments.jsonl``: one JSON object per segment, with every system's scores."""
    test_set = comparison.test_set
    for number, source in enumerate(test_set.sources):
        row: dict[str, Any] = {"segment": number}
        given = {"id": test_set.ids, "document": test_set.documents}
        row |= {key: values[number] for key, values in given.items() if values}
        row |= {"source": source, "references": [stream[number] for stream in test_set.streams], "systems": {}}
        for system in comparison.systems:
            found: dict[str, Any] = {"hypothesis": system.hypotheses[number]}
            if system.label:
                found["label"] = system.label
            found["scores"] = {
                metric: round(score.segments[number], 4)
                for metric, score in system.scores.items()
                if metric not in TERM_METRICS and len(score.segments) == len(test_set.sources)
            }
            if system.terms:
                found["terms"] = _term_rows(system.terms, number)
            row["systems"][system.name] = found
        if comparison.ceiling:
            row["reference_terms"] = _term_rows(comparison.ceiling, number)
        line = json.dumps(row, ensure_ascii=False)
        # Readers that split at every Unicode line end must find one object per line, too.
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
