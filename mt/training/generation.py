"""Greedy or sampled output for very many rows of token ids at once, where there is a GPU to hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from transformers import PreTrainedModel

from mt.training.data.batching import collate
from mt.training.hardware.gpu import fast_on_gpu
from mt.training.optim.loss import as_tensors

__all__ = ["generate_rows"]


@torch.inference_mode()
def generate_rows(
    model: PreTrainedModel,
    sources: Sequence[Sequence[int]],
    *,
    top: int = 1,
    temperature: float = 1.0,
    batch_tokens: int = 262_144,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[list[int]]:
    """Return a model's output for each source, without the start token and with ``</s>``; nothing where it did not end.

    Args:
        model: in the precision and on the device to work with.
        sources: token ids with ``</s>``.
        top: sample from so many likeliest tokens (Edunov et al. 2018, section 4: the other way is to take the
            likeliest, 1).
        temperature: of the sampling.
        batch_tokens: padded source tokens of a batch.
        seed: of the sampling.
        progress: told how many rows are done.
    """
    config = model.config
    pad, end = int(config.pad_token_id), int(config.eos_token_id)
    torch.manual_seed(seed)
    order = sorted(range(len(sources)), key=lambda number: len(sources[number]), reverse=True)
    made: list[list[int]] = [[] for _ in sources]
    done = 0
    while done < len(order):
        longest = len(sources[order[done]])
        rows = order[done : done + max(1, batch_tokens // longest)]
        read = [np.asarray(sources[row], np.int64) for row in rows]
        batch = collate(read, [np.array([end], np.uint32)] * len(rows), pad)
        inputs = as_tensors(batch, model.device)
        most = min(longest + longest // 2 + 10, int(config.max_position_embeddings) - 1)
        with fast_on_gpu(model.device):
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                num_beams=1,
                do_sample=top > 1,
                **({"top_k": top, "temperature": temperature} if top > 1 else {}),
                max_length=None,
                max_new_tokens=most,
                forced_eos_token_id=None,
            ).cpu()
        for row, line in zip(rows, output[:, 1:].tolist(), strict=True):
            if end in line:
                made[row] = line[: line.index(end) + 1]
        done += len(rows)
        if progress is not None:
            progress(done)
    return made
