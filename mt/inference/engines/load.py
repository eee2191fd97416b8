"""Which engine decodes a model."""

from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.inference.engines.base import CT2_FOLDER, Engine
from mt.models.folder import find_folder

EngineName = Literal["auto", "torch", "ctranslate2"]


def load_engine(
    model: str | Path, decoding: DecodingConfig, device: str = "auto", engine: EngineName = "auto"
) -> Engine:
    """Load a model, by folder or hub name, on the device ``auto``, ``cpu`` or ``cuda``.

    Raises:
        ModelError: it cannot be loaded, or not by this engine or on this device.
    """
    if engine not in get_args(EngineName):
        raise ModelError(f"there is no engine '{engine}'", hint="choose auto, torch or ctranslate2")
    model = find_folder(model)  # before torch is imported, which takes seconds
    if engine == "auto":
        engine = choose_engine(model, device)
    if engine == "ctranslate2":
        if not (model / CT2_FOLDER).is_dir():
            raise ModelError(f"has no {CT2_FOLDER}/ folder", path=model, hint="make one with zhen-mt export")
        if device not in ("auto", "cpu"):
            raise ModelError("the CTranslate2 engine runs on the CPU only", hint="choose the torch engine")
        from mt.inference.engines.ctranslate2_engine import Ct2Engine

        return Ct2Engine(model, decoding)
    from mt.inference.engines.torch_engine import TorchEngine

    return TorchEngine.load(model, decoding, device)


def choose_engine(model: str | Path, device: str = "auto") -> Literal["torch", "ctranslate2"]:
    """Return ``ctranslate2`` for a folder of ``zhen-mt export`` that no GPU is to decode, else ``torch``."""
    exported = (Path(model) / CT2_FOLDER).is_dir()
    return "ctranslate2" if exported and (device == "cpu" or (device == "auto" and not has_gpu())) else "torch"


def has_gpu() -> bool:
    """Whether torch has a GPU; CTranslate2 is asked first, since importing torch takes seconds."""
    with suppress(ImportError):
        from ctranslate2 import get_cuda_device_count

        if not get_cuda_device_count():
            return False
    import torch

    return torch.cuda.is_available()
