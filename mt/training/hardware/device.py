"""What depends on the device: precision, compiled layers, the attention that suits it, and the end of its memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.hardware.dropout import FastDropout
from mt.training.hardware.heap import ReusedHeap

# Classes of transformers' sequence-to-sequence families that are one layer of the stack.
_LAYERS = ("EncoderLayer", "DecoderLayer", "T5Block", "MT5Block")
# Messages of torch where memory runs out on devices that have no exception of their own for it.
_OUT_OF_MEMORY = ("DefaultCPUAllocator", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


def uses_bf16(training: TrainingConfig) -> bool:
    """Whether to compute in bfloat16: as configured, or with ``auto`` where the device has instructions for it."""
    if training.precision == "auto":
        # Without those instructions bfloat16 on a CPU is emulated, and slower than fp32.
        has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return torch.cuda.is_available() or bool(has_bf16())
    return training.precision == "bf16"


def compiles(training: TrainingConfig, device: torch.device) -> bool:
    """Whether to compile: if configured and on a GPU. A CPU may have no compiler, and gains little."""
    return training.torch_compile and device.type == "cuda"


def compile_layers(model: nn.Module) -> int:
    """Compile each encoder and decoder layer in place, for batches of any shape; return how many there are.

    Layer by layer (torch's "regional compilation") one compiled function serves all layers of a kind, and the rest
    stays as it is: the state dict, the output layer that ``cross_entropy`` takes out, the masks of each batch.
    """
    layers = [module for module in model.modules() if type(module).__name__.endswith(_LAYERS)]
    for layer in layers:
        layer.compile(dynamic=True)
    return len(layers)


@contextmanager
def fast_on_gpu(device: torch.device) -> Iterator[None]:
    """Switch cuDNN's attention off within the block; on other devices nothing changes.

    It is torch's first choice on Hopper GPUs, and plans for each new shape for a tenth of a second.
    """
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(before and device.type != "cuda")
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


@contextmanager
def fast_on_cpu(model: Any, device: torch.device) -> Iterator[Callable[[], None]]:
    """Train faster on a CPU within the block; call what it gives after each step. On other devices nothing changes.

    Attention is computed as matrix products: the backward pass of torch's fused attention is about eight times slower
    (torch 2.13, bfloat16, sentences of 12 to 100 tokens). Dropout masks are drawn cheaply, freed memory is kept.
    """
    if device.type != "cpu":
        yield lambda: None
        return
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        with FastDropout():
            yield ReusedHeap()
    finally:
        model.set_attn_implementation(before)


@contextmanager
def memory_explained(training: TrainingConfig, when: str) -> Iterator[None]:
    """Make a ``UserError`` that proposes a setting of memory that runs out within the block (``when``: "at step 7")."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        certain = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not certain and not any(message in str(error) for message in _OUT_OF_MEMORY):
            raise
        tokens, parts = training.batch_tokens, training.gradient_accumulation_steps
        # As many tokens a step in twice as many parts: nearly the same training.
        raise UserError(
            f"out of memory {when}, with training.batch_tokens={tokens} and "
            f"training.gradient_accumulation_steps={parts}",
            field="training.batch_tokens",
            hint=f"try training.batch_tokens={max(1, tokens // 2)} training.gradient_accumulation_steps={2 * parts} "
            "(the same tokens a step), and --overwrite",
        ) from None
