"""One optimiser step over some batches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.training.data.batching import Batch
from mt.training.hardware.compiling import compiles
from mt.training.hardware.processes import Processes
from mt.training.optim.loss import as_tensors, summed_loss
from mt.training.saving.checkpoints import TrainingState


class OptimizerStep:
    """Forward and backward pass, clipping, and update.

    Args:
        wrapped: the module to call (DDP's wrapper, or the model itself).
        state: the module that holds the weights, and their optimisers.
        processes: their gradients are averaged.
        training: label smoothing and clipping.
    """

    def __init__(
        self, wrapped: nn.Module, state: TrainingState, processes: Processes, training: TrainingConfig
    ) -> None:
        self._wrapped, self._state, self._processes, self._training = wrapped, state, processes, training
        self._compiled = compiles(training, processes.device)

    def __call__(self, batches: Sequence[Batch], tokens: int) -> float:
        """Take a step over this process's ``batches``; return the mean loss per target token, in nats.

        Args:
            batches: their gradients are accumulated.
            tokens: target tokens in the batches of all processes.
        """
        training, processes = self._training, self._processes
        total = torch.zeros((), device=processes.device)
        for batch in batches:
            with nullcontext() if batch is batches[-1] else processes.no_sync(self._wrapped):
                with processes.autocast():
                    loss = summed_loss(
                        self._wrapped,
                        as_tensors(batch, processes.device),
                        training.label_smoothing_factor or 0.0,
                        compiled=self._compiled,
                    )
                # DDP and FSDP average gradients over the processes; the factor makes that the mean over all tokens.
                (loss * (processes.count / tokens)).backward()
            total += loss.detach()
        nn.utils.clip_grad_norm_(self._state.model.parameters(), training.max_grad_norm)
        for optimizer in self._state.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return processes.sum(float(total))[0] / tokens
