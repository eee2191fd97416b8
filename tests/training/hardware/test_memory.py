"""The message when memory runs out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.hardware.device import memory_explained


def test_other_errors_pass_through() -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_explained(TrainingConfig(), "at step 1"):
        raise RuntimeError("shapes do not fit")
    with pytest.raises(UserError, match=r"batch_tokens=50 training\.gradient_accumulation_steps=6"):  # noqa: SIM117
        with memory_explained(TrainingConfig(batch_tokens=100, gradient_accumulation_steps=3), "at step 1"):
            raise MemoryError


def test_running_out_of_memory_proposes_half_the_batch() -> None:
    """A process that may have 3 GB more than it has asks for 40 GB."""
    code = """
import resource, torch
from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.hardware.device import memory_explained
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (3 << 30),) * 2)
try:
    with memory_explained(TrainingConfig(batch_tokens=4096, gradient_accumulation_steps=2), "at step 7"):
        torch.ones(100_000, 100_000)
except UserError as error:
    print(error)
"""
    # The limit is set a little above what is in use, which only Linux tells in /proc; CI is Linux, so it runs there.
    if not Path("/proc/self/statm").is_file():
        pytest.skip("limits memory by Linux's means")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "out of memory at step 7, with training.batch_tokens=4096 and training.gradient_accumulation_steps=2" in said
    assert "try training.batch_tokens=2048 training.gradient_accumulation_steps=4" in said
