"""One optimiser step over some batches."""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.training.data.batching import Batch
from mt.training.hardware.device import compiles
from mt.training.hardware.processes import Processes
from mt.training.optim.loss import as_tensors, summed_loss
from mt.training.saving.checkpoints import TrainingState


def optimizer_step(
    wrapped: nn.Module,
    state: TrainingState,
    batches: Sequence[Batch],
    tokens: int,
    training: TrainingConfig,
    processes: Processes,
) -> float:
    """Forward and backward pass, clipping, and update; return the mean loss per target token, in nats.

    Args:
        wrapped: the module to call (DDP's wrapper, or the model itself).
        state: the module that holds the weights, and their optimisers.
        batches: of this process; their gradients are accumulated.
        tokens: target tokens in the batches of all processes.
        training: label smoothing and clipping.
        processes: their gradients are averaged.
    """
    total = torch.zeros((), device=processes.device)
    for batch in batches:
        with nullcontext() if batch is batches[-1] else processes.no_sync(wrapped):
            with processes.autocast():
                loss = summed_loss(
                    wrapped,
                    as_tensors(batch, processes.device),
                    training.label_smoothing_factor or 0.0,
                    compiled=compiles(training, processes.device),
                )
            # DDP and FSDP average gradients over the processes; the factor makes that the mean over all tokens.
            (loss * (processes.count / tokens)).backward()
        total += loss.detach()
    nn.utils.clip_grad_norm_(state.model.parameters(), training.max_grad_norm)
    for optimizer in state.optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return processes.sum(float(total))[0] / tokens
