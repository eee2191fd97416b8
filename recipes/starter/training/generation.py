"""Greedy or sampled output for very many rows of token ids at once, on a GPU that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from mt.training.data.batching import collate
from mt.training.hardware.device import fast_on_gpu
from mt.training.optim.loss import as_tensors


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen: sampled from the ``top`` likeliest (Edunov et al. 2018, section 4), or the likeliest (1).

    Attributes:
        top: likeliest tokens to sample from.
        temperature, seed: of the sampling.
    """

    top: int = 1
    temperature: float = 1.0
    seed: int = 0

    def options(self) -> dict[str, int | float | bool]:
        """Return the arguments for ``generate``."""
        if self.top == 1:
            return {"do_sample": False}
        return {"do_sample": True, "top_k": self.top, "temperature": self.temperature}


@torch.inference_mode()
def generate_rows(
    model: PreTrainedModel,
    sources: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    batch_tokens: int = 262_144,
    progress: Callable[[int], None] | None = None,
) -> list[list[int]]:
    """Return a model's output for each source, without the start token and with ``</s>``; empty if it did not end.

    Args:
        model: in the precision and on the device to work with.
        sources: token ids with ``</s>``.
        sampling: how tokens are chosen.
        batch_tokens: padded source tokens of a batch.
        progress: called with the number of finished rows.
    """
    config = model.config
    pad, end = int(config.pad_token_id), int(config.eos_token_id)
    torch.manual_seed(sampling.seed)
    # Longest first: memory runs out at once or never.
    order = sorted(range(len(sources)), key=lambda number: len(sources[number]), reverse=True)
    outputs: list[list[int]] = [[] for _ in sources]
    done = 0
    while done < len(order):
        longest = len(sources[order[done]])
        rows = order[done : done + max(1, batch_tokens // longest)]
        ids = [np.asarray(sources[row], np.int64) for row in rows]
        inputs = as_tensors(collate(ids, [np.array([end], np.uint32)] * len(rows), pad), model.device)
        with fast_on_gpu(model.device):
            # (rows, tokens), the start token first, padded after </s>
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                num_beams=1,
                max_length=None,
                max_new_tokens=min(longest + longest // 2 + 10, int(config.max_position_embeddings) - 1),
                forced_eos_token_id=None,
                **sampling.options(),
            ).cpu()
        for row, line in zip(rows, output[:, 1:].tolist(), strict=True):
            if end in line:
                outputs[row] = line[: line.index(end) + 1]
        done += len(rows)
        if progress is not None:
            progress(done)
    return outputs
