"""Where a model's files are (a local folder, the Hugging Face cache, the hub) and its configuration, without torch."""

import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from mt.errors import ModelError
from mt.io.starter import resolve_model
from mt.io.text import read_json

_HUB_TIMEOUT = 3  # seconds
_HINT = "give a folder that save_pretrained wrote"
# What a configuration says of a model's size, and the most that is believed before there are weights to compare with.
_SIZE = re.compile(
    r"vocab_size|decoder_vocab_size|d_model|d_ff|d_kv|max_position_embeddings|num_(hidden_|decoder_)?layers|num_heads"
    r"|(encoder|decoder)_(layers|attention_heads|ffn_dim)"
)
_SHARE = re.compile(r"(\w+_)?dropout(_rate)?|\w+_layerdrop")
_MOST, _MOST_LAYERS = 2_000_000, 500


def find_folder(name: str | Path) -> Path:
    """Return the local folder of a model: itself, or in the Hugging Face cache, downloaded if it is not there yet.

    Raises:
        ModelError: there is no such model, or the hub cannot be reached.
    """
    folder = Path(resolve_model(name))
    if os.path.isdir(folder):  # noqa: PTH112  (Path.is_dir raises for a name too long for a file)
        if not (folder / "config.json").is_file():
            raise ModelError("holds no model (no config.json)", path=name, hint=_HINT)
        return folder
    if os.path.exists(folder):  # noqa: PTH110
        raise ModelError("is a file, not a model folder", path=name, hint=_HINT)
    text = str(name)
    # A hub name is NAME or OWNER/NAME.
    if not re.fullmatch(r"(?:[\w-][\w.-]*/)?[\w-][\w.-]*", text, re.ASCII) or (
        folder.parent.name and folder.parent.is_dir()
    ):
        raise ModelError("no such folder", path=name, hint="give a model folder or a hub name")
    return _cached(text) or _downloaded(text)


def _cached(name: str) -> Path | None:
    """Return the folder of a model in the Hugging Face cache, if its configuration and weights are there."""
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(name, local_files_only=True, allow_patterns=["config.json"]))
    except (OSError, ValueError):
        return None
    return folder if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")) else None


def _downloaded(name: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        # A quick look first: the download itself would wait and try again.
        HfApi().model_info(name, timeout=_HUB_TIMEOUT)
        kinds = ["*.json", "*.safetensors", "*.spm", "*.model", "*.txt", "README.md"]
        return Path(snapshot_download(name, allow_patterns=kinds, ignore_patterns=["*/*"]))
    except HfHubHTTPError:
        problem = "is not a folder, and the Hugging Face hub has no such public model"
    except Exception:  # the hub client's own exceptions change with its HTTP library
        problem = "is neither a folder nor in the Hugging Face cache, and the hub cannot be reached"
    raise ModelError(problem, path=name, hint="give a model folder or a cached hub name")


def read_config(folder: Path) -> Any:
    """Read ``config.json`` as plain attributes; raises ``ModelError`` where it is not JSON or describes no model."""
    path = folder / "config.json"
    config = read_json(path, error=ModelError, hint=_HINT)
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise ModelError("describes no model (no model_type)", path=path, hint=_HINT)
    for key, value in config.items():
        most = _MOST_LAYERS if key.endswith("layers") else _MOST
        if _SIZE.fullmatch(key) and not (type(value) is int and 1 <= value <= most):
            raise ModelError(f"must be a number from 1 to {most}", path=path, field=key, hint=_HINT)
        if _SHARE.fullmatch(key) and not (value is None or (isinstance(value, int | float) and 0 <= value <= 1)):
            raise ModelError("must be a number from 0 to 1", path=path, field=key, hint=_HINT)
    return SimpleNamespace(**{"task_specific_params": None, "name_or_path": str(folder), **config})


def licence_of(name: str) -> str:
    """Return the licence that a model's card states; empty where there is no card, or it does not say."""
    folder = Path(name) if Path(name).is_dir() else _cached(name)
    try:
        card = (folder / "README.md").read_text("utf-8") if folder is not None else ""
        found = re.match(r"---\n(.*?)\n---", card, re.DOTALL)
        head = yaml.safe_load(found[1]) if found else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    licence = head.get("license") if isinstance(head, dict) else None
    return " ".join(licence) if isinstance(licence, list) else str(licence or "")
