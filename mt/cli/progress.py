"""Progress of training: a log line from time to time."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tqdm import tqdm

from mt.training.progress import TrainingEvent

_log = logging.getLogger("mt.cli")

# Seconds between log lines: a few in a short run, not many in a long one.
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0


@contextmanager
def show_training(name: str) -> Iterator[Callable[[TrainingEvent], None]]:
    """Yield what shows an event of the training of that name."""
    started, pause, first = time.monotonic(), _FIRST_PAUSE, None
    due = started + pause

    def log(event: TrainingEvent) -> None:
        nonlocal pause, due, first
        now, first = time.monotonic(), event.done if first is None else first
        if now < due and not event.metrics:
            return
        pause = min(2 * pause, _LONGEST_PAUSE)
        due = now + pause
        left = (now - started) * (1 - event.done) / (event.done - first) if event.done > first else None
        _log.info(
            "%s: step %d (%.1f%%), loss %.4f%s, %.0f target tokens/s%s",
            name, event.step, 100 * event.done, event.loss, _in_words(event.metrics), event.tokens_per_second,
            "" if left is None else f", {tqdm.format_interval(left)} left",
        )  # fmt: skip

    yield log


def _in_words(metrics: Mapping[str, float]) -> str:
    """Name the metrics of a validation; losses are small, scores 0 to 100."""
    return "".join(
        f", {name.replace('_', ' ')} {value:.{4 if name.endswith('_loss') else 1}f}" for name, value in metrics.items()
    )
