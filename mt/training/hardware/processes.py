"""More than one process: who is the main one, what they agree on, and a model shared out among them.

``accelerate launch`` starts the processes and says by environment variables how many there are. DDP
is accelerate's. FSDP is torch's ``fully_shard`` (FSDP2), applied here: accelerate's own wrapping puts
tied embeddings, which every translation model has, into two groups (an error since torch 2.13), and
leaves FSDP out on CPUs, where the tests run.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, cast

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, FullyShardedDataParallelPlugin, PartialState
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import CPUOffloadPolicy, FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from mt.errors import UserError

__all__ = ["Processes", "full", "is_main", "like", "local", "main_first", "one_voice"]

# Others wait so long for the main process to pack a corpus; when one dies, the launcher ends all.
_PATIENCE = timedelta(hours=12)


def is_main() -> bool:
    """Whether this process is the one that writes files and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def _state() -> PartialState:
    cpu = not torch.cuda.is_available() or os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes")
    return PartialState(cpu=cpu, timeout=_PATIENCE) if "RANK" in os.environ else PartialState(cpu=cpu)


@contextmanager
def main_first() -> Iterator[None]:
    """Let the main process run the block alone, then the others, who find what it made."""
    if "RANK" not in os.environ:
        yield
    else:
        with _state().main_process_first():
            yield


@contextmanager
def one_voice() -> Iterator[None]:
    """Mark the errors that come out of the block as said already in all processes but the first to fail.

    Bad input is met by all alike, and what ends one process breaks the others' connections to it.
    """
    if "RANK" not in os.environ:
        yield
        return
    try:
        yield
    except (UserError, RuntimeError) as error:
        first = _first_to_fail()
        if isinstance(error, UserError):
            if not is_main():
                error.message = f"process {os.environ['RANK']}: {error.message}"
        elif first and not _is_broken_connection(error):
            raise  # a defect of ours: the traceback is wanted
        else:
            error = UserError("the connection to another process broke", hint="see what that one said, then --resume")
        error.reported = not first
        raise error from None
    else:
        _state().destroy_process_group()


def _first_to_fail() -> bool:
    """Ask the processes' common store; without one yet, the first process of each machine speaks."""
    if not torch.distributed.is_initialized():
        return int(os.environ.get("LOCAL_RANK", "0")) == 0
    try:
        store = torch.distributed.distributed_c10d._get_default_store()
        return bool(store.add("zhen-mt/failed", 1) == 1)
    except RuntimeError:  # the process that held the store is gone: it was the first
        return False


def _is_broken_connection(error: RuntimeError) -> bool:
    """Whether this is what gloo (a plain RuntimeError) or NCCL raise when another process is gone."""
    return isinstance(error, torch.distributed.DistError) or "gloo" in str(error) or "onnection" in str(error)


class Processes:
    """The processes of a training run; all of them make the same calls in the same order.

    Attributes:
        count, index: how many processes there are, and which this is, from 0.
        main: whether this is the one that writes.
        sharded: whether the weights are shared out (FSDP) or every process has them all.
    """

    def __init__(self) -> None:
        _state()
        # Precision is ours, run by run: accelerate keeps one for the life of a process. So is sharding.
        # The models' buffers are constants: nothing in them to broadcast.
        ddp = DistributedDataParallelKwargs(broadcast_buffers=False)
        self.accelerator = Accelerator(mixed_precision="no", kwargs_handlers=[ddp])
        self.device = self.accelerator.device
        self.count, self.index = self.accelerator.num_processes, self.accelerator.process_index
        self.main = self.accelerator.is_main_process
        self.sharded = os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true" and self.count > 1

    def prepare(self, model: nn.Module) -> tuple[nn.Module, nn.Module]:
        """Bring a model to the device and make it one that all processes train.

        Returns:
            the module to call in a training step, and the one that holds the weights trained. With
            FSDP that is a copy whose weights are ``DTensor``s: the model given stays whole, unchanged.
        """
        if self.sharded:
            shards = self._share_out(copy.deepcopy(model))
            return shards, shards
        return cast(nn.Module, self.accelerator.prepare(model)), model

    def _share_out(self, model: Any) -> nn.Module:
        plugin = FullyShardedDataParallelPlugin(fsdp_version=2)
        shared: dict[str, Any] = {
            "mesh": init_device_mesh(self.device.type, (self.count,)),
            "offload_policy": plugin.cpu_offload,
        }
        if not isinstance(plugin.cpu_offload, CPUOffloadPolicy):
            model.to(self.device)
        for stack in (model.get_encoder(), model.get_decoder()):
            for layers in stack.children():
                for layer in layers if isinstance(layers, nn.ModuleList) else ():
                    fully_shard(layer, reshard_after_forward=bool(plugin.reshard_after_forward), **shared)
        # All the rest is one group: tied embeddings must not be split over two.
        fully_shard(model, **shared)
        return cast(nn.Module, model)

    def unsynchronised(self, module: nn.Module) -> AbstractContextManager[None]:
        """Leave gradients unreduced within: for all but the last batch of a step."""
        return cast(AbstractContextManager[None], self.accelerator.no_sync(module)) if self._ddp else nullcontext()

    def reshard(self, module: nn.Module) -> None:
        """Take apart again what was gathered for a forward pass that no backward pass followed."""
        for part in module.modules():
            if isinstance(part, FSDPModule):
                part.reshard()

    @property
    def _ddp(self) -> bool:
        return self.count > 1 and not self.sharded

    def total(self, *values: float) -> list[float]:
        """Sum numbers over the processes, in double precision."""
        if self.count == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        torch.distributed.all_reduce(tensor)
        return cast(list[float], tensor.tolist())

    def gather(self, tensor: torch.Tensor) -> list[torch.Tensor]:
        """Return every process's tensor (all of one shape) on the CPU, in the processes' order."""
        if self.count == 1:
            return [tensor.cpu()]
        parts = [torch.empty_like(tensor, device=self.device) for _ in range(self.count)]
        torch.distributed.all_gather(parts, tensor.to(self.device))
        return [part.cpu() for part in parts]

    def wait(self) -> None:
        """Wait for all processes."""
        self.accelerator.wait_for_everyone()


def full(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor whole: a shard is gathered, by all processes together."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def local(tensor: torch.Tensor) -> torch.Tensor:
    """Return the part of a tensor that this process holds, to change in place."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def like(model: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy of a whole tensor on the device of ``model``, shared out as that is."""
    tensor = tensor.detach().to(model.device, copy=True)
    return distribute_tensor(tensor, model.device_mesh, model.placements) if isinstance(model, DTensor) else tensor
