"""The report for people: one HTML file that needs no network and opens from disk."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mt.evaluation.comparison import better, verdict
from mt.evaluation.report.charts import charts
from mt.evaluation.report.markup import Mark, differing_spans, mark_up, visible
from mt.evaluation.report.notable_segments import notable_segments
from mt.metrics.checks import FAULTS

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison, System
    from mt.metrics.terms import TermScores

__all__ = ["METRIC_NAMES", "fault_rows", "render_html", "term_rows"]

METRIC_NAMES = {
    "bleu": "BLEU",
    "chrf++": "chrF++",
    "chrf": "chrF",
    "ter": "TER",
    "comet": "COMET",
    "term_success": "Term success",
    "term_exclusive": "Terms exact",
    "term_consistency": "Consistency",
    "term_window_2": "Window 2",
    "term_window_3": "Window 3",
    "term_ter": "1−TERm",
}
_FOLDER = Path(__file__).parent
# Characters of a translation in a list; what does not fit the line is cut there.
_EXCERPT = 160


def render_html(comparison: Comparison) -> str:
    """Render the whole report.

    Text of the user's is escaped, control and bidirectional characters are written out, and a content
    security policy lets run only the report's own script, named by its hash, and no request leave.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = lambda text: Markup("<bdi>{}</bdi>").format(mark_up(str(text)))
    environment.filters["visible"] = lambda text: visible(str(text))
    script = (_FOLDER / "report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("report.html.jinja").render(
        comparison=comparison,
        style=Markup((_FOLDER / "report.css").read_text("utf-8")),
        script=Markup(script),
        script_hash=digest,
        names=METRIC_NAMES,
        summary=[_summary_row(comparison, system) for system in comparison.systems],
        ceiling=_ceiling_row(comparison),
        significance=_significance_rows(comparison),
        terms=term_rows(comparison),
        faults=fault_rows(comparison),
        charts=charts(comparison, METRIC_NAMES),
        ranks=_rank_rows(comparison),
        documents=comparison.by_document() if len(set(comparison.documents or ())) > 1 else {},
        notable=_notable_blocks(comparison),
        segments=(_segment(comparison, number) for number in range(len(comparison.sources))),
    )


def term_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a glossary term: wanted how often, met how often by the reference and each system; worst first."""
    if comparison.ceiling is None:
        return []
    met = {
        system.name: {(c.source, c.targets): c.met for c in system.terms.counts}
        for system in comparison.systems
        if system.terms
    }
    rows = []
    for count in comparison.ceiling.counts:
        key = (count.source, count.targets)
        systems = [_term_cell(met[system.name][key], count.total) for system in comparison.systems]
        rows.append(
            {
                "source": count.source,
                "targets": count.targets,
                "total": count.total,
                "reference": _term_cell(count.met, count.total),
                "systems": systems,
                "missed": sum(count.total - cell["met"] for cell in systems),
            }
        )
    return sorted(rows, key=lambda row: -row["missed"])


def fault_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a kind of fault: its share in the human reference and in each system, in percent."""
    rows: list[dict[str, Any]] = [
        {
            "says": says,
            "values": [comparison.reference_faults[name], *(system.faults[name] for system in comparison.systems)],
        }
        for name, says in FAULTS.items()
    ]
    if comparison.ceiling and comparison.ceiling.details["mention_policy"]["mentions"]:
        scored = [comparison.ceiling, *(system.terms for system in comparison.systems if system.terms)]
        for key, says in (
            ("first", "first mentions without full name and acronym"),
            ("later", "later mentions not by the acronym alone"),
        ):
            found = [terms.details["mention_policy"][key] for terms in scored]
            rows.append({"says": says, "values": [None if value is None else 100.0 - value for value in found]})
    return rows


def _term_cell(met: int, total: int) -> dict[str, Any]:
    kind = "met" if met == total else "missed" if met == 0 else "part"
    return {"met": met, "total": total, "kind": kind, "sign": {"met": "✓", "missed": "✗", "part": "◐"}[kind]}


def _summary_row(comparison: Comparison, system: System) -> dict[str, Any]:
    cells = []
    for metric in comparison.metrics:
        value = system.figures[metric]
        cell: dict[str, Any] = {"metric": metric, "value": value, "best": False, "sign": "", "kind": "", "delta": None}
        others = [s.figures[metric] for s in comparison.systems]
        known = [v for v in others if v is not None]
        if value is not None and len(known) > 1 and len(set(known)) > 1:
            # Compared as shown, so that two figures that look equal are both best.
            cell["best"] = not any(better(metric, round(other, 1) - round(value, 1)) for other in known)
        theirs = comparison.system(comparison.baseline).figures[metric]
        if system.name != comparison.baseline and value is not None and theirs is not None:
            cell["delta"] = value - theirs
        result = system.against.get(metric)
        if result is not None:
            found = verdict(metric, result)
            cell |= {
                "kind": found if found in ("better", "worse") else "",
                "sign": {"better": "▲", "worse": "▼", "same": "≈"}.get(found, ""),
                "title": f"bootstrap p = {result.bootstrap_p:.3f}, randomisation p = {result.randomisation_p:.3f}"
                + (f"; {result.note}" if result.note else ""),
            }
        ceiling = comparison.ceiling.figures.get(metric) if comparison.ceiling else None
        cell["tick"] = None if ceiling is None else min(100.0, ceiling)
        cells.append(cell)
    return {"name": system.name, "label": system.label, "baseline": system.name == comparison.baseline, "cells": cells}


def _ceiling_row(comparison: Comparison) -> list[float | None] | None:
    if comparison.ceiling is None:
        return None
    return [comparison.ceiling.figures.get(metric) for metric in comparison.metrics]


def _significance_rows(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "system": system.name,
            "metric": METRIC_NAMES[metric],
            "result": result,
            "holm": system.corrected[metric],
            "verdict": verdict(metric, result),
        }
        for system in comparison.systems
        for metric, result in system.against.items()
    ]


def _rank_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a system: its range of ranks and its cluster by each metric that ranks systems."""
    ranked = {metric: ranking.ranks for metric, ranking in comparison.rankings.items() if ranking.ranks}
    return [
        {
            "name": system.name,
            "cells": [(METRIC_NAMES[metric], ranks[system.name]) for metric, ranks in ranked.items()],
        }
        for system in comparison.systems
        if ranked and system.name not in comparison.steps
    ]


def _notable_blocks(comparison: Comparison) -> list[dict[str, Any]]:
    """Each system's lists of segments to look at; none at all where every list is empty."""
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
    reference = comparison.references[0][number]
    outputs = []
    for system in comparison.systems:
        text = system.hypotheses[number]
        chips = [
            {"name": METRIC_NAMES[metric], "value": system.scores[metric].segments[number]}
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
    wanted = comparison.ceiling.checks[number] if comparison.ceiling else ()
    source_marks = [
        Mark(check.match.start, check.match.end, "term", " | ".join(check.match.term.targets)) for check in wanted
    ]
    return {
        "number": number,
        "id": comparison.ids[number] if comparison.ids else "",
        "document": comparison.documents[number] if comparison.documents else "",
        "source": mark_up(comparison.sources[number], source_marks),
        "references": [
            mark_up(stream[number], _target_marks(comparison.ceiling, number) if place == 0 else ())
            for place, stream in enumerate(comparison.references)
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
