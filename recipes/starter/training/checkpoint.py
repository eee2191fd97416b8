"""The model of a run, from its newest checkpoint."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from mt.errors import DataError
from mt.io.text import read_json
from mt.training.progress import Progress
from mt.training.saving.checkpoints import latest_checkpoint
from recipes.starter.config import StarterConfig
from recipes.starter.training.marian import new_marian, record_options


def from_checkpoint(config: StarterConfig) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Progress]:
    """Load the newest checkpoint of a run.

    The run may continue meanwhile: checkpoints are written whole.

    Raises:
        DataError: the run has no checkpoint yet.
    """
    folder = Path(config.run.dir) / "checkpoints"
    path = latest_checkpoint(folder)
    if path is None:
        raise DataError("has no checkpoint yet", path=folder, hint="train first")
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    model = new_marian(config.model, tokenizer, seed=config.run.seed)
    record_options(model, config)
    model.load_state_dict(load_file(path / "model.safetensors"), strict=False)
    return model.eval(), tokenizer, Progress(**read_json(path / "state.json")["progress"])
