"""The training loop: for fine-tuning and for training from scratch, on CPU or GPU, in one process or several."""

import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from mt.config import TermsConfig, TrainingConfig
from mt.errors import DataError, UserError
from mt.training.data.batching import Batch, Epoch, EpochSettings, SourceTransform, build_batches
from mt.training.data.packed_pairs import PackedPairs
from mt.training.hardware.device import compile_layers, compiles, fast_on_cpu, fast_on_gpu, memory_explained, uses_bf16
from mt.training.hardware.processes import Processes
from mt.training.interruption import interruptible
from mt.training.optim.optimizer import build_optimizers, lr_factor, set_learning_rates
from mt.training.progress import Progress, TrainingEvent, TrainingResult, check_end
from mt.training.run_log import RunLog
from mt.training.saving.checkpoints import TrainingState, load_state, load_weights, save_checkpoint
from mt.training.saving.run_folder import open_run
from mt.training.saving.selection import Selection
from mt.training.step import optimizer_step
from mt.training.validation import ValidationSet

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingTask:
    """What the loop trains, on what, and how."""

    # A sequence-to-sequence model in fp32; trained in place.
    model: PreTrainedModel
    # Or a function from the number of an epoch to its pairs.
    pairs: PackedPairs | Callable[[int], PackedPairs]
    training: TrainingConfig
    terms: TermsConfig
    # Identifiers of the term tags.
    tags: Sequence[int]
    # Of the data order and the dropout.
    seed: int
    validation: Sequence[ValidationSet] = ()
    # Changes of the training sources, in this order.
    transforms: Sequence[SourceTransform] = ()
    optimizers: Callable[[nn.Module, TrainingConfig], list[torch.optim.Optimizer]] = build_optimizers
    # What decides the weights: a checkpoint of another fingerprint is refused. None for no check.
    fingerprint: Mapping[str, Any] | None = None


def train_loop(
    task: TrainingTask, folder: Path, *, resume: bool = False, report: Callable[[TrainingEvent], None] | None = None
) -> TrainingResult:
    """Train a model in place; afterwards it holds the weights of the last step.

    Args:
        task: what is trained, on what, and how.
        folder: gets ``metrics.jsonl``, ``checkpoints/`` and ``candidates/``.
        resume: continue from the newest checkpoint in ``folder``, if there is one.
        report: called after every step.

    Raises:
        ConfigError: the checkpoint has another fingerprint.
        UserError: no limit is set, memory runs out, or the loss is not finite (step and batches are named).
        DataError: there is nothing to train on, or a checkpoint cannot be resumed from.
    """
    check_end(task.training)
    if isinstance(task.pairs, PackedPairs) and not len(task.pairs):
        raise DataError("there is nothing to train on", hint="prepare documents first")
    run = _Run(task, folder, report)
    with fast_on_gpu(run.device), fast_on_cpu(task.model, run.device) as run.after_step:
        return run.train(resume)


class _Run:
    """The state of one call of ``train_loop``."""

    def __init__(self, task: TrainingTask, folder: Path, report: Callable[[TrainingEvent], None] | None) -> None:
        self.task, self.model, self.training = task, task.model, task.training
        self.folder, self.report = folder, report
        self.processes = Processes(bf16=uses_bf16(task.training))
        self.device = self.processes.device
        self.selection = Selection(task.model, task.validation, folder, task.training, self.processes)
        self.loss = math.nan
        self.after_step: Callable[[], None] = lambda: None

    @property
    def progress(self) -> Progress:
        return self.state.progress

    def train(self, resume: bool) -> TrainingResult:
        self._prepare(resume)
        self.state.model.train()
        with closing(self.log), interruptible() as stop_requested:
            if self.selection.translates and self.training.eval_steps and not self.selection.evaluations:
                self.log.write({"step": 0, "epoch": 0, "target_tokens": 0}, self._evaluate(0))
            while self._done() < 1.0 and self._epoch(stop_requested):
                self.progress.epoch += 1
                self.progress.batch = 0
            interrupted = self._done() < 1.0
            if self.task.validation and not interrupted and not self.selection.evaluated(self.progress.step):
                self.log.write(self._line(), self._evaluate(self.progress.step))
            self._save()
            return self._finish(interrupted)

    def _prepare(self, resume: bool) -> None:
        task, training = self.task, self.training
        checkpoint = open_run(self.folder, self.processes, resume=resume, fingerprint=task.fingerprint)
        if checkpoint is not None:
            load_weights(checkpoint, self.model)
        # ``wrapped`` is called in a step; ``trained`` holds the weights, or this process's shards of them.
        self.wrapped, trained = self.processes.prepare(self.model)
        optimizers = task.optimizers(trained, training)
        if compiles(training, self.device):
            compile_layers(self.model)
        self.state = TrainingState(trained, optimizers, fingerprint=task.fingerprint)
        # Each process draws its own dropout.
        torch.manual_seed(task.seed + self.processes.index)
        if checkpoint is not None:
            load_state(checkpoint, self.state, self.processes)
            steps, tokens = self.progress.step, self.progress.target_tokens
            _log.info("resumed from %s (%d steps, %d target tokens)", checkpoint, steps, tokens)
        self.selection.resume(self.progress.evaluations)
        settings = {"training": training.model_dump(mode="json"), "terms": task.terms.model_dump(mode="json")}
        tokens = self.progress.target_tokens
        self.log = RunLog(self.folder, training.report_to, settings, self.processes.main, tokens)
        self.started = time.monotonic() - self.progress.seconds
        self.saved = self.progress.seconds

    def _epoch(self, stop_requested: Callable[[], bool]) -> bool:
        """Train to the end of the epoch; return whether it was reached."""
        task, progress, world = self.task, self.progress, self.processes.count
        pairs = task.pairs if isinstance(task.pairs, PackedPairs) else task.pairs(progress.epoch)
        settings = EpochSettings(task.terms, self.training.batch_tokens, task.tags, task.seed, task.transforms)
        epoch = Epoch(pairs, settings, progress.epoch)
        parts = self.training.gradient_accumulation_steps
        # A last step of too few batches is left out, unless the whole epoch is shorter than a step.
        firsts = range(progress.batch, max(len(epoch) - parts * world, 0) + 1, parts * world)
        # Batches are dealt to the processes in turn: process 1 of 2 gets 1, 3, 5, …
        steps = [
            [(first + self.processes.index + world * part) % len(epoch) for part in range(parts)] for first in firsts
        ]
        # A GPU's steps are so short that building batches between them would delay them.
        workers = min(4, (os.cpu_count() or 1) // 3) if self.device.type == "cuda" else 0
        flat = [number for numbers in steps for number in numbers]
        built = build_batches(epoch, flat, self.model.config.pad_token_id, workers)
        for numbers in steps:
            batches = list(islice(built, parts))
            tokens, stop = self._agree(batches, stop_requested())
            done = self._done(len(epoch))
            if done >= 1.0 or stop:
                return False
            after = progress.share_done(self.training, len(epoch), parts * world)
            factor = lr_factor(self.training, done, after)
            self._step(batches, tokens, factor, f"epoch {progress.epoch}, batches {numbers}")
            progress.batch += parts * world
            self._log_step(batches, done, after)
            pause = self.training.checkpoint_minutes
            if pause is not None and progress.seconds - self.saved > 60 * pause:
                self._save()
        return True

    def _step(self, batches: list[Batch], tokens: int, factor: float, where: str) -> None:
        """Take an optimiser step of so many target tokens at a factor on the learning rates."""
        training, progress = self.training, self.progress
        set_learning_rates(self.state.optimizers, factor)
        with memory_explained(training, f"at step {progress.step}"):
            self.loss = optimizer_step(self.wrapped, self.state, batches, tokens, training, self.processes)
        self.after_step()
        progress.target_tokens += tokens
        if not math.isfinite(self.loss):
            raise UserError(
                f"the loss is {self.loss} at step {progress.step} ({where})",
                path=self.folder,
                hint="lower training.learning_rate or raise training.warmup_ratio, and --overwrite",
            )
        progress.step += 1

    def _agree(self, batches: list[Batch], stop_requested: bool) -> tuple[int, bool]:
        """Return the step's target tokens over all processes, and whether to stop before it.

        The clock is the main process's: all of them end and save at the same step.
        """
        now = time.monotonic() - self.started if self.processes.main else 0.0
        own = sum(batch.target_tokens for batch in batches)
        tokens, stop, self.progress.seconds = self.processes.sum(own, stop_requested, now)
        return int(tokens), stop > 0

    def _log_step(self, batches: list[Batch], before: float, after: float) -> None:
        """Validate, log and report, if it is time to; ``before`` and ``after`` are shares of the run."""
        training, step = self.training, self.progress.step
        every = training.eval_steps or math.inf
        # The tolerance is for shares such as 3 of 10 steps, which are not exact.
        due = step % every == 0 if every >= 1 else (before + 1e-9) // every < (after + 1e-9) // every
        metrics = self._evaluate(step) if due else {}
        speed = self.log.speed(self.progress.target_tokens)
        if not self.processes.main:
            return
        if step % training.logging_steps == 0 or metrics or step == training.max_steps:
            padding = sum(batch.padding for batch in batches) / len(batches)
            self.log.write(self._line() | {"tokens_per_second": round(speed, 1), "padding": round(padding, 4)}, metrics)
        if self.report is not None:
            self.report(TrainingEvent(step, before, self.loss, speed, metrics))

    def _line(self) -> dict[str, float]:
        return {
            "step": self.progress.step,
            "epoch": self.progress.epoch,
            "target_tokens": self.progress.target_tokens,
            "loss": round(self.loss, 5),
            "learning_rate": self.state.optimizers[0].param_groups[0]["lr"],
            "seconds": round(time.monotonic() - self.started, 1),
        }

    def _evaluate(self, step: int) -> dict[str, float]:
        return self.selection.evaluate(step, self.state.model)

    def _save(self) -> None:
        save_checkpoint(self.folder / "checkpoints", self.state, self.processes)
        self.saved = self.progress.seconds
        self.selection.prune()

    def _done(self, epoch_batches: int = 0) -> float:
        return 1.0 if self.selection.stopped else self.progress.share_done(self.training, epoch_batches)

    def _finish(self, interrupted: bool) -> TrainingResult:
        """Leave the last weights in the model; return what there is to choose from."""
        self.selection.gather(self.state.model)
        self.model.eval()
        metrics, base = (self.selection.metrics_at(step) for step in (self.progress.step, 0))
        best = [] if interrupted else self.selection.best_steps()
        return TrainingResult(self.progress, self.loss, interrupted, metrics, base, best)
