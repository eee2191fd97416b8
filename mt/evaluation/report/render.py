"""The report of a comparison: one HTML file that needs no network, all text in it made safe by filters."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mt.evaluation.comparison import SIGNS, Comparison, metric_name
from mt.evaluation.report.markup import Mark, differing_spans, mark_up, visible
from mt.evaluation.report.rows import length_rows, notable_segments, term_rows
from mt.metrics.checks import CHECKS
from mt.metrics.terms import TermScores

_FOLDER = Path(__file__).parent


def render_html(comparison: Comparison) -> str:
    """Render the whole report; its policy allows only the report's own script, by its hash, and no requests."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "show": lambda text: Markup("<bdi>{}</bdi>").format(mark_up(str(text))),
        "visible": lambda text: visible(str(text)),
        "metric_name": metric_name,
        "number": lambda value: "–" if value is None else f"{value:.1f}",
        "p_value": lambda value: "<0.001" if value < 0.001 else f"{value:.3f}",
    }
    script = (_FOLDER / "report.js").read_text("utf-8")
    notable = {system.name: notable_segments(comparison, system) for system in comparison.systems}
    return environment.get_template("report.html.jinja").render(
        comparison=comparison,
        test_set=comparison.test_set,
        style=Markup((_FOLDER / "report.css").read_text("utf-8")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        best=_best(comparison),
        significance=any(system.against for system in comparison.systems),
        rankings={metric: found["ranks"] for metric, found in comparison.rankings.items() if found["ranks"]},
        lengths=length_rows(comparison),
        checks=CHECKS,
        documents=comparison.by_document() if len(set(comparison.test_set.documents or ())) > 1 else {},
        terms=term_rows(comparison),
        notable={name: found for name, found in notable.items() if any(found.values())},
        missed=lambda terms, number: [check for check in terms.checks[number] if not check.met] if terms else [],
        source=lambda number: _marked_source(comparison, number),
        target=_marked_target,
        signs=SIGNS,
    )


def _best(comparison: Comparison) -> dict[str, float | None]:
    """The best score of each metric as displayed, so that scores that look equal are both best; None if all are."""
    best = {}
    for metric, score in comparison.systems[0].scores.items():
        shown = {round(value, 1) for own in comparison.systems if (value := own.values[metric]) is not None}
        best[metric] = (min if score.lower_is_better else max)(shown) if len(shown) > 1 else None
    return best


def _marked_source(comparison: Comparison, number: int) -> Markup:
    checks = comparison.ceiling.checks[number] if comparison.ceiling else ()
    marks = [Mark(c.match.start, c.match.end, "term", " | ".join(c.match.term.targets)) for c in checks]
    return mark_up(comparison.test_set.sources[number], marks)


def _marked_target(text: str, terms: TermScores | None, number: int, reference: str | None = None) -> Markup:
    """Mark a translation's terms and, given the reference, the words that differ from it."""
    marks = [
        Mark(check.start, check.end, "met", f"✓ {check.match.term.source}")
        for check in (terms.checks[number] if terms else ())
        if check.start is not None and check.end is not None
    ]
    return mark_up(text, marks, () if reference is None else differing_spans(text, reference))
