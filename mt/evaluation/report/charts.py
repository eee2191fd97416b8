"""Charts of a comparison as inline SVG: no script, no request, colours from the report's style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from markupsafe import Markup

from mt.evaluation.comparison import Comparison, metric_name
from mt.evaluation.report.markup import text_width, visible
from mt.metrics.row_scores import share

__all__ = ["Chart", "charts"]

# More systems than this would share colours and crowd the bars.
_MOST_SYSTEMS = 8
_MOST_TERMS = 12
_BANDS = 4
# Narrow, so that its text can be read on a telephone too.
_WIDTH, _HEIGHT = 400, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 10, 34
# A label beside bars: its width, and the terminal columns that fit at the style sheet's font size.
_LABEL_WIDTH, _LABEL_COLUMNS = 112, 17

# A series: its name and a value (or none) for each place on the axis.
Series = tuple[str, Sequence[float | None]]


@dataclass(frozen=True)
class Chart:
    """A drawing with its title, explanation and the names of its series."""

    title: str
    note: str
    names: tuple[str, ...]
    svg: Markup


def charts(comparison: Comparison) -> list[Chart]:
    """Draw the curve of checkpoints, the scores of systems, chrF++ by length, and the most frequent terms."""
    found = []
    if comparison.steps:
        found.append(_curve(comparison))
    systems = [system for system in comparison.systems if system.name not in comparison.steps][:_MOST_SYSTEMS]
    if not systems:
        systems = list(comparison.systems)[-1:]
    metrics = [m for m in ("bleu", "chrf++", "term_success", "term_accuracy", "comet") if m in comparison.metrics]
    found.append(
        _bars(
            "Scores",
            "Higher is better.",
            [metric_name(metric) for metric in metrics],
            [(system.name, [system.values[metric] for metric in metrics]) for system in systems],
        )
    )
    if len(comparison.test_set.sources) >= 2 * _BANDS:
        found.append(_by_length(comparison, systems))
    if comparison.ceiling and comparison.ceiling.counts:
        found.append(_by_term(comparison, systems))
    return found


def _curve(comparison: Comparison) -> Chart:
    steps = sorted(comparison.steps.items(), key=lambda item: item[1])
    metrics = [m for m in ("bleu", "chrf++", "term_accuracy", "comet") if m in comparison.metrics]
    series = [(metric_name(m), [comparison.system(name).values[m] for name, _ in steps]) for m in metrics]
    return _lines("Checkpoints", "Score after each number of steps.", [f"{step:,}" for _, step in steps], series)


def _by_length(comparison: Comparison, systems: Sequence[Any]) -> Chart:
    """chrF++ of four bands with equally many segments, by length of the source."""
    lengths = [len(source) for source in comparison.test_set.sources]
    order = sorted(range(len(lengths)), key=lambda number: lengths[number])
    bands = [order[len(order) * n // _BANDS : len(order) * (n + 1) // _BANDS] for n in range(_BANDS)]
    labels = [f"{lengths[band[0]]}–{lengths[band[-1]]}" for band in bands]
    series = []
    for system in systems:
        score = system.scores["chrf++"]
        sums = np.stack([score.statistics[band].sum(0) for band in bands])  # (bands, counts)
        series.append((system.name, score.score_rows(sums).tolist()))
    return _lines(
        "chrF++ by length of the source", "Four bands with equally many segments, in characters.", labels, series
    )


def _by_term(comparison: Comparison, systems: Sequence[Any]) -> Chart:
    assert comparison.ceiling is not None
    terms = sorted(comparison.ceiling.counts, key=lambda count: -count.total)[:_MOST_TERMS]
    series: list[Series] = []
    for system in systems:
        met = {(count.source, count.targets): count for count in system.terms.counts}
        rows = [met[count.source, count.targets] for count in terms]
        series.append((system.name, [share((row.met, row.total)) for row in rows]))
    labels = [f"{_shortened(count.source, _LABEL_COLUMNS - 6)} ({count.total})" for count in terms]
    return _bars("Most frequent terms", "Mentions rendered, in percent; in brackets their number.", labels, series)


def _bars(title: str, note: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Horizontal bars, a group for each label."""
    bar, gap = 11, 12
    group = bar * len(series) + gap
    height = group * len(labels) + 20
    width = _WIDTH - _LABEL_WIDTH - 40
    parts = [_grid(_LABEL_WIDTH, width, height - 16)]
    for place, label in enumerate(labels):
        top = place * group + 4
        middle = top + bar * len(series) / 2
        parts.append(_text(_LABEL_WIDTH - 6, middle + 4, label, "end"))
        for number, (name, values) in enumerate(series):
            value = values[place]
            if value is None:
                continue
            length = width * min(100.0, max(0.0, value)) / 100
            parts.append(
                Markup('<rect class="s{}" x="{}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>').format(
                    number, _LABEL_WIDTH, top + number * bar, length, bar - 1, f"{visible(name)}: {value:.1f}"
                )
            )
            parts.append(_text(_LABEL_WIDTH + length + 4, top + number * bar + bar - 1, f"{value:.1f}", "start", "v"))
    return Chart(title, note, tuple(name for name, _ in series), _svg(height, parts, title))


def _lines(title: str, note: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Lines over evenly spaced places, from 0 to the next ten above the highest value."""
    known = [value for _, values in series for value in values if value is not None]
    top = min(100.0, 10.0 * (max(known, default=0.0) // 10 + 1))
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(place: int) -> float:
        return _LEFT + (width * (place + 0.5) / len(labels))

    def y(value: float) -> float:
        return _TOP + height * (1 - min(value, top) / top)

    parts: list[Markup] = []
    for quarter in range(5):
        value = top * quarter / 4
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                _LEFT, _WIDTH - _RIGHT, y(value), y(value)
            )
        )
        parts.append(_text(_LEFT - 5, y(value) + 4, f"{value:g}", "end"))
    # At most six or seven labels below.
    every = max(1, -(-len(labels) // 6))
    for place, label in enumerate(labels):
        if place % every == 0 or place == len(labels) - 1:
            parts.append(_text(x(place), _HEIGHT - 12, label, "middle"))
    for number, (name, values) in enumerate(series):
        points = [(x(place), y(value), value) for place, value in enumerate(values) if value is not None]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b, _ in points)
        parts.append(Markup('<polyline class="l{}" points="{}"/>').format(number, path))
        for a, b, value in points:
            parts.append(
                Markup('<circle class="s{}" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}</title></circle>').format(
                    number, a, b, f"{visible(name)}: {value:.1f}"
                )
            )
    return Chart(title, note, tuple(name for name, _ in series), _svg(_HEIGHT, parts, title))


def _grid(left: float, width: float, height: float) -> Markup:
    parts = []
    for percent in (0, 25, 50, 75, 100):
        x = left + width * percent / 100
        parts.append(Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1:.1f}"/>').format(x, height))
        parts.append(_text(x, height + 14, str(percent), "middle"))
    return Markup("").join(parts)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "t") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, _shortened(visible(text), _LABEL_COLUMNS)
    )


def _shortened(text: str, columns: int) -> str:
    """Cut a text to so many terminal columns, of which Han characters take two."""
    if text_width(text) <= columns:
        return text
    widths = accumulate(map(text_width, text))
    return text[: sum(width < columns for width in widths)] + "…"


def _svg(height: float, parts: Sequence[Markup], title: str) -> Markup:
    return Markup('<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, title, Markup("").join(parts)
    )
