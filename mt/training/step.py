"""One step of the optimiser over some batches: what every process does between two agreements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.training.data.batching import Batch
from mt.training.hardware.compiling import compiles
from mt.training.hardware.processes import Processes
from mt.training.optim.loss import DecoderTransform, as_tensors, summed_loss

__all__ = ["OptimizerStep"]


class OptimizerStep:
    """Forward, backward, clipping and update.

    Args:
        wrapped: is called in a step.
        trained: holds the weights, or this process's shards of them.
        optimizers: of ``trained``'s weights.
        processes: whose gradients are averaged.
        training: what to do.
        autocast: the precision to compute in.
        decoder_transform: as in ``summed_loss``.
    """

    def __init__(
        self,
        wrapped: nn.Module,
        trained: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        processes: Processes,
        training: TrainingConfig,
        autocast: Callable[[], torch.autocast],
        decoder_transform: DecoderTransform | None = None,
    ) -> None:
        self._wrapped, self._trained, self._optimizers = wrapped, trained, optimizers
        self._processes, self._training, self._autocast = processes, training, autocast
        self._decoder_transform = decoder_transform
        self._compiled = compiles(training, processes.device)

    def __call__(self, batches: Sequence[Batch], tokens: int) -> float:
        """Take a step over batches of so many target tokens (of all processes); return the mean loss a token."""
        training, processes = self._training, self._processes
        total = torch.zeros((), device=processes.device)
        for batch in batches:
            with nullcontext() if batch is batches[-1] else processes.unsynchronised(self._wrapped):
                with self._autocast():
                    loss = summed_loss(
                        self._wrapped,
                        as_tensors(batch, processes.device),
                        training.label_smoothing_factor or 0.0,
                        decoder_transform=self._decoder_transform,
                        compiled=self._compiled,
                    )
                # Gradients are averaged over the processes; this makes it the mean over all their tokens.
                (loss * (processes.count / tokens)).backward()
            total += loss.detach()
        if training.max_grad_norm:
            nn.utils.clip_grad_norm_(self._trained.parameters(), training.max_grad_norm)
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return processes.total(float(total))[0] / tokens
