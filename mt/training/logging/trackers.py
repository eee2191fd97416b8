"""Metrics sent to TensorBoard, Weights & Biases and others through accelerate's trackers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mt.errors import ConfigError

# Project name in the trackers; for TensorBoard, the name of a folder.
_PROJECT = "zhen-mt"


def check_trackers(names: Sequence[str]) -> None:
    """Refuse trackers that accelerate does not know or that are not installed.

    Raises:
        ConfigError: one of the names cannot be used.
    """
    if not names:
        return
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    for name in names:
        if name not in LOGGER_TYPE_TO_CLASS:
            raise ConfigError(
                f"knows no tracker '{name}'",
                field="training.report_to",
                hint=f"choose among {', '.join(sorted(map(str, LOGGER_TYPE_TO_CLASS)))}",
            )
        if name not in [str(available) for available in get_available_trackers()]:
            raise ConfigError(
                f"names {name}, which is not installed",
                field="training.report_to",
                hint=f"run pip install {name.replace('_', '-')}, or remove it",
            )


class Trackers:
    """The trackers of one run, in its main process; without names it does nothing.

    Args:
        names: as in transformers' ``report_to``.
        folder: gets ``trackers/`` from those that write files.
        settings: the configuration of the run, which may be nested.

    Raises:
        ConfigError: one of the names cannot be used.
    """

    def __init__(self, names: Sequence[str], folder: Path, settings: Mapping[str, Any]) -> None:
        check_trackers(names)
        self._trackers: list[Any] = []
        for name in dict.fromkeys(names):
            from accelerate.tracking import LOGGER_TYPE_TO_CLASS

            cls = LOGGER_TYPE_TO_CLASS[name]
            tracker = cls(_PROJECT, str(folder / "trackers")) if cls.requires_logging_directory else cls(_PROJECT)
            tracker.start()
            tracker.store_init_configuration(_flat(settings))
            self._trackers.append(tracker)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Send the metrics of a step."""
        for tracker in self._trackers:
            tracker.log(dict(metrics), step=step)

    def close(self) -> None:
        """Finish: everything sent is written."""
        for tracker in self._trackers:
            tracker.finish()


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value if isinstance(value, (int, float, str, bool)) else str(value)
    return flat
