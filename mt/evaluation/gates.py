"""Pass or fail, for continuous integration: thresholds on scores, and no significant loss against a system."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mt.errors import DataError
from mt.evaluation.comparison import Comparison
from mt.evaluation.significance import SMALL_SAMPLE
from mt.metrics.corpus_scores import LOWER_IS_BETTER, METRICS
from mt.metrics.terms import TERM_METRICS

_METRICS = (*METRICS, "comet", *TERM_METRICS)


class Threshold(NamedTuple):
    """The worst value of a metric that passes; for one system or, with None, for each under test."""

    metric: str
    value: float
    system: str | None = None


def parse_threshold(text: str) -> Threshold:
    """Read ``metric=value`` or ``SYSTEM:metric=value``."""
    left, _, number = text.rpartition("=")
    system, _, metric = left.rpartition(":")
    metric, number = metric.strip().lower(), number.strip()
    if metric not in _METRICS:
        hint = f"write METRIC=VALUE with one of {', '.join(_METRICS)}"
        raise DataError(f"unknown metric '{metric}' in '{text}'", hint=hint)
    # TER may pass 100.
    if not re.fullmatch(r"\d{1,9}(\.\d*)?|\.\d+", number, re.ASCII) or (
        float(number) > 100 and metric not in LOWER_IS_BETTER
    ):
        hint = "write for example term_success=95"
        raise DataError(f"'{number}' in '{text}' is not a number from 0 to 100", hint=hint)
    return Threshold(metric, float(number), system.strip() or None)


def failed_thresholds(comparison: Comparison, thresholds: Sequence[Threshold]) -> list[str]:
    """Describe, one line each, which systems miss which thresholds; a score that could not be measured fails.

    A threshold without a system applies to every system but the baseline, or to the only system.
    """
    failures = []
    tested = [system for system in comparison.systems if system.name != comparison.baseline] or list(comparison.systems)
    for metric, worst, name in thresholds:
        if metric not in comparison.metrics:
            raise DataError(f"{metric} was not measured", hint="give a glossary")
        lower = metric in LOWER_IS_BETTER
        for system in [comparison.system(name)] if name else tested:
            value = system.values[metric]
            if value is None:
                failures.append(f"{system.name}: {metric} could not be measured")
            elif value > worst if lower else value < worst:
                failures.append(f"{system.name}: {metric} {value:.2f} is {'above' if lower else 'under'} {worst:g}")
    return failures


def worse_than_baseline(comparison: Comparison) -> list[str]:
    """Describe, one line each, which systems are significantly worse than the baseline, and by which metric.

    With too few segments or no other system the result is a failure too: a gate that cannot fail guards nothing.
    """
    tests = [(system, *test) for system in comparison.systems for test in system.against.items()]
    if not any(result.reliable for _, _, result in tests):
        few = f"{len(comparison.test_set.sources)} segments are too few, {SMALL_SAMPLE} are needed"
        reason = few if tests else "there is no other system"
        return [f"cannot tell whether any system is worse than {comparison.baseline}: {reason}"]
    return [
        f"{system.name}: {metric} {result.difference:+.2f} against {comparison.baseline} "
        f"(p = {max(result.bootstrap_p, result.randomisation_p):.3f})"
        for system, metric, result in tests
        if result.verdict == "worse"
    ]
