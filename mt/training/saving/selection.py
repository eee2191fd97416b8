"""The evaluations of a run: measured, their weights kept while they may be chosen, and the final weights selected."""

import logging
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import PreTrainedModel

from mt.config import TrainingConfig
from mt.errors import DataError
from mt.io.files import replaced_file
from mt.training.hardware.device import memory_explained
from mt.training.hardware.processes import Processes, gathered
from mt.training.saving.checkpoints import find_checkpoints, whole_weights, write_tensors
from mt.training.saving.selection_rule import Evaluation, SelectionRule
from mt.training.validation import ValidationSet, mean_loss, translation_scores

_log = logging.getLogger(__name__)


class Selection:
    """Evaluates a model under training, and selects its final weights.

    All processes make the same calls.

    Args:
        model: whole; with shards (FSDP) it is another than the module that is trained.
        sets: to validate on.
        folder: of the run; candidates' weights are kept in ``candidates/``.
        rule: how the final weights are chosen.

    Attributes:
        evaluations: so far; a checkpoint holds them.

    Raises:
        ConfigError: the rule needs a metric that the sets do not give.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        sets: Sequence[ValidationSet],
        folder: Path,
        rule: SelectionRule,
        training: TrainingConfig,
        processes: Processes,
    ) -> None:
        self._model, self._sets, self._folder, self._training = model, sets, folder, training
        self._processes = processes
        self._candidates = folder / "candidates"
        self.rule = rule
        rule.check({name for one in sets for name in one.metrics})
        # The base is measured first if it is translated with: scores are compared with its own.
        self.measures_base = bool(training.eval_steps) and (
            any(one.texts is not None for one in sets) or rule.max_general_drop is not None
        )
        self.evaluations: list[Evaluation] = []

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop early."""
        return self.rule.out_of_patience(self.evaluations)

    def resume(self, evaluations: list[Evaluation]) -> None:
        """Continue with a checkpoint's evaluations; without any, delete the candidates of an earlier run."""
        self.evaluations = evaluations
        if self._processes.main and not evaluations:
            keep_candidates(self._candidates, ())

    def evaluated(self, step: int) -> bool:
        """Whether there is an evaluation of a step."""
        return any(evaluation["step"] == step for evaluation in self.evaluations)

    def metrics_at(self, step: int) -> dict[str, float]:
        """Return the metrics of a step, empty if it was not evaluated."""
        for evaluation in self.evaluations:
            if evaluation["step"] == step:
                return {name: value for name, value in evaluation.items() if name != "step"}
        return {}

    def evaluate(self, step: int, trained: nn.Module) -> dict[str, float]:
        """Validate the weights, and keep them if they may be chosen; raises ``UserError`` if memory runs out."""
        with memory_explained(self._training, "in validation"):
            metrics = self._metrics(trained)
        self.evaluations.append({"step": step, **metrics})
        if step and step in self.rule.needed(self.evaluations):
            weights = whole_weights(trained, self._processes)
            if self._processes.main:
                with replaced_file(_candidate(self._candidates, step)) as temporary:
                    write_tensors(weights, temporary)
            self._processes.wait()
        if self.stopped:
            _log.info("stopping: %d validations without improvement", self.rule.patience)
        return metrics

    def prune(self) -> None:
        """Delete candidates that can no longer be chosen from any checkpoint; called when one has been written."""
        if self._processes.main:
            steps: set[int] = set()
            for kept in find_checkpoints(self._folder / "checkpoints"):
                steps |= self.rule.needed([one for one in self.evaluations if one["step"] <= kept])
            keep_candidates(self._candidates, steps)

    def select(self) -> tuple[list[int], dict[str, float]]:
        """Load the selected weights into the whole model, unless they are the last ones, which it has.

        Returns:
            The steps they are of, empty for the last ones, and their metrics.
        """
        steps = self.rule.selected(self.evaluations) if self.rule.selects else []
        if not steps:
            return [], {}
        self._model.load_state_dict(averaged_candidates(self._candidates, steps), strict=False)
        _log.info("weights of step %s: %s", ", ".join(map(str, steps)), self.rule)
        self._processes.wait()
        if self._processes.main:
            keep_candidates(self._candidates, steps)
        return steps, self.metrics_at(steps[0]) if len(steps) == 1 else self._metrics(self._model)

    def gather(self, trained: nn.Module) -> None:
        """Load the sharded weights into the whole model."""
        if trained is not self._model:
            weights = {name: gathered(tensor).cpu() for name, tensor in trained.state_dict().items()}
            self._model.load_state_dict(weights)
            self._model.to(self._processes.device)

    def _metrics(self, module: nn.Module) -> dict[str, float]:
        module.eval()
        metrics: dict[str, float] = {}
        for one in self._sets:
            loss = mean_loss(module, one.pairs, self._training.batch_tokens, self._processes)
            metrics[f"{one.name}_loss"] = loss
        if any(one.texts is not None for one in self._sets):
            # generate() calls parts of the model by themselves, which a sharded one does not support.
            self.gather(module)
            self._model.eval()
            for one in self._sets:
                metrics |= translation_scores(self._model, one, self._processes)
        module.train()
        return metrics


def _candidate(folder: Path, step: int) -> Path:
    return folder / f"step-{step:08d}.safetensors"


def keep_candidates(folder: Path, steps: Collection[int]) -> None:
    """Delete the weights of all other steps."""
    for path in sorted(folder.glob("step-*.safetensors")):
        step = re.fullmatch(r"step-(\d{8,})\.safetensors", path.name)
        if step and int(step[1]) not in steps:
            path.unlink()


def averaged_candidates(folder: Path, steps: Sequence[int]) -> dict[str, torch.Tensor]:
    """Return the mean of the weights of ``steps``, summed in double precision; integers are the last step's.

    Checkpoint averaging goes back to Vaswani et al. 2017, section 6.1.

    Raises:
        DataError: the weights of a step are missing or damaged.
    """
    sums: dict[str, torch.Tensor] = {}
    weights: dict[str, torch.Tensor] = {}
    for step in steps:
        try:
            weights = load_file(_candidate(folder, step))
        except (OSError, SafetensorError) as error:
            raise DataError(
                f"cannot be read ({error})", path=_candidate(folder, step), hint="train again with --overwrite"
            ) from None
        if len(steps) == 1:
            return weights
        for name, tensor in weights.items():
            if tensor.is_floating_point():
                sums[name] = sums[name] + tensor.double() if name in sums else tensor.double()
    return {
        name: (sums[name] / len(steps)).to(tensor.dtype) if name in sums else tensor for name, tensor in weights.items()
    }
