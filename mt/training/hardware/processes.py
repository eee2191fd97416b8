"""Several processes: which is the main one, what they exchange, and how the model is distributed among them.

``accelerate launch`` starts the processes and tells each its rank by environment variables. DDP is accelerate's. FSDP
is torch's ``fully_shard`` (FSDP2), applied here: accelerate's own wrapping puts tied embeddings, which every
translation model has, into two groups (an error since torch 2.13), and skips FSDP on CPUs, where the tests run.
"""

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

# How long the others wait while the main process works alone; when one dies, the launcher ends all.
_TIMEOUT = timedelta(hours=12)


def is_main() -> bool:
    """Whether this process is the one that writes files and prints."""
    return int(os.environ.get("RANK", "0")) == 0


def process_state() -> PartialState:
    """Return accelerate's state of this process, which joins the others if there are any."""
    cpu = not torch.cuda.is_available() or os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes")
    return PartialState(cpu=cpu, timeout=_TIMEOUT) if "RANK" in os.environ else PartialState(cpu=cpu)


@contextmanager
def report_errors_once() -> Iterator[None]:
    """Mark errors that leave the block as reported already, in all processes but the first to fail.

    Bad input is met by all of them, and what ends one process breaks the others' connections to it.
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
            raise  # a defect of ours: show the traceback
        else:
            error = UserError("the connection to another process broke", hint="see its output, then --resume")
        error.reported = not first
        raise error from None
    else:
        process_state().destroy_process_group()


def _first_to_fail() -> bool:
    """Ask the processes' common store; before there is one, the first process of each machine reports."""
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

    Args:
        bf16: whether :meth:`autocast` computes in bfloat16.

    Attributes:
        count, index: how many processes there are, and the number of this one from 0.
        main: whether this is the one that writes.
        sharded: whether the weights are sharded (FSDP); otherwise each process has all of them.
        device: of this process.
    """

    def __init__(self, *, bf16: bool = False) -> None:
        process_state()
        # Precision and sharding are handled here: accelerate keeps one setting for the life of the process.
        # The models' buffers are constants: there is nothing in them to broadcast.
        ddp = DistributedDataParallelKwargs(broadcast_buffers=False)
        self.accelerator = Accelerator(mixed_precision="no", kwargs_handlers=[ddp])
        self.device = self.accelerator.device
        self.count, self.index = self.accelerator.num_processes, self.accelerator.process_index
        self.main = self.accelerator.is_main_process
        self.sharded = os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true" and self.count > 1
        self._bf16 = bf16

    def autocast(self) -> torch.autocast:
        """Return a context that computes in the precision of the run."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16)

    def prepare(self, model: nn.Module) -> tuple[nn.Module, nn.Module]:
        """Bring a model to the device and make it one that all processes train.

        Returns:
            The module to call in a training step, and the one that holds the trained weights. With FSDP that is a
            copy whose weights are ``DTensor``s: the model given stays whole and unchanged.
        """
        if self.sharded:
            shards = self._shard(copy.deepcopy(model))
            return shards, shards
        return cast(nn.Module, self.accelerator.prepare(model)), model

    def _shard(self, model: Any) -> nn.Module:
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
        # Everything else is one group: tied embeddings must not be split over two.
        fully_shard(model, **shared)
        return cast(nn.Module, model)

    def no_sync(self, module: nn.Module) -> AbstractContextManager[None]:
        """Do not reduce gradients within: for all but the last batch of a step."""
        ddp = self.count > 1 and not self.sharded
        return cast(AbstractContextManager[None], self.accelerator.no_sync(module)) if ddp else nullcontext()

    def reshard(self, module: nn.Module) -> None:
        """Shard again what was gathered for a forward pass without a backward pass."""
        for part in module.modules():
            if isinstance(part, FSDPModule):
                part.reshard()

    def sum(self, *values: float) -> list[float]:
        """Sum each number over the processes, in double precision."""
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


def gathered(tensor: torch.Tensor) -> torch.Tensor:
    """Return the whole tensor: shards are gathered, by all processes together."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def distributed_like(reference: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy of a whole tensor on the device of ``reference``, sharded as that is."""
    tensor = tensor.detach().to(reference.device, copy=True)
    if isinstance(reference, DTensor):
        return distribute_tensor(tensor, reference.device_mesh, reference.placements)
    return tensor
