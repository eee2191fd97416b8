"""LoRA on a base of every family: little is trained and stored, and what is saved is a plain model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny_bases
import torch
from safetensors.torch import load_file
from test_bases import losses, stopped_after_step_3, texts, train  # noqa: F401
from transformers import AutoModelForSeq2SeqLM

from mt.config import LoraConfig, load_config
from mt.errors import ConfigError, Interrupted
from mt.models.load import load_model, tag_ids
from mt.training.lora import add_lora
from mt.training.model import load_base
from mt.training.saving.checkpoints import latest_checkpoint

LORA = ("lora.rank=4", "lora.alpha=64", "training.keep_checkpoints=true", "training.checkpoint_minutes=null")


@pytest.fixture(
    scope="module", params=[*tiny_bases.FAMILIES, "starter", pytest.param("opus", marks=pytest.mark.shared)]
)
def base(
    request: pytest.FixtureRequest,
    texts: list[str],  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    if request.param == "starter":
        starter: Path = request.getfixturevalue("tiny_model")
        return starter
    folder = tmp_path_factory.mktemp("bases") / request.param
    if request.param == "opus":
        return tiny_bases.make_marian(request.getfixturevalue("shared") / "opus-mt-zh-en", folder)
    return tiny_bases.make(request.param, texts, folder)


def test_little_is_trained_and_a_plain_model_is_saved(base: Path, tmp_path: Path) -> None:
    # At twice this rate and more the loss of opus's shape leaps up between steps.
    run = train(base, tmp_path, *LORA, "training.learning_rate=1e-2")
    found = losses(run)
    assert min(found[-3:]) < found[0] - 0.03

    # Checkpoints hold what is trained (and buffers), not the base.
    checkpoint = latest_checkpoint(Path(run.config.run.dir) / "checkpoints")
    assert checkpoint is not None
    stored = load_file(checkpoint / "model.safetensors")
    assert all("lora_" in name or "trainable_tokens" in name or "final_logits_bias" in name for name in stored)

    # The folder is a plain model with the base's own tensors; of its embeddings the tags' rows alone moved.
    before, tokenizer = load_base(str(base))
    after = AutoModelForSeq2SeqLM.from_pretrained(run.model)
    assert type(after) is type(before)
    assert list(after.state_dict()) == list(before.state_dict())
    tags = tag_ids(tokenizer)
    old, new = before.get_input_embeddings().weight, after.get_input_embeddings().weight
    moved = (old != new).any(1).nonzero().flatten().tolist()
    assert moved == sorted(tags)
    changed = [
        name for name, tensor in before.state_dict().items() if not torch.equal(tensor, after.state_dict()[name])
    ]
    assert len(changed) > 8

    # What the folder says of itself.
    manifest = json.loads((run.model / "manifest.json").read_text("utf-8"))
    assert (manifest["lora"]["rank"], manifest["lora"]["alpha"]) == (4, 64)
    assert "| LoRA of rank 4, alpha 64, on all linear layers" in (run.model / "README.md").read_text("utf-8")


def test_a_resumed_run_ends_with_the_same_weights_bit_for_bit(texts: list[str], tmp_path: Path) -> None:  # noqa: F811
    base = tiny_bases.make("m2m100", texts, tmp_path / "base")
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    settings = (*LORA, "training.max_steps=6", "model.dropout=0.1")
    whole = train(base, tmp_path / "whole", *settings)

    with pytest.raises(Interrupted):
        train(base, tmp_path / "parts", *settings, watch=stopped_after_step_3)
    torch.manual_seed(99)
    parts = train(base, tmp_path / "parts", *settings, resume=True)
    ours, theirs = load_file(parts.model / "model.safetensors"), load_file(whole.model / "model.safetensors")
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert torch.equal(tensor, ours[name]), name


def test_what_cannot_be_is_refused_in_a_line(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("lora: {rank: 8}\n", "utf-8")
    with pytest.raises(ConfigError, match="must be at least 0"):
        load_config(path, ["lora.rank=-1"])
    model, _ = load_model(str(tiny_model))
    with pytest.raises(ConfigError, match=r"no linear layers named query, value; choose from .*fc1.*q_proj"):
        add_lora(model, LoraConfig(rank=2, targets=["query", "q_proj", "value"]), [3, 4, 5], seed=1)


def test_targets_can_be_chosen(tiny_model: Path) -> None:
    model, tokenizer = load_model(str(tiny_model))
    add_lora(model, LoraConfig(rank=2, targets=["q_proj"]), tag_ids(tokenizer), seed=1)
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert all("q_proj.lora_" in name or "trainable_tokens" in name for name in trained)
    assert sum("trainable_tokens" in name for name in trained) == 1
