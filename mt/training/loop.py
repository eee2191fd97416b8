"""The training loop: one for a starter from scratch and for fine-tuning, CPU or GPU, one process or many.

Devices, mixed precision and processes are accelerate's; the order of the data is ``batching``'s.
"""

from __future__ import annotations

import json
import logging
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import nn
from transformers import PreTrainedModel

from mt.config import TermsConfig, TrainingConfig
from mt.errors import DataError, UserError
from mt.training.batching import Batch, Epoch
from mt.training.checkpoints import Progress, latest_checkpoint, load_checkpoint, save_checkpoint
from mt.training.feed import Feed
from mt.training.loss import as_tensors, summed_loss
from mt.training.optimizer import build_optimizers, schedule
from mt.training.packing import PackedPairs

__all__ = ["Trained", "TrainingEvent", "train_loop"]

_log = logging.getLogger(__name__)

# The schedule ends at the first limit reached, so a run with none would never end.
_NO_LIMIT = "give training.steps, training.epochs or training.minutes a value above 0"


@dataclass(frozen=True)
class TrainingEvent:
    """A step's news for a progress bar or a log line."""

    step: int
    done: float
    loss: float
    tokens_per_second: float
    validation_loss: float | None = None


@dataclass(frozen=True)
class Trained:
    """How a run ended."""

    progress: Progress
    loss: float
    validation_loss: float | None
    interrupted: bool


def train_loop(
    model: PreTrainedModel,
    pairs: PackedPairs,
    validation: PackedPairs | None,
    folder: Path,
    training: TrainingConfig,
    terms: TermsConfig,
    tags: list[int],
    *,
    seed: int,
    resume: bool = False,
    report: Callable[[TrainingEvent], None] | None = None,
) -> Trained:
    """Train ``model`` in place; with an EMA, it holds the averaged weights when this returns.

    Args:
        model: a sequence-to-sequence model in fp32.
        pairs, validation: packed token ids.
        folder: receives ``metrics.jsonl`` and ``checkpoints/``.
        training, terms: what to do.
        tags: identifiers of the term tags.
        seed: of the data order and the dropout.
        resume: go on from the newest checkpoint in ``folder``, if there is one.
        report: called at every step.

    Raises:
        UserError: no limit is set, or the loss is not finite (step and batch are named).
        DataError: there is nothing to train on, or a checkpoint cannot be resumed from.
    """
    if not (training.steps or training.epochs or training.minutes):
        raise UserError("the run has no end", field="training", mend=_NO_LIMIT)
    if not len(pairs):
        raise DataError("there is nothing to train on", mend="prepare documents first")
    return _Run(model, validation, folder, training, terms, tags, seed, report).train(pairs, resume)


class _Run:
    """The state of one call of ``train_loop``."""

    def __init__(
        self,
        model: PreTrainedModel,
        validation: PackedPairs | None,
        folder: Path,
        training: TrainingConfig,
        terms: TermsConfig,
        tags: list[int],
        seed: int,
        report: Callable[[TrainingEvent], None] | None,
    ) -> None:
        self.model, self.validation, self.folder = model, validation, folder
        self.training, self.terms, self.tags, self.seed, self.report = training, terms, tags, seed, report
        self.pad: int = model.config.pad_token_id
        # accelerate keeps one precision for the life of a process; ours is chosen run by run.
        self.accelerator = Accelerator(mixed_precision="no", cpu=not torch.cuda.is_available())
        self.bf16 = _in_bf16(training)
        torch.manual_seed(seed)
        self.optimizers: list[Any] = list(build_optimizers(model, training))
        self.progress = Progress()
        self.ema = {name: value.detach().clone() for name, value in _floats(model)} if training.ema_decay else None
        self.loss, self.validation_loss = math.nan, None  # type: float, float | None
        self.window = (0, time.monotonic())

    def train(self, pairs: PackedPairs, resume: bool) -> Trained:
        self._prepare(resume)
        ends = 60 * self.training.session_minutes or math.inf
        begun = self.saved = time.monotonic()
        self.model.train()
        with _interruptible() as asked:
            while self._done(None) < 1.0 and self._epoch(pairs, lambda: asked() or time.monotonic() - begun > ends):
                self.progress.epoch += 1
                self.progress.batch = 0
            self._save()
        interrupted = self._done(None) < 1.0
        if self.validation is not None:
            self.validation_loss = self._validate()
        if self.ema is not None:
            self.model.load_state_dict(self.ema, strict=False)
        self.model.eval()
        return Trained(self.progress, self.loss, self.validation_loss, interrupted)

    def _prepare(self, resume: bool) -> None:
        found = latest_checkpoint(self.folder / "checkpoints") if resume else None
        if found is not None:
            self.progress = load_checkpoint(found, self.model, self.optimizers, self.ema)
            _log.info(
                "resumed from %s (%d steps, %d target tokens)", found, self.progress.step, self.progress.target_tokens
            )
        self.wrapped = self.accelerator.prepare(self.model)
        self.optimizers = [self.accelerator.prepare(optimizer) for optimizer in self.optimizers]
        if self.ema is not None:
            self.ema = {name: tensor.to(self.accelerator.device) for name, tensor in self.ema.items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.started = time.monotonic() - self.progress.seconds
        self.window = (self.progress.target_tokens, time.monotonic())

    def _epoch(self, pairs: PackedPairs, stop: Callable[[], bool]) -> bool:
        """Train to the end of the epoch; return whether it was reached."""
        training, progress = self.training, self.progress
        epoch = Epoch(pairs, self.terms, training.batch_tokens, self.tags, seed=self.seed, number=progress.epoch)
        world = self.accelerator.num_processes
        per_step = training.accumulate * world
        first = progress.batch + self.accelerator.process_index
        with closing(Feed(epoch, self.pad, first, world)) as feed:
            # A last step of too few batches is left out, unless the whole epoch is shorter than a step.
            while progress.batch + per_step <= max(len(epoch), per_step):
                done = self._done(len(epoch))
                if done >= 1.0 or stop():
                    return False
                factor = schedule(training, progress.step, done)
                for optimizer in self.optimizers:
                    for group in optimizer.param_groups:
                        group["lr"] = group["peak"] * factor
                first = progress.batch + self.accelerator.process_index
                numbers = [(first + world * part) % len(epoch) for part in range(training.accumulate)]
                batches = [feed.batch(number) for number in numbers]
                self.loss = self._step(batches)
                if not math.isfinite(self.loss):
                    raise UserError(
                        f"the loss is {self.loss} at step {progress.step} (epoch {progress.epoch}, batches {numbers})",
                        path=self.folder,
                        mend="lower training.learning_rate or raise training.warmup_steps, then --resume",
                    )
                if self.ema is not None:
                    _average(self.ema, self.model, training.ema_decay, progress.step)
                progress.step += 1
                progress.batch += per_step
                self._tell(batches, done)
                if training.checkpoint_minutes and time.monotonic() - self.saved > 60 * training.checkpoint_minutes:
                    self._save()
        return True

    def _step(self, batches: list[Batch]) -> float:
        """Take one optimiser step over some batches; return the mean loss a target token."""
        accelerator, training = self.accelerator, self.training
        own = sum(batch.target_tokens for batch in batches)
        tokens = float(own)
        if accelerator.num_processes > 1:
            tokens = float(accelerator.reduce(torch.tensor(tokens, device=accelerator.device), "sum"))
        total = torch.zeros((), device=accelerator.device)
        for batch in batches:
            with self._autocast():
                loss = summed_loss(self.wrapped, as_tensors(batch, accelerator.device), training.label_smoothing)
            # Gradients are averaged over the processes; this makes it the mean over all their tokens.
            accelerator.backward(loss * (accelerator.num_processes / tokens))
            total += loss.detach()
        if training.clip_norm:
            accelerator.clip_grad_norm_(self.wrapped.parameters(), training.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if accelerator.num_processes > 1:
            total = accelerator.reduce(total, "sum")
        self.progress.target_tokens += int(tokens)
        return float(total) / tokens

    def _tell(self, batches: list[Batch], done: float) -> None:
        """Validate, log and report when it is time to."""
        training, step = self.training, self.progress.step
        validated = None
        if self.validation is not None and training.validate_steps and step % training.validate_steps == 0:
            validated = self.validation_loss = self._validate()
        before, since = self.window
        speed = (self.progress.target_tokens - before) / max(time.monotonic() - since, 1e-9)
        if not self.accelerator.is_main_process:
            return
        if step % training.log_steps == 0 or validated is not None or step == training.steps:
            line = {
                "step": step,
                "epoch": self.progress.epoch,
                "target_tokens": self.progress.target_tokens,
                "loss": round(self.loss, 5),
                "learning_rate": self.optimizers[0].param_groups[0]["lr"],
                "tokens_per_second": round(speed, 1),
                "padding": round(sum(batch.padding for batch in batches) / len(batches), 4),
                "seconds": round(time.monotonic() - self.started, 1),
                **({} if validated is None else {"validation_loss": round(validated, 5)}),
            }
            with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            self.window = (self.progress.target_tokens, time.monotonic())
        if self.report is not None:
            self.report(TrainingEvent(step, done, self.loss, speed, validated))

    @torch.no_grad()
    def _validate(self) -> float:
        """Return the mean loss a target token on plain sources, with the averaged weights if there are any."""
        assert self.validation is not None
        trained = None
        if self.ema is not None:
            trained = {name: parameter.detach().clone() for name, parameter in _floats(self.model)}
            self.model.load_state_dict(self.ema, strict=False)
        self.model.eval()
        plain = TermsConfig(annotated_share=0.0)
        epoch = Epoch(self.validation, plain, self.training.batch_tokens, self.tags, seed=0, number=0)
        total, tokens = 0.0, 0
        for number in range(len(epoch)):
            batch = epoch.batch(number, self.pad)
            with self._autocast():
                total += float(summed_loss(self.model, as_tensors(batch, self.accelerator.device), 0.0))
            tokens += batch.target_tokens
        if trained is not None:
            self.model.load_state_dict(trained, strict=False)
        self.model.train()
        return total / tokens

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=self.bf16)

    def _save(self) -> None:
        self.progress.seconds = time.monotonic() - self.started
        if self.accelerator.is_main_process:
            save_checkpoint(
                self.folder / "checkpoints",
                self.progress,
                self.model,
                self.optimizers,
                self.ema,
                self.training.keep_checkpoints,
            )
        self.saved = time.monotonic()

    def _done(self, epoch_batches: int | None) -> float:
        """Return the share of the run that is done: that of the limit which is nearest."""
        training, progress = self.training, self.progress
        shares = [0.0]
        if training.steps:
            shares.append(progress.step / training.steps)
        if training.epochs:
            part = progress.batch / epoch_batches if epoch_batches else 0.0
            shares.append((progress.epoch + part) / training.epochs)
        if training.minutes:
            shares.append((time.monotonic() - self.started) / (60 * training.minutes))
        return max(shares)


def _in_bf16(training: TrainingConfig) -> bool:
    if training.precision == "auto":
        # Without the instructions bfloat16 on a CPU is emulated, and slower than fp32.
        has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return torch.cuda.is_available() or bool(has_bf16())
    return training.precision == "bf16"


def _floats(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield name, parameter


@torch.no_grad()
def _average(ema: dict[str, torch.Tensor], model: nn.Module, decay: float, step: int) -> None:
    """Move the averages towards the weights, faster at first so that the random start fades."""
    decay = min(decay, (1 + step) / (10 + step))
    current = dict(_floats(model))
    torch._foreach_lerp_([ema[name] for name in current], list(current.values()), 1.0 - decay)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT or SIGTERM into a request to stop after the step and save."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: whoever runs us there handles signals
        before = {}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
