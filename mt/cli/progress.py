"""Progress of training: a bar on a terminal, otherwise a log line from time to time."""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tqdm import tqdm

from mt.training.progress import TrainingEvent

_log = logging.getLogger("mt.cli")

# Seconds between log lines without a terminal: a few in a short run, not many in a long one.
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
_BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}"


@contextmanager
def show_training(name: str) -> Iterator[Callable[[TrainingEvent], None]]:
    """Yield what shows an event of the training of that name."""
    if not (sys.stderr.isatty() and _log.isEnabledFor(logging.INFO)):
        yield _logger(name)
        return
    with tqdm(total=1000, desc=name, bar_format=_BAR) as bar:

        def show(event: TrainingEvent) -> None:
            bar.n = int(1000 * event.done)
            bar.set_postfix_str(f"step {event.step} loss {event.loss:.3f} {event.tokens_per_second:.0f} tok/s")
            if event.metrics:
                bar.write(f"{name}: step {event.step}{_in_words(event.metrics)}", file=sys.stderr)

        yield show


def _logger(name: str) -> Callable[[TrainingEvent], None]:
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

    return log


def _in_words(metrics: Mapping[str, float]) -> str:
    """Name the metrics of a validation; losses are small, scores 0 to 100."""
    return "".join(
        f", {name.replace('_', ' ')} {value:.{4 if name.endswith('_loss') else 1}f}" for name, value in metrics.items()
    )
