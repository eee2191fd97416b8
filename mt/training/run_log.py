"""Where the metrics of a run go: ``metrics.jsonl``, one line per logged step, and accelerate's trackers."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mt.errors import ConfigError, UserError
from mt.io.files import file_errors, write_text

# Project name in the trackers; for TensorBoard, the name of a folder.
_PROJECT = "zhen-mt"


class RunLog:
    """Writes in the main process, and nothing in the others.

    Args:
        folder: of the run.
        report_to: names of trackers, as in transformers' ``report_to``; those that write files do it in ``trackers/``.
        settings: the configuration of the run, for the trackers.
        main: whether this is the main process.
        target_tokens: trained on before this session.

    Raises:
        ConfigError: a tracker cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        report_to: Sequence[str],
        settings: Mapping[str, Mapping[str, Any]],
        main: bool,
        target_tokens: int = 0,
    ) -> None:
        self._path, self._main = folder / "metrics.jsonl", main
        # Target tokens and time at the last line that had a speed.
        self._since = (target_tokens, time.monotonic())
        self._last: dict[str, Any] = next(reversed(read_metrics(self._path)), {}) if main else {}
        check_trackers(report_to)
        self._trackers = [_started(name, folder, settings) for name in dict.fromkeys(report_to)] if main else []

    def speed(self, target_tokens: int) -> float:
        """Return the target tokens per second since the last line that had a speed."""
        before, since = self._since
        return (target_tokens - before) / max(time.monotonic() - since, 1e-9)

    def write(self, line: Mapping[str, float], metrics: Mapping[str, float]) -> None:
        """Write the progress at a step, with the ``metrics`` of a validation; lines of one step are merged."""
        if self._main:
            line = {**line, **{name: round(value, 5) for name, value in metrics.items()}}
            for tracker in self._trackers:
                tracker.log({name: value for name, value in line.items() if name != "step"}, step=int(line["step"]))
            if self._last.get("step") == line["step"]:
                rewind_metrics(self._path, int(line["step"]) - 1)
                line = {**self._last, **line}
            with (
                file_errors(self._path, error=UserError, verb="written"),
                open(self._path, "a", encoding="utf-8") as file,
            ):
                file.write(json.dumps(line) + "\n")
            self._last = dict(line)
        if "tokens_per_second" in line:
            self._since = (int(line["target_tokens"]), time.monotonic())

    def close(self) -> None:
        """Finish the trackers: everything sent is written."""
        for tracker in self._trackers:
            tracker.finish()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the lines written so far, without a last one that was cut short by a kill.

    Raises:
        UserError: it is another file of that name.
    """
    lines = []
    for text in path.read_text("utf-8", errors="replace").splitlines(keepends=True) if path.is_file() else []:
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict) or not isinstance(line.get("step"), int):
            if text.endswith("\n"):
                raise UserError("holds other lines than a training writes", path=path, hint="move it away")
            break
        lines.append(line)
    return lines


def rewind_metrics(path: Path, step: int) -> None:
    """Remove the lines after ``step``, and the file if none is left."""
    lines = [json.dumps(line) + "\n" for line in read_metrics(path) if line["step"] <= step]
    if lines:
        write_text(path, "".join(lines))
    else:
        path.unlink(missing_ok=True)


def check_trackers(names: Sequence[str]) -> None:
    """Raise ``ConfigError`` for trackers that accelerate does not know or that are not installed."""
    if not names:
        return
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    known, installed = set(map(str, LOGGER_TYPE_TO_CLASS)), set(map(str, get_available_trackers()))
    for name in names:
        if name not in installed:
            hint = f"choose among {', '.join(sorted(known))}"
            if name in known:
                hint = f"run pip install {name.replace('_', '-')}, or remove it"
            problem = f"names {name}, which is not installed" if name in known else f"knows no tracker '{name}'"
            raise ConfigError(problem, field="training.report_to", hint=hint)


def _started(name: str, folder: Path, settings: Mapping[str, Mapping[str, Any]]) -> Any:
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    cls = LOGGER_TYPE_TO_CLASS[name]
    tracker = cls(_PROJECT, str(folder / "trackers")) if cls.requires_logging_directory else cls(_PROJECT)
    tracker.start()
    settings = {f"{section}.{key}": value for section, keys in settings.items() for key, value in keys.items()}
    plain = {
        key: value if isinstance(value, (int, float, str, bool)) else str(value) for key, value in settings.items()
    }
    tracker.store_init_configuration(plain)
    return tracker
