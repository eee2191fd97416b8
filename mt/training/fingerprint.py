"""What decides the weights of a run: every configuration key that matters, and the content of every file it reads.

Two runs with equal fingerprints train the same model (up to the rounding of the hardware). A finished model and every
checkpoint carry theirs, so that neither is taken for the result of another configuration, other documents or another
base. A key of the configuration decides unless it is marked ``NOT_IN_WEIGHTS``; :data:`ONLY_IF` says when it does not.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from mt.config import Config
from mt.io.files import file_errors, sha256
from mt.models.folder import find_folder
from mt.training.candidates import compares
from mt.training.data.mixture import GENERAL

Condition = Callable[[Config], object]


def _selected(config: Config) -> bool:
    """Whether translations of validation documents choose the weights."""
    return compares(config.training)


def _keys(section: str, keys: str, condition: Condition) -> dict[str, Condition]:
    return {f"{section}.{key}": condition for key in keys.split()}


# When keys decide the weights that do so only sometimes; all others always do, unless NOT_IN_WEIGHTS marks them.
ONLY_IF: Mapping[str, Condition] = {
    **_keys("lora", "alpha dropout targets", lambda config: config.lora.rank),
    **_keys("training", "cooldown_share", lambda config: config.training.lr_scheduler_type == "wsd"),
    **_keys("training", "eval_steps early_stopping_patience validation_segments generation_num_beams", _selected),
    **_keys("adaptation", "general general_share general_pairs", lambda config: config.adaptation.mixed),
    **_keys("adaptation", "validation", lambda config: config.adaptation.max_general_drop is not None),
    **_keys("adaptation", "max_general_drop", _selected),
    **_keys(
        "decoding",
        "num_beams length_penalty max_length_ratio no_repeat_ngram_size batch_tokens clause_characters names protect",
        _selected,
    ),
}
# Files of a model folder that training reads.
_MODEL_FILES = (
    "*.safetensors", "*.safetensors.index.json", "*config.json", "*token*.json", "vocab*.json", "merges.txt",
    "*.spm", "*.model",
)  # fmt: skip


def fingerprint(config: Config, prepared: str) -> dict[str, Any]:
    """Return what decides the weights: key of the configuration → its value, or the hash of the content it names.

    Args:
        config: of the run.
        prepared: hash of the prepared rows.

    Raises:
        DataError: a file cannot be read.
    """
    parts: dict[str, Any] = {"the prepared documents": f"sha256:{prepared}"}
    for section, keys in config.deciding().items():
        for key, value in keys.items():
            name = f"{section}.{key}"
            condition = ONLY_IF.get(name)
            if condition is None or condition(config):
                parts[name] = _resolved(name, value)
    # Two processes of one batch a step do the same as one process of two.
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    parts["training.gradient_accumulation_steps"] *= processes
    return parts


def _resolved(name: str, value: Any) -> Any:
    """Replace the names of files by the hashes of their content."""
    if name == "adaptation.general" and value is None:
        return _content([GENERAL])
    if not value:
        return value
    if name == "terms.glossary":
        return _content([value])
    if name == "model.base":
        return _base(value)
    if name == "adaptation.general":
        return [{**one, "path": _content([one["path"]]), "licence": None} for one in value]
    if name == "adaptation.validation":
        return [_content([path]) for path in value]
    return value


def difference(now: Mapping[str, Any], before: Mapping[str, Any]) -> str | None:
    """Say which part of two fingerprints differs first, or None if they are equal."""
    for name in [*now, *(name for name in before if name not in now)]:
        new, old = now.get(name), before.get(name)
        if new != old:
            hashed = any("sha256:" in str(value) for value in (new, old))
            return f"the content of {name} is another" if hashed else f"{name} is {_shown(new)}, was {_shown(old)}"
    return None


def _shown(value: Any) -> str:
    return "unset" if value in (None, "", []) else str(value)


def _base(name: str) -> str:
    """Hash the weights, configuration and tokenizer of a base."""
    files = sorted(find_folder(name).iterdir())
    return _content(path for path in files if any(fnmatch(path.name, pattern) for pattern in _MODEL_FILES))


def _content(paths: Iterable[str | Path]) -> str:
    """Hash the content of files."""
    digest = hashlib.sha256()
    for path in map(Path, paths):
        with file_errors(path):
            digest.update(f"{sha256(path)}\n".encode())
    return f"sha256:{digest.hexdigest()}"
