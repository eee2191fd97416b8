"""Progress of training: a bar on a terminal, otherwise a log line from time to time."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from types import TracebackType

from tqdm import tqdm

from mt.training.progress import TrainingEvent

_log = logging.getLogger("mt.cli")

# Seconds between log lines without a terminal: a few in a short run, not many in a long one.
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 60.0


class TrainingProgress:
    """Shows training events: a context manager, to be called with each event."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bar = (
            tqdm(total=1000, desc=name, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}")
            if sys.stderr.isatty() and logging.getLogger("mt").isEnabledFor(logging.INFO)
            else None
        )
        self._started = time.monotonic()
        self._first_done: float | None = None
        self._next = self._started + _FIRST_PAUSE
        self._pause = _FIRST_PAUSE

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, event: TrainingEvent) -> None:
        """Show a step."""
        now = time.monotonic()
        if self._first_done is None:
            self._first_done = event.done
        if self._bar is not None:
            self._bar.n = int(1000 * event.done)
            self._bar.set_postfix_str(f"step {event.step} loss {event.loss:.3f} {event.tokens_per_second:.0f} tok/s")
            if event.metrics:
                self._bar.write(f"{self._name}: step {event.step}{_in_words(event.metrics)}", file=sys.stderr)
        elif now >= self._next or event.metrics:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._next = now + self._pause
            validated = _in_words(event.metrics)
            gained = event.done - self._first_done
            seconds = (now - self._started) * (1 - event.done) / gained if gained > 0 else None
            left = "" if seconds is None else f", {tqdm.format_interval(seconds)} left"
            _log.info(
                "%s: step %d (%.1f%%), loss %.4f%s, %.0f target tokens/s%s",
                self._name, event.step, 100 * event.done, event.loss, validated, event.tokens_per_second, left,
            )  # fmt: skip


def _in_words(metrics: Mapping[str, float]) -> str:
    """Name the metrics of a validation; losses are small, scores 0 to 100."""
    return "".join(
        f", {name.replace('_', ' ')} {value:.{4 if name.endswith('_loss') else 1}f}" for name, value in metrics.items()
    )
