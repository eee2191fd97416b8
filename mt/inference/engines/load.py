"""Which engine decodes a model."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.inference.engines.base import CT2_FOLDER, Engine

__all__ = ["EngineName", "load_engine"]

EngineName = Literal["auto", "torch", "ctranslate2"]


def load_engine(
    model: str | Path, decoding: DecodingConfig, device: str = "auto", engine: EngineName = "auto"
) -> Engine:
    """Load a model to decode with.

    Args:
        model: folder or hub name.
        decoding: how to search.
        device: ``auto``, ``cpu`` or ``cuda``.
        engine: ``auto`` for CTranslate2 where the folder was exported and no GPU is to be used, else torch.

    Raises:
        ModelError: the model cannot be loaded, or not by this engine or on this device.
    """
    if engine not in get_args(EngineName):
        raise ModelError(f"there is no engine '{engine}'", hint="choose auto, torch or ctranslate2")
    exported = (Path(model) / CT2_FOLDER).is_dir()
    if engine == "ctranslate2":
        if not exported:
            raise ModelError(f"has no {CT2_FOLDER}/ folder", path=model, hint="make one with zhen-mt export")
        if device not in ("auto", "cpu"):
            raise ModelError("the CTranslate2 engine runs on the CPU alone", hint="choose the torch engine")
    if engine == "ctranslate2" or (engine == "auto" and exported and (device == "cpu" or not _gpu(device))):
        from mt.inference.engines.ctranslate2_engine import Ct2Engine

        return Ct2Engine(model, decoding)
    from mt.inference.engines.torch_engine import TorchEngine

    return TorchEngine.load(model, decoding, device)


def _gpu(device: str) -> bool:
    """Whether torch would use a GPU, asked of CTranslate2 first: importing torch takes seconds."""
    if device != "auto":
        return True
    try:
        from ctranslate2 import get_cuda_device_count
    except ImportError:
        return False  # the CTranslate2 engine says so itself
    if not get_cuda_device_count():
        return False
    import torch

    return torch.cuda.is_available()
