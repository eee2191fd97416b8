"""Out of memory, said in terms of the settings that decide how much is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mt.config import TrainingConfig
from mt.errors import UserError

__all__ = ["memory_explained"]

# What torch says on devices that have no exception of their own for it.
_SIGNS = ("DefaultCPUAllocator", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


@contextmanager
def memory_explained(training: TrainingConfig, doing: str) -> Iterator[None]:
    """Turn running out of memory into an error that proposes a setting; ``doing`` says in what.

    Raises:
        UserError: memory ran out within the block.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        named = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not named and not any(sign in str(error) for sign in _SIGNS):
            raise
        tokens, parts = training.batch_tokens, training.gradient_accumulation_steps
        # The same tokens a step in twice as many parts: nearly the same training.
        raise UserError(
            f"out of memory {doing}, with training.batch_tokens={tokens} and "
            f"training.gradient_accumulation_steps={parts}",
            field="training.batch_tokens",
            hint=f"try training.batch_tokens={max(1, tokens // 2)} training.gradient_accumulation_steps={2 * parts} "
            "(the same tokens a step), and --resume",
        ) from None
