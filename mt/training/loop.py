"""The training loop: one for a starter from scratch and for fine-tuning, CPU or GPU, one process or many.

Devices and processes are ``processes``'s; the order of the data is ``batching``'s.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import torch
from transformers import PreTrainedModel

from mt.config import AdaptationConfig, TermsConfig, TrainingConfig
from mt.errors import DataError, UserError
from mt.training.data.batching import Batch, Epoch
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.prefetcher import Feed, feed_processes
from mt.training.data.transforms import SourceTransform
from mt.training.hardware.compiling import compile_layers, compiles
from mt.training.hardware.cpu import fast_on_cpu
from mt.training.hardware.gpu import fast_on_gpu
from mt.training.hardware.memory import memory_explained
from mt.training.hardware.precision import autocast
from mt.training.hardware.processes import Processes
from mt.training.interruption import interruptible
from mt.training.limits import check_end, share_done
from mt.training.logging.events import Trained, TrainingEvent
from mt.training.logging.run_log import RunLog
from mt.training.optim.ema import exchange, move_average, trainable
from mt.training.optim.loss import DecoderTransform
from mt.training.optim.optimizer import build_optimizers, schedule, set_rates
from mt.training.saving.checkpoints import (
    Progress,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    take_up,
)
from mt.training.saving.selection import Selection
from mt.training.step import OptimizerStep
from mt.training.validation import ValidationSet

__all__ = ["Trained", "TrainingEvent", "train_loop"]

_log = logging.getLogger(__name__)


def train_loop(
    model: PreTrainedModel,
    pairs: PackedPairs | Callable[[int], PackedPairs],
    validation: PackedPairs | Sequence[ValidationSet] | None,
    folder: Path,
    training: TrainingConfig,
    terms: TermsConfig,
    tags: list[int],
    *,
    seed: int,
    adaptation: AdaptationConfig | None = None,
    transforms: Sequence[SourceTransform] = (),
    decoder_transform: DecoderTransform | None = None,
    resume: bool = False,
    report: Callable[[TrainingEvent], None] | None = None,
) -> Trained:
    """Train ``model`` in place; when this returns it holds the weights that ``points.Rule`` chooses.

    Args:
        model: a sequence-to-sequence model in fp32.
        pairs: packed token ids, or what gives those of an epoch by its number.
        validation: packed token ids for the loss alone, or sets that may also be translated.
        folder: receives ``metrics.jsonl``, ``curves.png``, ``checkpoints/`` and the weights of ``points/``.
        training, terms, adaptation: what to do.
        tags: identifiers of the term tags.
        seed: of the data order and the dropout.
        transforms: what is done to the training sources, in this order.
        decoder_transform: changes what the decoder reads, as in ``summed_loss``.
        resume: go on from the newest checkpoint in ``folder``, if there is one.
        report: called at every step.

    Raises:
        ConfigError: the point is to be chosen by a figure that validation does not give.
        UserError: no limit is set, memory runs out, or the loss is not finite (step and batch are named).
        DataError: there is nothing to train on, or a checkpoint cannot be resumed from.
    """
    check_end(training)
    if isinstance(pairs, PackedPairs) and not len(pairs):
        raise DataError("there is nothing to train on", hint="prepare documents first")
    sets = [ValidationSet("validation", validation)] if isinstance(validation, PackedPairs) else list(validation or ())
    run = _Run(model, sets, folder, training, terms, adaptation or AdaptationConfig(), tags, transforms, seed, report)
    run.decoder_transform = decoder_transform
    with fast_on_gpu(run.device), fast_on_cpu(model, run.device) as run.after_step:
        return run.train(pairs, resume)


class _Run:
    """The state of one call of ``train_loop``."""

    def __init__(
        self,
        model: PreTrainedModel,
        sets: Sequence[ValidationSet],
        folder: Path,
        training: TrainingConfig,
        terms: TermsConfig,
        adaptation: AdaptationConfig,
        tags: list[int],
        transforms: Sequence[SourceTransform],
        seed: int,
        report: Callable[[TrainingEvent], None] | None,
    ) -> None:
        self.model, self.folder = model, folder
        self.training, self.terms, self.tags, self.seed, self.report = training, terms, tags, seed, report
        self.adaptation, self.transforms = adaptation, transforms
        self.pad: int = model.config.pad_token_id
        self.processes = Processes()
        self.device = self.processes.device
        self.autocast = autocast(training, self.device)
        self.progress = Progress()
        self.selection = Selection(model, sets, folder, training, adaptation, tags, self.processes, self.autocast)
        self.validates = bool(sets) or self.selection.rule.keeps_weights
        self.after_step: Callable[[], None] = lambda: None
        self.decoder_transform: DecoderTransform | None = None
        self.loss = math.nan

    def train(self, pairs: PackedPairs | Callable[[int], PackedPairs], resume: bool) -> Trained:
        self._prepare(resume)
        self.trained.train()
        with closing(self.log), interruptible() as asked:
            if self.selection.measures_base and not self.selection.points:
                figures = self.selection.measure(0, self.trained, self.ema)
                self.log.write({"step": 0, "epoch": 0, "target_tokens": 0}, figures)
            while self._done() < 1.0 and self._epoch(pairs, asked):
                self.progress.epoch += 1
                self.progress.batch = 0
            interrupted = self._done() < 1.0
            if self.validates and not interrupted and not self.selection.measured(self.progress.step):
                self.log.write(self._line(), self.selection.measure(self.progress.step, self.trained, self.ema))
            self._save()
            return self._end(interrupted)

    def _end(self, interrupted: bool) -> Trained:
        """Leave the final weights in the model, and say which they are."""
        if self.ema is not None:
            exchange(self.trained, self.ema)
        self.selection.gather(self.trained)
        last = self.progress.step
        steps, figures = ([], {}) if interrupted else self.selection.choose()
        if not steps:
            steps, figures = [last], self.selection.at(last)
        self.log.draw(() if interrupted else steps)
        self.model.eval()
        return Trained(
            self.progress,
            self.loss,
            figures.get("validation_loss"),
            interrupted,
            figures,
            self.selection.at(0),
            steps,
            str(self.selection.rule),
        )

    def _prepare(self, resume: bool) -> None:
        found = take_up(self.folder, resume, self.processes)
        if found is not None:
            load_weights(found, self.model)
        # ``wrapped`` is called in a step; ``trained`` holds the weights, or this process's shards of them.
        self.wrapped, self.trained = self.processes.prepare(self.model)
        self.optimizers = build_optimizers(self.trained, self.training)
        if compiles(self.training, self.device):
            compile_layers(self.model)
        decay = self.training.ema_decay
        self.ema = {name: value.detach().clone() for name, value in trainable(self.trained)} if decay else None
        self.take_step = OptimizerStep(
            self.wrapped,
            self.trained,
            self.optimizers,
            self.processes,
            self.training,
            self.autocast,
            self.decoder_transform,
        )
        # Each process draws its own dropout.
        torch.manual_seed(self.seed + self.processes.index)
        if found is not None:
            self.progress = load_checkpoint(found, self.optimizers, self.ema, self.processes)
            _log.info(
                "resumed from %s (%d steps, %d target tokens)", found, self.progress.step, self.progress.target_tokens
            )
        self.selection.take_up(self.progress.points)
        settings = {name: getattr(self, name).model_dump(mode="json") for name in ("training", "terms", "adaptation")}
        tokens = self.progress.target_tokens
        self.log = RunLog(self.folder, self.training.report_to, settings, self.processes.main, tokens)
        self.started = time.monotonic() - self.progress.seconds
        self.saved = self.progress.seconds

    def _epoch(self, pairs: PackedPairs | Callable[[int], PackedPairs], asked: Callable[[], bool]) -> bool:
        """Train to the end of the epoch; return whether it was reached."""
        training, progress = self.training, self.progress
        drawn = pairs if isinstance(pairs, PackedPairs) else pairs(progress.epoch)
        epoch = Epoch(
            drawn,
            self.terms,
            training.batch_tokens,
            self.tags,
            seed=self.seed,
            number=progress.epoch,
            transforms=self.transforms,
        )
        world = self.processes.count
        per_step = training.gradient_accumulation_steps * world
        first = progress.batch + self.processes.index
        with closing(Feed(epoch, self.pad, first, world, feed_processes(self.device))) as feed:
            # A last step of too few batches is left out, unless the whole epoch is shorter than a step.
            while progress.batch + per_step <= max(len(epoch), per_step):
                first = progress.batch + self.processes.index
                numbers = [(first + world * part) % len(epoch) for part in range(training.gradient_accumulation_steps)]
                batches = [feed.batch(number) for number in numbers]
                tokens, stop = self._agree(batches, asked())
                done = self._done(len(epoch))
                if done >= 1.0 or stop:
                    return False
                set_rates(self.optimizers, schedule(training, progress.step, done))
                with memory_explained(training, f"at step {progress.step}"):
                    self.loss = self.take_step(batches, tokens)
                progress.target_tokens += tokens
                if not math.isfinite(self.loss):
                    raise UserError(
                        f"the loss is {self.loss} at step {progress.step} (epoch {progress.epoch}, batches {numbers})",
                        path=self.folder,
                        hint="lower training.learning_rate or raise training.warmup_steps, then --resume",
                    )
                if self.ema is not None:
                    move_average(self.ema, self.trained, training.ema_decay, progress.step)
                progress.step += 1
                progress.batch += per_step
                self.after_step()
                self._tell(batches, done)
                if training.checkpoint_minutes and progress.seconds - self.saved > 60 * training.checkpoint_minutes:
                    self._save()
        return True

    def _agree(self, batches: list[Batch], asked: bool) -> tuple[int, bool]:
        """Return the step's target tokens over all processes, and whether to stop before it.

        The clock is the main process's: by it all of them end, or save, at the same step.
        """
        now = time.monotonic() - self.started if self.processes.main else 0.0
        own = sum(batch.target_tokens for batch in batches)
        tokens, stop, self.progress.seconds = self.processes.total(own, asked, now)
        return int(tokens), stop > 0

    def _tell(self, batches: list[Batch], done: float) -> None:
        """Validate, log and report when it is time to."""
        training, step = self.training, self.progress.step
        figures: dict[str, float] = {}
        if training.eval_steps and step % training.eval_steps == 0:
            figures = self.selection.measure(step, self.trained, self.ema)
        speed = self.log.speed(self.progress.target_tokens)
        if not self.processes.main:
            return
        if step % training.logging_steps == 0 or figures or step == training.max_steps:
            padding = sum(batch.padding for batch in batches) / len(batches)
            self.log.write(self._line() | {"tokens_per_second": round(speed, 1), "padding": round(padding, 4)}, figures)
        if self.report is not None:
            self.report(TrainingEvent(step, done, self.loss, speed, figures.get("validation_loss"), figures))

    def _line(self) -> dict[str, float]:
        return {
            "step": self.progress.step,
            "epoch": self.progress.epoch,
            "target_tokens": self.progress.target_tokens,
            "loss": round(self.loss, 5),
            "learning_rate": self.optimizers[0].param_groups[0]["lr"],
            "seconds": round(time.monotonic() - self.started, 1),
        }

    def _save(self) -> None:
        save_checkpoint(
            self.folder / "checkpoints",
            self.progress,
            self.trained,
            self.optimizers,
            self.ema,
            self.training.save_total_limit,
            self.processes,
        )
        self.saved = self.progress.seconds
        self.selection.prune()
        self.log.draw(at_once=False)

    def _done(self, epoch_batches: int = 0) -> float:
        return 1.0 if self.selection.stopped else share_done(self.training, self.progress, epoch_batches)
