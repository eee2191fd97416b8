"""Memory that training has freed is kept for reuse within a bound, and given back at the end."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mt.training.hardware.cpu import fast_on_cpu

MIB = 2**20
ROOT = Path(__file__).resolve().parents[3]


def model() -> SimpleNamespace:
    config = SimpleNamespace(_attn_implementation="sdpa")
    return SimpleNamespace(
        config=config, set_attn_implementation=lambda name: setattr(config, "_attn_implementation", name)
    )


# In a process of its own: here other tests have left freed memory behind, and nothing would grow.
PROGRAM = """
import os, sys, torch
from mt.training.hardware import cpu
sys.path.insert(0, "tests/training/hardware")
from test_cpu import MIB, model

cpu._MAX_KEPT = 128 * MIB / (os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
with cpu.fast_on_cpu(model(), torch.device("cpu")) as after_step:
    after_step()
    before = cpu._resident()
    arrays, pins = [], []
    for _ in range(40):
        arrays.append(torch.ones(10 * MIB // 4))
        pins.append(torch.ones(1000))
    arrays.clear()
    assert cpu._resident() > before + 200 * MIB, "nothing is kept"
    after_step()
    assert cpu._resident() < before + 128 * MIB, "nothing is given back"
    assert sum(float(pin.sum()) for pin in pins) == 40_000
    arrays = [torch.ones(10 * MIB // 4) for _ in range(10)]
    arrays.clear()
    held = cpu._resident()
    assert held > before + 80 * MIB
# Afterwards glibc gives memory back by itself, as before.
assert cpu._resident() < held - 80 * MIB
arrays = [torch.ones(30 * MIB // 4) for _ in range(8)]  # larger than the gaps that the others left
held = cpu._resident()
arrays.clear()
assert cpu._resident() < held - 150 * MIB, "the settings outlive the training"
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told how to allocate")
def test_freed_memory_is_given_back_beyond_a_bound() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_only_training_on_a_cpu_is_changed() -> None:
    trained = model()
    with fast_on_cpu(trained, torch.device("cuda")) as after_step:
        after_step()
        assert trained.config._attn_implementation == "sdpa"
    with fast_on_cpu(trained, torch.device("cpu")):
        assert trained.config._attn_implementation == "eager"
    assert trained.config._attn_implementation == "sdpa"
