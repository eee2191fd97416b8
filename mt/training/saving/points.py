"""Which weights of a run are kept: points measured by validation, chosen among and averaged by a stated rule.

A point is a dictionary with its ``step`` and its validation figures; the point at step 0 is the base,
a yardstick that is never chosen. All decisions are functions of the points so far, which a
checkpoint holds: a resumed run decides as an uninterrupted one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mt.config import AdaptationConfig, TrainingConfig
from mt.errors import ConfigError, DataError
from mt.io.files import replaced_file

__all__ = ["Point", "Rule", "averaged_weights", "prune_weights", "save_weights"]

Point = dict[str, float]

GENERAL = "general_chrf"


@dataclass(frozen=True)
class Rule:
    """How the final weights are chosen.

    Attributes:
        metric_for_best_model: ``last``, or the validation figure that decides.
        average, average_checkpoints: which points' weights are averaged, and how many.
        patience: validations without a better point after which to stop; 0 for none.
        max_general_drop: chrF that a point's general translations may lose against the base's; None for any.
    """

    metric_for_best_model: str = "last"
    average: str = "none"
    average_checkpoints: int = 1
    patience: int = 0
    max_general_drop: float | None = None

    @classmethod
    def of(cls, training: TrainingConfig, adaptation: AdaptationConfig) -> Rule:
        """Read the rule out of a configuration."""
        return cls(
            training.metric_for_best_model,
            training.average,
            training.average_checkpoints,
            training.early_stopping_patience or 0,
            adaptation.max_general_drop,
        )

    @property
    def keeps_weights(self) -> bool:
        """Whether the final weights may be others than those of the last step."""
        return self.metric_for_best_model != "last" or self.average != "none"

    def check(self, figures: Collection[str]) -> None:
        """Refuse to go by a figure that validation does not give.

        Raises:
            ConfigError: the figure is not among those given.
        """
        for name, field in (
            (self._figure, "training.metric_for_best_model"),
            (self._bound, "adaptation.max_general_drop"),
        ):
            if name and name not in figures:
                has = ", ".join(sorted(figures)) or "nothing"
                raise ConfigError(
                    f"goes by {name}, which validation does not give (it gives {has})",
                    field=field,
                    hint="hold out validation documents (with terms, for term_success), or choose by another, or last",
                )

    def best_first(self, points: Sequence[Point]) -> list[Point]:
        """Return the points that may be chosen, the best first (the newest for ``last``).

        By term success, chrF decides between equals; after that the earlier point. When a bound on the
        general drop leaves none, all are ranked by their general chrF instead.
        """
        candidates = [point for point in points if point["step"] > 0]
        if self.metric_for_best_model == "last":
            return sorted(candidates, key=lambda point: -point["step"])
        base = next((point for point in points if point["step"] == 0), None)
        if self.max_general_drop is not None and base is not None:
            least = base[GENERAL] - self.max_general_drop
            within = [point for point in candidates if point[GENERAL] >= least]
            if not within:
                return sorted(candidates, key=lambda point: (-point[GENERAL], point["step"]))
            candidates = within
        return sorted(candidates, key=self._rank)

    def _rank(self, point: Point) -> tuple[float, ...]:
        figure = point[self._figure]
        if self.metric_for_best_model == "loss":
            return figure, point["step"]
        tie = -point["validation_chrf"] if self.metric_for_best_model == "term_success" else 0.0
        return -figure, tie, point["step"]

    @property
    def _figure(self) -> str:
        return "" if self.metric_for_best_model == "last" else f"validation_{self.metric_for_best_model}"

    @property
    def _bound(self) -> str:
        return "" if self.max_general_drop is None else GENERAL

    def chosen(self, points: Sequence[Point]) -> Point | None:
        """Return the point chosen so far; None before the first validation."""
        ranked = self.best_first(points)
        return ranked[0] if ranked else None

    def members(self, points: Sequence[Point]) -> list[int]:
        """Return the steps whose weights make the final ones, in order."""
        ranked = self.best_first(points)
        if not ranked:
            return []
        if self.average == "best":
            return sorted(int(point["step"]) for point in ranked[: self.average_checkpoints])
        steps = sorted(int(point["step"]) for point in points if 0 < point["step"] <= ranked[0]["step"])
        return steps[-self.average_checkpoints :] if self.average == "last" else steps[-1:]

    def needed(self, points: Sequence[Point]) -> set[int]:
        """Return the steps whose weights the final ones may yet be made of."""
        if not self.keeps_weights:
            return set()
        steps = set(self.members(points))
        if self.average == "last":
            # A better point may come, and be averaged with those before it.
            recent = sorted(int(point["step"]) for point in points if point["step"] > 0)
            steps |= set(recent[-self.average_checkpoints :])
        return steps

    def exhausted(self, points: Sequence[Point]) -> bool:
        """Whether patience has run out."""
        if not self.patience or len(points) <= self.patience:
            return False
        chosen = self.chosen(points)
        return chosen is not None and sum(point["step"] > chosen["step"] for point in points) >= self.patience

    def __str__(self) -> str:
        """Say the rule in words, for the model card."""
        if self.metric_for_best_model == "last":
            words = "the last step"
        else:
            way = "lowest" if self.metric_for_best_model == "loss" else "highest"
            words = f"the validated point of {way} {self._figure.replace('_', ' ')}"
            if self.metric_for_best_model == "term_success":
                words += " (chrF between equals)"
            if self.max_general_drop is not None:
                words += (
                    f" among those whose general chrF is at most {self.max_general_drop:g} below the base's "
                    "(of highest general chrF where there are none)"
                )
        if self.average == "last":
            words += f", averaged with up to {self.average_checkpoints - 1} points before it"
        if self.average == "best":
            words += f", averaged with up to {self.average_checkpoints - 1} next best"
        if self.patience:
            words += f"; stops after {self.patience} validations without a better one"
        return words


def _path(folder: Path, step: int) -> Path:
    return folder / f"step-{step:08d}.safetensors"


def save_weights(folder: Path, step: int, weights: dict[str, torch.Tensor]) -> None:
    """Write a point's weights (no two tensors sharing storage), whole or not at all."""
    with replaced_file(_path(folder, step)) as temporary:
        save_file(weights, temporary)


def prune_weights(folder: Path, wanted: set[int]) -> None:
    """Delete the weights of all points but those of the wanted steps."""
    for path in sorted(folder.glob("step-*.safetensors")):
        step = re.fullmatch(r"step-(\d{8,})\.safetensors", path.name)
        if step and int(step[1]) not in wanted:
            path.unlink()


def averaged_weights(folder: Path, steps: Sequence[int]) -> dict[str, torch.Tensor]:
    """Return the mean of points' weights, summed in double precision; whole numbers are the last point's.

    Averaging checkpoints of one run goes back to Vaswani et al. 2017, section 6.1.

    Raises:
        DataError: a point's weights are missing or damaged.
    """
    sums: dict[str, torch.Tensor] = {}
    weights: dict[str, torch.Tensor] = {}
    for step in steps:
        try:
            weights = load_file(_path(folder, step))
        except (OSError, SafetensorError) as error:
            raise DataError(
                f"cannot be read ({error})", path=_path(folder, step), hint="train anew with --overwrite"
            ) from None
        if len(steps) == 1:
            return weights
        for name, tensor in weights.items():
            if tensor.is_floating_point():
                sums[name] = sums[name] + tensor.double() if name in sums else tensor.double()
    return {
        name: (sums[name] / len(steps)).to(weights[name].dtype) if name in sums else weights[name] for name in weights
    }
