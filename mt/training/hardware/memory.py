"""Running out of memory, explained by the settings that decide how much is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mt.config import TrainingConfig
from mt.errors import UserError

# Messages of torch on devices that have no exception of their own for it.
_MESSAGES = ("DefaultCPUAllocator", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


@contextmanager
def memory_explained(training: TrainingConfig, when: str) -> Iterator[None]:
    """Turn running out of memory within the block into an error that proposes a setting.

    Args:
        training: its batch size.
        when: for the message, such as "at step 7".

    Raises:
        UserError: memory ran out.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        certain = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not certain and not any(message in str(error) for message in _MESSAGES):
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
