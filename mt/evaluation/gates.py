"""Pass or fail, for continuous integration: thresholds on scores, and no significant loss against a system."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from mt.errors import DataError
from mt.evaluation.comparison import Comparison
from mt.evaluation.significance import SMALL_SAMPLE
from mt.metrics.corpus_scores import LOWER_IS_BETTER, METRICS
from mt.metrics.terms import TERM_METRICS

_METRICS = (*METRICS, "comet", *TERM_METRICS)


@dataclass(frozen=True)
class Threshold:
    """The worst value of a metric that passes; for one system or, with None, for each under test."""

    metric: str
    value: float
    system: str | None = None


def parse_threshold(text: str) -> Threshold:
    """Read ``metric=value`` or ``SYSTEM:metric=value``."""
    left, equals, number = text.rpartition("=")
    system, _, metric = left.rpartition(":")
    metric = metric.strip().lower()
    if not equals or not metric:
        raise DataError(f"'{text}' is not METRIC=VALUE", hint="write for example term_success=95")
    if metric not in _METRICS:
        raise DataError(f"unknown metric '{metric}' in '{text}'", hint=f"choose from {', '.join(_METRICS)}")
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", number.strip(), re.ASCII):
        raise DataError(f"'{number}' in '{text}' is not a number", hint="write for example term_success=95")
    value = float(number)
    # TER may pass 100.
    if not 0 <= value <= (sys.float_info.max if metric in LOWER_IS_BETTER else 100):
        raise DataError(f"the threshold in '{text}' is outside 0 to 100", hint="all metrics run from 0 to 100")
    return Threshold(metric, value, system.strip() or None)


def failed_thresholds(comparison: Comparison, thresholds: Sequence[Threshold]) -> list[str]:
    """Describe, one line each, which systems miss which thresholds.

    A threshold without a system applies to every system but the baseline, or to the only system. TER fails above its
    value, everything else below. A score that could not be measured fails.
    """
    failures = []
    tested = [system for system in comparison.systems if system.name != comparison.baseline] or list(comparison.systems)
    for threshold in thresholds:
        if threshold.metric not in comparison.signatures:
            raise DataError(f"{threshold.metric} was not measured", hint="give a glossary")
        for system in [comparison.system(threshold.system)] if threshold.system else tested:
            value = system.values[threshold.metric]
            lower = threshold.metric in LOWER_IS_BETTER
            if value is None:
                failures.append(f"{system.name}: {threshold.metric} could not be measured")
            elif value > threshold.value if lower else value < threshold.value:
                side = "above" if lower else "under"
                failures.append(f"{system.name}: {threshold.metric} {value:.2f} is {side} {threshold.value:g}")
    return failures


def worse_than_baseline(comparison: Comparison) -> list[str]:
    """Describe, one line each, which systems are significantly worse than the baseline, and by which metric.

    With too few segments or no other system the result is a failure too: a gate that cannot fail guards nothing.
    """
    tests = [(system, *test) for system in comparison.systems for test in system.against.items()]
    if not any(result.reliable for _, _, result in tests):
        reason = (
            f"{len(comparison.test_set.sources)} segments are too few, {SMALL_SAMPLE} are needed"
            if tests
            else "there is no other system"
        )
        return [f"cannot tell whether any system is worse than {comparison.baseline}: {reason}"]
    return [
        f"{system.name}: {metric} {result.difference:+.2f} against {comparison.baseline} "
        f"(p = {max(result.bootstrap_p, result.randomisation_p):.3f})"
        for system, metric, result in tests
        if result.verdict == "worse"
    ]
