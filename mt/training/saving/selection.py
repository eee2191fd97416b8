"""The validated points of a run: measured, kept while they may be chosen, and chosen from in the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from mt.config import AdaptationConfig, TrainingConfig
from mt.io.files import remove_leftovers
from mt.training.hardware.memory import memory_explained
from mt.training.hardware.processes import Processes, full
from mt.training.optim.ema import exchange
from mt.training.saving.checkpoints import kept_steps, whole_weights
from mt.training.saving.points import Point, Rule, averaged_weights, prune_weights, save_weights
from mt.training.validation import ValidationSet, mean_loss, translation_scores

__all__ = ["Selection"]

_log = logging.getLogger(__name__)


class Selection:
    """Measures a model under training at its points, and holds to the rule by which one is chosen.

    Args:
        model: whole; with shards (FSDP) it is another than the module that is trained.
        sets: what is validated on.
        folder: the run's; weights of points are kept in ``points/``.
        training, adaptation: the rule and the batches.
        tags: identifiers of the term tags.
        processes: all of them make the same calls.
        autocast: the precision of the run.

    Attributes:
        points: measured so far; a checkpoint holds them.

    Raises:
        ConfigError: the rule goes by a figure that the sets do not give.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        sets: Sequence[ValidationSet],
        folder: Path,
        training: TrainingConfig,
        adaptation: AdaptationConfig,
        tags: Sequence[int],
        processes: Processes,
        autocast: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._model, self._sets, self._folder, self._training = model, sets, folder, training
        self._tags, self._processes, self._autocast = tags, processes, autocast
        self.rule = Rule.of(training, adaptation)
        self.rule.check({name for given in sets for name in given.figures})
        # The base is measured first where it is translated: scores are worth comparing with its own.
        self.measures_base = bool(training.eval_steps) and (
            any(given.texts is not None for given in sets) or adaptation.max_general_drop is not None
        )
        self.points: list[Point] = []

    @property
    def stopped(self) -> bool:
        """Whether the run has gone on long enough without a better point."""
        return self.rule.exhausted(self.points)

    def take_up(self, points: list[Point]) -> None:
        """Go on from a checkpoint's points; without any, weights that an earlier run left are deleted."""
        self.points = points
        if self._processes.main:
            remove_leftovers(self._folder / "points")
            if not points:
                prune_weights(self._folder / "points", set())

    def measured(self, step: int) -> bool:
        """Whether a step has its point."""
        return any(point["step"] == step for point in self.points)

    def at(self, step: int) -> dict[str, float]:
        """Return the figures of a step's point, empty where there is none."""
        for point in self.points:
            if point["step"] == step:
                return {name: value for name, value in point.items() if name != "step"}
        return {}

    def measure(self, step: int, trained: nn.Module, ema: Mapping[str, torch.Tensor] | None) -> dict[str, float]:
        """Validate the weights as they are, or their averages, as the point of a step; return its figures.

        Raises:
            UserError: memory runs out.
        """
        if ema is not None:
            exchange(trained, ema)
        with memory_explained(self._training, "in validation"):
            figures = self._figures(trained)
        self.points.append({"step": step, **figures})
        if step and step in self.rule.needed(self.points):
            weights = whole_weights(trained, self._processes)
            if self._processes.main:
                save_weights(self._folder / "points", step, weights)
            self._processes.wait()
        if ema is not None:
            exchange(trained, ema)
        if self.stopped:
            _log.info("stopping: %d validations without a better point", self.rule.patience)
        return figures

    def prune(self) -> None:
        """Delete the weights that no checkpoint's state may yet choose: called when one has been written."""
        if self._processes.main:
            wanted: set[int] = set()
            for kept in kept_steps(self._folder / "checkpoints"):
                wanted |= self.rule.needed([point for point in self.points if point["step"] <= kept])
            prune_weights(self._folder / "points", wanted)

    def choose(self) -> tuple[list[int], dict[str, float]]:
        """Put the chosen weights, where they are not the last, into the whole model.

        Returns:
            the steps they are of, none for those the model has, and their validation figures.
        """
        steps = self.rule.members(self.points) if self.rule.keeps_weights else []
        if not steps:
            return [], {}
        self._model.load_state_dict(averaged_weights(self._folder / "points", steps), strict=False)
        _log.info("weights of step %s: %s", ", ".join(map(str, steps)), self.rule)
        self._processes.wait()
        if self._processes.main:
            prune_weights(self._folder / "points", set(steps))
        return steps, self.at(steps[0]) if len(steps) == 1 else self._figures(self._model)

    def gather(self, trained: nn.Module) -> None:
        """Bring shards of the weights back into the whole model."""
        if trained is not self._model:
            self._model.load_state_dict({name: full(tensor).cpu() for name, tensor in trained.state_dict().items()})
            self._model.to(self._processes.device)

    def _figures(self, module: nn.Module) -> dict[str, float]:
        module.eval()
        figures: dict[str, float] = {}
        pad: int = self._model.config.pad_token_id
        for given in self._sets:
            figures[f"{given.name}_loss"] = mean_loss(
                module, given.pairs, self._training.batch_tokens, self._tags, pad, self._processes, self._autocast
            )
        if any(given.texts is not None for given in self._sets):
            # Generating calls parts of a model, which a model in shards does not bear.
            self.gather(module)
            self._model.eval()
            for given in self._sets:
                figures |= translation_scores(self._model, given, self._processes, self._autocast)
        module.train()
        return figures
