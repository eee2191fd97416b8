"""The curves of a run as a picture: loss, scores and learning rate over the steps."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mt.io.files import replaced_file
from mt.training.logging.metrics_file import read_metrics

__all__ = ["draw_curves"]


def draw_curves(folder: Path, chosen: Sequence[int] = ()) -> Path | None:
    """Draw ``curves.png`` from ``metrics.jsonl``, in place of the one before.

    Args:
        folder: the run's.
        chosen: steps whose weights the final ones are made of, marked in the picture.

    Returns:
        The picture, or None where there is nothing to draw, or nothing to draw with (matplotlib).
    """
    lines = read_metrics(folder / "metrics.jsonl")
    if not lines or find_spec("matplotlib") is None:
        return None
    # Not pyplot: it keeps global state and looks for a display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scores = sorted(
        {key for line in lines for key in line if key.endswith(("_chrf", "_chrf++", "_term_success"))},
        key=lambda key: (key.startswith("general"), key),
    )
    losses = ["loss", *sorted({key for line in lines for key in line if key.endswith("_loss")}, reverse=True)]
    panels = [("nats a target token", losses), *([("0 to 100", scores)] if scores else []), ("", ["learning_rate"])]
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (unit, keys) in zip(axes, panels, strict=True):
        for key in keys:
            steps, values = _series(lines, key)
            if steps:
                marker = "o" if key not in ("loss", "learning_rate") else ""
                axis.plot(steps, values, label=key.replace("_", " "), linewidth=1.2, marker=marker, markersize=3)
        for step in chosen:
            axis.axvline(step, color="0.6", linewidth=0.8, linestyle="--")
        axis.set_ylabel(unit)
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    axes[-1].set_xlabel("step" + (" (dashed: weights used)" if chosen else ""))
    path = folder / "curves.png"
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)
    return path


def _series(lines: Sequence[dict[str, Any]], key: str) -> tuple[list[float], list[float]]:
    points = [(line["step"], line[key]) for line in lines if key in line]
    return [step for step, _ in points], [value for _, value in points]
