"""What the charts of a report show; ``charts.svg.jinja`` draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mt.evaluation.comparison import Comparison, metric_name
from mt.evaluation.report.markup import LABEL_COLUMNS, shortened
from mt.metrics.row_scores import share

# More systems than this would share colours and crowd the bars.
_MOST_SYSTEMS = 8
_MOST_TERMS = 12
_BANDS = 4


@dataclass(frozen=True)
class Chart:
    """A chart of ``kind`` bars or lines: each of ``series`` has a name and a value (or None) for each of ``labels``."""

    kind: str
    title: str
    note: str
    labels: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]

    @property
    def top(self) -> float:
        """Upper end of the axis of lines: the next ten above the highest value."""
        known = [value for _, values in self.series for value in values if value is not None]
        return min(100.0, 10.0 * (max(known, default=0.0) // 10 + 1))


def charts(comparison: Comparison) -> list[Chart]:
    """Chart the scores of systems, chrF++ by length, and the most frequent terms."""
    systems = comparison.systems[:_MOST_SYSTEMS]
    metrics = [m for m in ("bleu", "chrf++", "term_success", "term_accuracy", "comet") if m in comparison.metrics]
    series = [(system.name, [system.values[metric] for metric in metrics]) for system in systems]
    found = [Chart("bars", "Scores", "Higher is better.", [metric_name(metric) for metric in metrics], series)]
    if len(comparison.test_set.sources) >= 2 * _BANDS:
        found.append(_by_length(comparison, systems))
    if comparison.ceiling and comparison.ceiling.counts:
        found.append(_by_term(comparison, systems))
    return found


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
    note = "Four bands with equally many segments, in characters."
    return Chart("lines", "chrF++ by length of the source", note, labels, series)


def _by_term(comparison: Comparison, systems: Sequence[Any]) -> Chart:
    assert comparison.ceiling is not None
    terms = sorted(comparison.ceiling.counts, key=lambda count: -count.total)[:_MOST_TERMS]
    series = []
    for system in systems:
        met = {(count.source, count.targets): count for count in system.terms.counts}
        rows = [met[count.source, count.targets] for count in terms]
        series.append((system.name, [share((row.met, row.total)) for row in rows]))
    labels = [f"{shortened(count.source, LABEL_COLUMNS - 6)} ({count.total})" for count in terms]
    note = "Mentions rendered, in percent; in brackets their number."
    return Chart("bars", "Most frequent terms", note, labels, series)
