"""Compiled layers: fewer and larger kernels, where launching kernels and moving memory take most of a step."""

from __future__ import annotations

import torch
from torch import nn

from mt.config import TrainingConfig

# Classes of transformers' sequence-to-sequence families that are one layer of the stack.
_LAYERS = ("EncoderLayer", "DecoderLayer", "T5Block", "MT5Block")


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
