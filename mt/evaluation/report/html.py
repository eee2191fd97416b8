"""The report for people: one HTML file that needs no network and opens from disk."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from mt.evaluation.comparison import SIGNS, Comparison, System, metric_name
from mt.evaluation.report.charts import charts
from mt.evaluation.report.markup import Mark, differing_spans, mark_up
from mt.evaluation.report.tables import check_rows, notable_segments, term_rows
from mt.evaluation.report.templates import FOLDER, environment
from mt.metrics.terms import TermScores

# Characters of a translation shown in a list.
_EXCERPT = 160


def render_html(comparison: Comparison) -> str:
    """Render the whole report.

    The user's text is escaped, control and bidirectional characters are shown by code point, and a content security
    policy allows only the report's own script, by its hash, and no requests.
    """
    script = (FOLDER / "report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        environment(autoescape=True)
        .get_template("report.html.jinja")
        .render(
            comparison=comparison,
            style=Markup((FOLDER / "report.css").read_text("utf-8")),
            script=Markup(script),
            script_hash=digest,
            summary=[_summary_row(comparison, system) for system in comparison.systems],
            ceiling=comparison.ceiling and [comparison.ceiling.values.get(metric) for metric in comparison.metrics],
            significance=any(system.against for system in comparison.systems),
            terms=term_rows(comparison),
            checks=check_rows(comparison),
            charts=charts(comparison),
            rankings={metric: ranking.ranks for metric, ranking in comparison.rankings.items() if ranking.ranks},
            documents=comparison.by_document() if len(set(comparison.test_set.documents or ())) > 1 else {},
            notable=_notable_blocks(comparison),
            segments=(_segment(comparison, number) for number in range(len(comparison.test_set.sources))),
        )
    )


def _summary_row(comparison: Comparison, system: System) -> dict[str, Any]:
    baseline = comparison.system(comparison.baseline)
    cells = []
    for metric in comparison.metrics:
        value = system.values[metric]
        cell: dict[str, Any] = {"metric": metric, "value": value, "best": False, "sign": "", "kind": "", "delta": None}
        # Compared as displayed, so that scores that look equal are both best.
        others = {round(v, 1) for v in (other.values[metric] for other in comparison.systems) if v is not None}
        if value is not None and len(others) > 1:
            best = min(others) if system.scores[metric].lower_is_better else max(others)
            cell["best"] = round(value, 1) == best
        before = baseline.values[metric]
        if system is not baseline and value is not None and before is not None:
            cell["delta"] = value - before
        result = system.against.get(metric)
        if result is not None:
            cell |= {
                "kind": result.verdict if result.verdict in ("better", "worse") else "",
                "sign": SIGNS.get(result.verdict, ""),
                "title": f"bootstrap p = {result.bootstrap_p:.3f}, randomisation p = {result.randomisation_p:.3f}"
                + (f"; {result.note}" if result.note else ""),
            }
        ceiling = comparison.ceiling.values.get(metric) if comparison.ceiling else None
        cell["tick"] = None if ceiling is None else min(100.0, ceiling)
        cells.append(cell)
    return {"name": system.name, "label": system.label, "baseline": system is baseline, "cells": cells}


def _notable_blocks(comparison: Comparison) -> list[dict[str, Any]]:
    """Each system's lists of segments to read first; none where every list is empty."""
    titles = {
        "worst": "Worst",
        "best": "Best",
        "lost": f"Lost most against {comparison.baseline}",
        "gained": f"Gained most against {comparison.baseline}",
    }
    blocks = []
    for system in comparison.systems:
        lists = notable_segments(comparison, system)
        shown = [
            {
                "title": titles[kind],
                "changed": kind in ("lost", "gained"),
                "rows": [
                    (entry, " ".join(system.hypotheses[entry.number].split())[:_EXCERPT]) for entry in lists[kind]
                ],
            }
            for kind in lists
        ]
        if any(lists.values()):
            blocks.append({"name": system.name, "lists": shown})
    return blocks


def _segment(comparison: Comparison, number: int) -> dict[str, Any]:
    test_set = comparison.test_set
    reference = test_set.streams[0][number]
    outputs = []
    for system in comparison.systems:
        text = system.hypotheses[number]
        chips = [
            {"name": metric_name(metric), "value": system.scores[metric].segments[number]}
            for metric in ("chrf++", "bleu", "ter")
            if metric in system.scores
        ]
        outputs.append(
            {
                "name": system.name,
                "label": system.label,
                "text": mark_up(text, _target_marks(system.terms, number), differing_spans(text, reference)),
                "empty": not text.strip(),
                "chips": chips,
                "chrf": round(system.scores["chrf++"].segments[number], 2),
                **_met_and_missed(system.terms, number),
            }
        )
    terms = comparison.ceiling.checks[number] if comparison.ceiling else ()
    source_marks = [
        Mark(check.match.start, check.match.end, "term", " | ".join(check.match.term.targets)) for check in terms
    ]
    return {
        "number": number,
        "id": test_set.ids[number] if test_set.ids else "",
        "document": test_set.documents[number] if test_set.documents else "",
        "source": mark_up(test_set.sources[number], source_marks),
        "references": [
            mark_up(stream[number], _target_marks(comparison.ceiling, number) if place == 0 else ())
            for place, stream in enumerate(test_set.streams)
        ],
        "reference": _met_and_missed(comparison.ceiling, number),
        "outputs": outputs,
        "changed": len({system.hypotheses[number] for system in comparison.systems}) > 1,
    }


def _target_marks(terms: TermScores | None, number: int) -> Sequence[Mark]:
    if terms is None:
        return ()
    return [
        Mark(check.start, check.end, "met", f"✓ {check.match.term.source}")
        for check in terms.checks[number]
        if check.start is not None and check.end is not None
    ]


def _met_and_missed(terms: TermScores | None, number: int) -> dict[str, Any]:
    checks = terms.checks[number] if terms else ()
    missed = [
        {"source": check.match.term.source, "target": check.match.term.targets[0]} for check in checks if not check.met
    ]
    return {"met": len(checks) - len(missed), "total": len(checks), "missed": missed}
