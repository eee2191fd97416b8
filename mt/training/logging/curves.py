"""The training curves as a picture: loss, scores and learning rate over the steps."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mt.io.files import replaced_file
from mt.training.logging.metrics_file import read_metrics


def draw_curves(folder: Path, selected: Sequence[int] = ()) -> Path | None:
    """Draw ``curves.png`` from ``metrics.jsonl``, replacing an older one.

    Args:
        folder: of the run.
        selected: steps whose weights the final ones are made of, to be marked.

    Returns:
        The picture, or None if there are no metrics, or matplotlib is not installed.
    """
    lines = read_metrics(folder / "metrics.jsonl")
    if not lines or find_spec("matplotlib") is None:
        return None
    # Not pyplot: it keeps global state and looks for a display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = {key for line in lines for key in line}
    scores = sorted(
        (name for name in names if name.endswith(("_chrf", "_chrf++", "_term_success"))),
        key=lambda name: (name.startswith("general"), name),
    )
    losses = ["loss", *sorted((name for name in names if name.endswith("_loss")), reverse=True)]
    panels = [("nats per target token", losses), *([("0 to 100", scores)] if scores else []), ("", ["learning_rate"])]
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (unit, keys) in zip(axes, panels, strict=True):
        for key in keys:
            series = [(line["step"], line[key]) for line in lines if key in line]
            if series:
                marker = "o" if key not in ("loss", "learning_rate") else ""
                axis.plot(*zip(*series, strict=True), label=key.replace("_", " "), lw=1.2, marker=marker, markersize=3)
        for step in selected:
            axis.axvline(step, color="0.6", linewidth=0.8, linestyle="--")
        axis.set_ylabel(unit)
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    axes[-1].set_xlabel("step" + (" (dashed: weights used)" if selected else ""))
    path = folder / "curves.png"
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)
    return path
