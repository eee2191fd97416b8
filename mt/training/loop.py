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
from contextlib import contextmanager
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
    accelerator = Accelerator(
        mixed_precision=_precision(training), cpu=not torch.cuda.is_available(), gradient_accumulation_steps=1
    )
    torch.manual_seed(seed)
    pad = model.config.pad_token_id
    optimizers = build_optimizers(model, training)
    progress = Progress()
    ema = {name: value.detach().clone() for name, value in _floats(model)} if training.ema_decay else None
    checkpoints = folder / "checkpoints"
    found = latest_checkpoint(checkpoints) if resume else None
    if found is not None:
        progress = load_checkpoint(found, model, optimizers, ema)
        _log.info("resumed from %s (%d steps, %d target tokens)", found, progress.step, progress.target_tokens)
    wrapped = accelerator.prepare(model)
    optimizers = [accelerator.prepare(optimizer) for optimizer in optimizers]
    if ema is not None:
        ema = {name: tensor.to(accelerator.device) for name, tensor in ema.items()}
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic() - progress.seconds
    saved = time.monotonic()
    loss_value, validation_loss = math.nan, None
    window_tokens, window_start = 0, time.monotonic()
    rank, world = accelerator.process_index, accelerator.num_processes

    def save() -> None:
        progress.seconds = time.monotonic() - started
        if accelerator.is_main_process:
            save_checkpoint(checkpoints, progress, model, optimizers, ema, training.keep_checkpoints)

    model.train()
    with _interruptible() as interrupted:
        while not interrupted() and _done(training, progress, None, started) < 1.0:
            epoch = Epoch(pairs, terms, training.batch_tokens, tags, seed=seed, number=progress.epoch)
            per_step = training.accumulate * world
            while progress.batch + per_step <= max(len(epoch), per_step):
                done = _done(training, progress, len(epoch), started)
                if done >= 1.0 or interrupted():
                    break
                _set_rates(optimizers, schedule(training, progress.step, done))
                numbers = [(progress.batch + rank + world * part) % len(epoch) for part in range(training.accumulate)]
                batches = [epoch.batch(number, pad) for number in numbers]
                loss_value = _step(accelerator, wrapped, optimizers, batches, training, pad)
                if not math.isfinite(loss_value):
                    raise UserError(
                        f"the loss is {loss_value} at step {progress.step} (epoch {progress.epoch}, batches {numbers})",
                        path=folder,
                        mend="lower training.learning_rate or raise training.warmup_steps, then --resume",
                    )
                if ema is not None:
                    _average(ema, model, training.ema_decay, progress.step)
                progress.step += 1
                progress.batch += per_step
                tokens = sum(batch.target_tokens for batch in batches) * world
                progress.target_tokens += tokens
                window_tokens += tokens
                due = training.validate_steps and progress.step % training.validate_steps == 0
                if due and validation is not None:
                    validation_loss = _validate(accelerator, model, validation, training, tags, pad, ema)
                speed = window_tokens / max(time.monotonic() - window_start, 1e-9)
                if progress.step % training.log_steps == 0 or (due and validation is not None):
                    if accelerator.is_main_process:
                        _write_metrics(
                            folder,
                            progress,
                            batches,
                            loss_value,
                            validation_loss if due else None,
                            speed,
                            optimizers[0].param_groups[0]["lr"],
                            time.monotonic() - started,
                        )
                    window_tokens, window_start = 0, time.monotonic()
                if report is not None and accelerator.is_main_process:
                    report(TrainingEvent(progress.step, done, loss_value, speed, validation_loss if due else None))
                if training.checkpoint_minutes and time.monotonic() - saved > 60 * training.checkpoint_minutes:
                    save()
                    saved = time.monotonic()
            else:
                progress.epoch += 1
                progress.batch = 0
                continue
            break
        save()
        was_interrupted = interrupted()
    if validation is not None:
        validation_loss = _validate(accelerator, model, validation, training, tags, pad, ema)
    if ema is not None:
        model.load_state_dict(ema, strict=False)
    model.eval()
    return Trained(progress, loss_value, validation_loss, was_interrupted)


def _precision(training: TrainingConfig) -> str:
    if training.precision == "auto":
        return "bf16" if torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported() else "no"
    return {"bf16": "bf16", "fp32": "no"}[training.precision]


def _done(training: TrainingConfig, progress: Progress, epoch_batches: int | None, started: float) -> float:
    """Return the share of the run that is done: that of the limit which is nearest."""
    shares = [0.0]
    if training.steps:
        shares.append(progress.step / training.steps)
    if training.epochs:
        part = progress.batch / epoch_batches if epoch_batches else 0.0
        shares.append((progress.epoch + part) / training.epochs)
    if training.minutes:
        shares.append((time.monotonic() - started) / (60 * training.minutes))
    return max(shares)


def _set_rates(optimizers: list[Any], factor: float) -> None:
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor


def _tensors(batch: Batch, device: torch.device, pad: int) -> dict[str, torch.Tensor]:
    source = torch.from_numpy(batch.source).to(device, non_blocking=True)
    labels = torch.from_numpy(batch.target).to(device, non_blocking=True)
    real = torch.arange(source.shape[1], device=device) < torch.from_numpy(batch.source_lengths).to(device)[:, None]
    beyond = torch.arange(labels.shape[1], device=device) >= torch.from_numpy(batch.target_lengths).to(device)[:, None]
    return {"input_ids": source, "attention_mask": real.long(), "labels": labels.masked_fill(beyond, -100)}


def _loss(model: nn.Module, inputs: dict[str, torch.Tensor], smoothing: float) -> torch.Tensor:
    """Sum of the token losses; smoothing spreads over the producible entries alone.

    Shapes: input_ids (segments, source tokens), labels (segments, target tokens), -100 ignored.
    """
    inner: Any = getattr(model, "module", model)
    labels = inputs["labels"]
    decoder_input = inner.prepare_decoder_input_ids_from_labels(labels=labels)
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        decoder_input_ids=decoder_input,
        use_cache=False,
    ).logits
    flat = logits.flatten(0, 1).float()
    total = nn.functional.cross_entropy(flat, labels.flatten(), ignore_index=-100, reduction="sum")
    if smoothing:
        bias = getattr(inner, "final_logits_bias", None)
        logp = flat.log_softmax(-1)
        if bias is not None:
            possible = (bias[0] > -1e3).to(logp.dtype)
            spread = -(logp @ possible) / possible.sum()
        else:
            spread = -logp.mean(-1)
        spread = (spread * (labels.flatten() != -100)).sum()
        total = (1 - smoothing) * total + smoothing * spread
    return total


def _step(
    accelerator: Accelerator,
    model: nn.Module,
    optimizers: list[Any],
    batches: list[Batch],
    training: TrainingConfig,
    pad: int,
) -> float:
    """Take one optimiser step over some batches; return the mean loss a target token."""
    own = sum(batch.target_tokens for batch in batches)
    counted = torch.tensor(float(own), device=accelerator.device)
    everywhere = float(accelerator.reduce(counted, "sum")) if accelerator.num_processes > 1 else float(own)
    summed = torch.zeros((), device=accelerator.device)
    for batch in batches:
        with accelerator.autocast():
            loss = _loss(model, _tensors(batch, accelerator.device, pad), training.label_smoothing)
        # Gradients are averaged over the processes; this makes it the mean over all their tokens.
        accelerator.backward(loss * (accelerator.num_processes / everywhere))
        summed += loss.detach()
    if training.clip_norm:
        accelerator.clip_grad_norm_(model.parameters(), training.clip_norm)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    if accelerator.num_processes > 1:
        summed = accelerator.reduce(summed, "sum")
    return float(summed) / everywhere


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


@torch.no_grad()
def _validate(
    accelerator: Accelerator,
    model: PreTrainedModel,
    validation: PackedPairs,
    training: TrainingConfig,
    tags: list[int],
    pad: int,
    ema: dict[str, torch.Tensor] | None,
) -> float:
    """Return the mean loss a target token on plain sources, with the averaged weights if there are any."""
    trained = None
    if ema is not None:
        trained = {name: parameter.detach().clone() for name, parameter in _floats(model)}
        model.load_state_dict(ema, strict=False)
    model.eval()
    plain = TermsConfig(annotated_share=0.0)
    epoch = Epoch(validation, plain, training.batch_tokens, tags, seed=0, number=0)
    total, tokens = 0.0, 0
    for number in range(len(epoch)):
        batch = epoch.batch(number, pad)
        with accelerator.autocast():
            total += float(_loss(model, _tensors(batch, accelerator.device, pad), 0.0))
        tokens += batch.target_tokens
    if trained is not None:
        model.load_state_dict(trained, strict=False)
    model.train()
    return total / tokens


def _write_metrics(
    folder: Path,
    progress: Progress,
    batches: list[Batch],
    loss: float,
    validation_loss: float | None,
    speed: float,
    rate: float,
    seconds: float,
) -> None:
    line = {
        "step": progress.step,
        "epoch": progress.epoch,
        "target_tokens": progress.target_tokens,
        "loss": round(loss, 5),
        "learning_rate": rate,
        "tokens_per_second": round(speed, 1),
        "padding": round(sum(batch.padding for batch in batches) / len(batches), 4),
        "seconds": round(seconds, 1),
    }
    if validation_loss is not None:
        line["validation_loss"] = round(validation_loss, 5)
    with open(folder / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


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
