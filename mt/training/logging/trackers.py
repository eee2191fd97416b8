"""Figures sent to TensorBoard, Weights & Biases and the like, through accelerate's trackers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mt.errors import ConfigError

__all__ = ["Trackers", "check_trackers"]

# The project under which trackers file a run; TensorBoard's is a folder of this name.
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
                hint=f"run pip install {name.replace('_', '-')}, or take it out",
            )


class Trackers:
    """The trackers of one run, on its main process; without names it does nothing.

    Args:
        names: as the Trainer's ``report_to``.
        folder: receives ``trackers/`` for those that write files.
        settings: what the run was made with, nested or not.

    Raises:
        ConfigError: one of the names cannot be used.
    """

    def __init__(self, names: Sequence[str], folder: Path, settings: Mapping[str, Any]) -> None:
        check_trackers(names)
        self._trackers: list[Any] = []
        for name in dict.fromkeys(names):
            from accelerate.tracking import LOGGER_TYPE_TO_CLASS

            made = LOGGER_TYPE_TO_CLASS[name]
            tracker = made(_PROJECT, str(folder / "trackers")) if made.requires_logging_directory else made(_PROJECT)
            tracker.start()
            tracker.store_init_configuration(_flat(settings))
            self._trackers.append(tracker)

    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Send the figures of a step."""
        for tracker in self._trackers:
            tracker.log(dict(figures), step=step)

    def close(self) -> None:
        """Finish; what was sent is written."""
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
