"""Where the figures of a run go: ``metrics.jsonl``, trackers, and the picture of the curves."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mt.training.logging.curves import draw_curves
from mt.training.logging.metrics_file import append_metrics
from mt.training.logging.trackers import Trackers

__all__ = ["RunLog"]

_log = logging.getLogger(__name__)

# Seconds between drawings: one takes half a second.
_REDRAWN = 60.0


class RunLog:
    """Writes on the main process, and nothing elsewhere.

    Args:
        folder: the run's.
        report_to: names of trackers.
        settings: what the run is made with, for the trackers.
        main: whether this process writes.
        target_tokens: how many have been trained on already.

    Raises:
        ConfigError: a tracker cannot be used.
    """

    def __init__(
        self, folder: Path, report_to: Sequence[str], settings: Mapping[str, Any], main: bool, target_tokens: int = 0
    ) -> None:
        self._folder, self._main = folder, main
        self._window = (target_tokens, time.monotonic())
        self._trackers = Trackers(report_to if main else (), folder, settings)
        self._drawn = time.monotonic()
        if main and find_spec("matplotlib") is None:
            _log.info("matplotlib is not installed: no curves.png")

    def speed(self, target_tokens: int) -> float:
        """Return the target tokens a second since a line with that figure was last written."""
        before, since = self._window
        return (target_tokens - before) / max(time.monotonic() - since, 1e-9)

    def write(self, line: Mapping[str, float], figures: Mapping[str, float]) -> None:
        """Write what is known of a step, ``figures`` of a validation with it."""
        if self._main:
            line = {**line, **{name: round(value, 5) for name, value in figures.items()}}
            append_metrics(self._folder / "metrics.jsonl", line)
            self._trackers.log({name: value for name, value in line.items() if name != "step"}, int(line["step"]))
        if "tokens_per_second" in line:
            self._window = (int(line["target_tokens"]), time.monotonic())

    def draw(self, chosen: Sequence[int] = (), *, at_once: bool = True) -> None:
        """Draw the curves anew; unless ``at_once``, only if they are older than a minute."""
        if self._main and (at_once or time.monotonic() - self._drawn > _REDRAWN):
            draw_curves(self._folder, chosen)
            self._drawn = time.monotonic()

    def close(self) -> None:
        """Finish what trackers have begun."""
        self._trackers.close()
