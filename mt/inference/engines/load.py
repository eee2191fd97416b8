"""Which engine decodes a model."""

import logging
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.inference.engines.base import CT2_FOLDER, Engine
from mt.inference.engines.cache import cached_weights, worth_converting
from mt.models.folder import find_folder

_log = logging.getLogger(__name__)

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
    if engine == "ctranslate2" and device not in ("auto", "cpu"):
        raise ModelError("the CTranslate2 engine runs on the CPU only", hint="choose the torch engine")
    refused = None
    if engine == "ctranslate2" or (engine == "auto" and choose_engine(model, device) == "ctranslate2"):
        from mt.inference.engines.ctranslate2_engine import Ct2Engine

        try:
            weights = _ct2_weights(model)
        except ModelError as error:
            if engine != "auto":
                raise
            refused = error.message
        else:
            return Ct2Engine(model, weights, decoding)
    from mt.inference.engines.torch_engine import TorchEngine

    loaded = TorchEngine.load(model, decoding, device)
    if refused is not None:
        _log.warning("torch decodes, which is slower than CTranslate2: %s", refused)
    return loaded


def _ct2_weights(folder: Path) -> Path:
    """Return the folder of CTranslate2's weights: of ``zhen-mt export``, or from the cache."""
    exported = folder / CT2_FOLDER
    return exported if exported.is_dir() else cached_weights(folder)


def choose_engine(model: str | Path, device: str = "auto") -> Literal["torch", "ctranslate2"]:
    """Return ``torch`` on a GPU and for tiny models, else ``ctranslate2``."""
    if device == "cpu" or (device == "auto" and not has_gpu()):
        folder = Path(model)
        if (folder / CT2_FOLDER).is_dir() or (find_spec("ctranslate2") and worth_converting(folder)):
            return "ctranslate2"
    return "torch"


def has_gpu() -> bool:
    """Whether torch has a GPU; CTranslate2 is asked first, since importing torch takes seconds."""
    with suppress(ImportError):
        from ctranslate2 import get_cuda_device_count

        if not get_cuda_device_count():
            return False
    import torch

    return torch.cuda.is_available()
