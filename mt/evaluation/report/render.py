"""The report of a comparison: one HTML file that needs no network, all text in it made safe by filters."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mt.evaluation.comparison import SIGNS, Comparison, System, metric_name
from mt.evaluation.report.markup import Mark, differing_spans, mark_up, visible
from mt.metrics.checks import CHECKS
from mt.metrics.terms import TermScores

_FOLDER = Path(__file__).parent
# Smaller changes of chrF++ would be displayed as 0.0.
_LEAST_CHANGE = 0.05


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


class Notable(NamedTuple):
    """A segment (its index) with the system's chrF++ and the baseline's, None for the baseline itself."""

    number: int
    score: float
    before: float | None


def term_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row per glossary term: how often it occurs, and how often reference and systems render it; worst first."""
    rows = []
    for key, (met, total) in comparison.ceiling.counts.items() if comparison.ceiling else ():
        found = [system.terms.counts[key][0] for system in comparison.systems if system.terms]
        rows.append({"source": key[0], "targets": key[1], "total": total, "reference": met, "systems": found})
    return sorted(rows, key=lambda row: sum(row["systems"]) - len(row["systems"]) * row["total"])


def length_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row for each of four bands with equally many segments, by length of the source: each system's chrF++."""
    lengths = [len(source) for source in comparison.test_set.sources]
    order = sorted(range(len(lengths)), key=lambda number: lengths[number])
    bands = [order[len(order) * n // 4 : len(order) * (n + 1) // 4] for n in range(4)] if len(order) >= 8 else []
    scores = [system.scores["chrf++"] for system in comparison.systems]
    return [
        {
            "label": f"{lengths[band[0]]}–{lengths[band[-1]]} characters",
            "values": [float(score.score_rows(score.statistics[band].sum(0)[None])[0]) for score in scores],
        }
        for band in bands
    ]


def notable_segments(comparison: Comparison, system: System, most: int = 10) -> dict[str, list[Notable]]:
    """List a system's segments by chrF++, at most ``most`` per list; ties are in the order of the text.

    ``worst`` and ``best`` have at most half the segments each, so that none is in both; all systems but the baseline
    have ``lost`` and ``gained``, too, most changed first.
    """
    scores = system.scores["chrf++"].segments
    theirs: Sequence[float | None] = comparison.system(comparison.baseline).scores["chrf++"].segments
    if system.name == comparison.baseline:
        theirs = [None] * len(scores)
    entries = [Notable(number, *both) for number, both in enumerate(zip(scores, theirs, strict=True))]
    half = min(most, len(entries) // 2)
    lists = {
        "worst": sorted(entries, key=lambda entry: entry.score)[:half],
        "best": sorted(entries, key=lambda entry: -entry.score)[:half],
    }
    if system.name != comparison.baseline:
        changes = {entry: entry.score - entry.before for entry in entries if entry.before is not None}
        lists["lost"] = sorted((e for e in changes if changes[e] <= -_LEAST_CHANGE), key=lambda e: changes[e])[:most]
        lists["gained"] = sorted((e for e in changes if changes[e] >= _LEAST_CHANGE), key=lambda e: -changes[e])[:most]
    return lists
