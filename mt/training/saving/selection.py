"""The validations of a run, and on disk the weights of the best ones, among which the published ones are chosen.

A validation is a dictionary of a ``step`` and its metrics; that at step 0 is the base's. Which weights are kept is a
function of the validations so far, which a checkpoint holds: a resumed run keeps what an uninterrupted one does.
"""

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
from mt.training.saving.checkpoints import latest_checkpoint, whole_weights, write_tensors
from mt.training.validation import ValidationSet, mean_loss, translation_scores

_log = logging.getLogger(__name__)

# Validated weights that are kept, to be averaged and compared at the end.
_KEPT = 3

Evaluation = dict[str, float]


class Selection:
    """Validates a model under training and keeps its best weights; all processes make the same calls.

    Args:
        model: whole; with shards (FSDP) it is another than the module that is trained.
        sets: to validate on.
        folder: of the run; the weights are kept in ``candidates/``.

    Attributes:
        evaluations: so far; a checkpoint holds them.
        translates: whether texts are translated in validation.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        sets: Sequence[ValidationSet],
        folder: Path,
        training: TrainingConfig,
        processes: Processes,
    ) -> None:
        self._model, self._sets, self._folder, self._training = model, sets, folder, training
        self._processes = processes
        self._candidates = folder / "candidates"
        self.translates = any(one.texts is not None for one in sets)
        self.evaluations: list[Evaluation] = []

    @property
    def stopped(self) -> bool:
        """Whether there were as many validations without a better one as patience allows."""
        best, patience = self.best_steps(), self._training.early_stopping_patience
        if not best or patience is None:
            return False
        return sum(evaluation["step"] > best[0] for evaluation in self.evaluations) >= patience

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
        found = next((evaluation for evaluation in self.evaluations if evaluation["step"] == step), {})
        return {name: value for name, value in found.items() if name != "step"}

    def best_steps(self) -> list[int]:
        """Return the steps whose weights are kept, the best first."""
        return best_steps(self.evaluations, self._training.metric_for_best_model)

    def evaluate(self, step: int, trained: nn.Module) -> dict[str, float]:
        """Validate the weights, and keep them if they may be chosen; raises ``UserError`` if memory runs out."""
        with memory_explained(self._training, "in validation"):
            metrics = self._metrics(trained)
        self.evaluations.append({"step": step, **metrics})
        if step in self.best_steps():
            weights = whole_weights(trained, self._processes)
            if self._processes.main:
                with replaced_file(candidate_path(self._folder, step)) as temporary:
                    write_tensors(weights, temporary)
            self._processes.wait()
        if self.stopped:
            _log.info("stopping: %s validations without improvement", self._training.early_stopping_patience)
        return metrics

    def prune(self) -> None:
        """Delete weights that can no longer be chosen from the newest checkpoint; called when it has been written."""
        newest = latest_checkpoint(self._folder / "checkpoints")
        if self._processes.main and newest is not None:
            step = int(newest.name.removeprefix("step-"))
            seen = [one for one in self.evaluations if one["step"] <= step]
            keep_candidates(self._candidates, best_steps(seen, self._training.metric_for_best_model))

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
        if self.translates:
            # generate() calls parts of the model by themselves, which a sharded one does not support.
            self.gather(module)
            self._model.eval()
            for one in self._sets:
                metrics |= translation_scores(self._model, one, self._processes)
        module.train()
        return metrics


def best_steps(evaluations: Sequence[Evaluation], metric: str) -> list[int]:
    """Return the steps of the best validations, at most three, best first; empty where nothing tells which is better.

    The base's is none of them. With equal term success the higher chrF wins, then the earlier step; where the
    validation documents have no terms, chrF decides.
    """
    key = f"validation_{metric}"
    found = [one for one in evaluations if one["step"] > 0 and "validation_chrf" in one] if metric != "last" else []
    ranked = sorted(found, key=lambda one: (-one.get(key, 0.0), -one["validation_chrf"], one["step"]))
    return [int(one["step"]) for one in ranked[:_KEPT]]


def candidate_path(folder: Path, step: int) -> Path:
    """Return the file of a run's weights at a step."""
    return folder / "candidates" / f"step-{step:08d}.safetensors"


def keep_candidates(folder: Path, steps: Collection[int]) -> None:
    """Delete the weights of all other steps."""
    for path in sorted(folder.glob("step-*.safetensors")):
        step = re.fullmatch(r"step-(\d{8,})\.safetensors", path.name)
        if step and int(step[1]) not in steps:
            path.unlink()


def averaged(paths: Sequence[Path]) -> dict[str, torch.Tensor]:
    """Return the mean of the weights in files, summed in double precision; integers are the last file's.

    Checkpoint averaging goes back to Vaswani et al. 2017, section 6.1.

    Raises:
        DataError: a file is missing or damaged.
    """
    sums: dict[str, torch.Tensor] = {}
    weights: dict[str, torch.Tensor] = {}
    for path in paths:
        try:
            weights = load_file(path)
        except (OSError, SafetensorError) as error:
            raise DataError(f"cannot be read ({error})", path=path, hint="train again with --overwrite") from None
        for name, tensor in weights.items():
            if tensor.is_floating_point() and len(paths) > 1:
                sums[name] = sums[name] + tensor.double() if name in sums else tensor.double()
    return {name: (sums[name] / len(paths)).to(own.dtype) if name in sums else own for name, own in weights.items()}
