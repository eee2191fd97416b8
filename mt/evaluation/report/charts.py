"""Charts of a comparison as inline SVG: no script, no request, colours from the report's style sheet."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mt.evaluation.report.markup import visible
from mt.metrics.wmt25 import share

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison

__all__ = ["Chart", "charts"]

# Systems beyond this many would share colours and crowd the bars.
_MOST_SYSTEMS = 8
_MOST_TERMS = 12
_BANDS = 4
# Narrow, so that text in it can be read on a telephone too.
_WIDTH, _HEIGHT = 400, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 10, 34
# Terminal columns of a label: at the size of the style sheet they fill the space beside bars.
_LABEL_WIDTH, _LABEL_COLUMNS = 112, 17

# One line of a chart: its name and a value (or none) for each place on the axis.
Series = tuple[str, Sequence[float | None]]


@dataclass(frozen=True)
class Chart:
    """A drawing with what people need to read it."""

    title: str
    note: str
    names: tuple[str, ...]
    svg: Markup


def charts(comparison: Comparison, names: dict[str, str]) -> list[Chart]:
    """Draw what the comparison has figures for.

    Args:
        comparison: what was measured.
        names: metric -> what to call it.
    """
    found = []
    if comparison.steps:
        found.append(_curve(comparison, names))
    systems = [system for system in comparison.systems if system.name not in comparison.steps][:_MOST_SYSTEMS]
    if not systems:
        systems = list(comparison.systems)[-1:]
    metrics = [m for m in ("bleu", "chrf++", "term_success", "term_exclusive", "comet") if m in comparison.metrics]
    found.append(
        _bars(
            "Scores",
            "Higher is better.",
            [names[metric] for metric in metrics],
            [(system.name, [system.figures[metric] for metric in metrics]) for system in systems],
        )
    )
    if len(comparison.sources) >= 2 * _BANDS:
        found.append(_by_length(comparison, systems))
    if comparison.ceiling and comparison.ceiling.counts:
        found.append(_by_term(comparison, systems))
    return found


def _curve(comparison: Comparison, names: dict[str, str]) -> Chart:
    steps = sorted(comparison.steps.items(), key=lambda item: item[1])
    metrics = [m for m in ("bleu", "chrf++", "term_exclusive", "comet") if m in comparison.metrics]
    series = [(names[m], [comparison.system(name).figures[m] for name, _ in steps]) for m in metrics]
    return _lines("Checkpoints", "Score after each number of steps.", [f"{step:,}" for _, step in steps], series)


def _by_length(comparison: Comparison, systems: Sequence[Any]) -> Chart:
    """chrF++ of four bands of as many segments, by length of the source."""
    order = sorted(range(len(comparison.sources)), key=lambda number: len(comparison.sources[number]))
    bands = [order[len(order) * n // _BANDS : len(order) * (n + 1) // _BANDS] for n in range(_BANDS)]
    labels = [f"{len(comparison.sources[band[0]])}–{len(comparison.sources[band[-1]])}" for band in bands]
    series = []
    for system in systems:
        score = system.scores["chrf++"]
        values = [score.from_statistics(score.statistics[band].sum(0).tolist()) for band in bands]
        series.append((system.name, values))
    return _lines(
        "chrF++ by length of the source", "Four bands of equally many segments, in characters.", labels, series
    )


def _by_term(comparison: Comparison, systems: Sequence[Any]) -> Chart:
    assert comparison.ceiling is not None
    wanted = sorted(comparison.ceiling.counts, key=lambda count: -count.total)[:_MOST_TERMS]
    series: list[Series] = []
    for system in systems:
        met = {(count.source, count.targets): count for count in system.terms.counts}
        rows = [met[count.source, count.targets] for count in wanted]
        series.append((system.name, [share((row.met, row.total)) for row in rows]))
    labels = [f"{_shortened(count.source, _LABEL_COLUMNS - 6)} ({count.total})" for count in wanted]
    return _bars("Commonest terms", "Mentions rendered, in percent; in brackets how often wanted.", labels, series)


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
            long = width * min(100.0, max(0.0, value)) / 100
            parts.append(
                Markup('<rect class="s{}" x="{}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>').format(
                    number, _LABEL_WIDTH, top + number * bar, long, bar - 1, f"{visible(name)}: {value:.1f}"
                )
            )
            parts.append(_text(_LABEL_WIDTH + long + 4, top + number * bar + bar - 1, f"{value:.1f}", "start", "v"))
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
    # As many labels below as can be read.
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
    widths = list(accumulate(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text))
    if not widths or widths[-1] <= columns:
        return text
    return text[: sum(width < columns for width in widths)] + "…"


def _svg(height: float, parts: Sequence[Markup], title: str) -> Markup:
    return Markup('<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, title, Markup("").join(parts)
    )
