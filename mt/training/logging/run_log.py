"""Where the metrics of a run go: ``metrics.jsonl``, trackers, and the picture of the curves."""

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

_log = logging.getLogger(__name__)

# Seconds between drawings, each of which takes half a second.
_DRAWING_INTERVAL = 60.0


class RunLog:
    """Writes in the main process, and nothing in the others.

    Args:
        folder: of the run.
        report_to: names of trackers.
        settings: the configuration of the run, for the trackers.
        main: whether this is the main process.
        target_tokens: trained on before this session.

    Raises:
        ConfigError: a tracker cannot be used.
    """

    def __init__(
        self, folder: Path, report_to: Sequence[str], settings: Mapping[str, Any], main: bool, target_tokens: int = 0
    ) -> None:
        self._folder, self._main = folder, main
        # Target tokens and time at the last line that had a speed.
        self._since = (target_tokens, time.monotonic())
        self._trackers = Trackers(report_to if main else (), folder, settings)
        self._drawn = time.monotonic()
        if main and find_spec("matplotlib") is None:
            _log.info("matplotlib is not installed: no curves.png")

    def speed(self, target_tokens: int) -> float:
        """Return the target tokens per second since the last line that had a speed."""
        before, since = self._since
        return (target_tokens - before) / max(time.monotonic() - since, 1e-9)

    def write(self, line: Mapping[str, float], metrics: Mapping[str, float]) -> None:
        """Write the progress at a step, with the ``metrics`` of a validation if there was one."""
        if self._main:
            line = {**line, **{name: round(value, 5) for name, value in metrics.items()}}
            append_metrics(self._folder / "metrics.jsonl", line)
            self._trackers.log({name: value for name, value in line.items() if name != "step"}, int(line["step"]))
        if "tokens_per_second" in line:
            self._since = (int(line["target_tokens"]), time.monotonic())

    def draw(self, selected: Sequence[int] = (), *, now: bool = True) -> None:
        """Draw the curves; unless ``now``, only if the last drawing is older than a minute."""
        if self._main and (now or time.monotonic() - self._drawn > _DRAWING_INTERVAL):
            draw_curves(self._folder, selected)
            self._drawn = time.monotonic()

    def close(self) -> None:
        """Finish the trackers."""
        self._trackers.close()
