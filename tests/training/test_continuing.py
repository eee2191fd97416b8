"""A run begun at the released starter: the same weights, the same vocabulary, and faults told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mt.config import Config, load_config
from mt.errors import ConfigError, DataError
from mt.length_tags import LENGTH_TAGS
from mt.training.checkpoints import load_checkpoint, load_weights
from mt.training.continuing import begin_at_release
from mt.training.optimizer import build_optimizers
from mt.training.processes import Processes
from mt.training.release import from_checkpoint

ROOT = Path(__file__).parent.parent.parent
STARTER = ROOT / "models/starter"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    deep = load_config(ROOT / "configs/starter-deep.yaml", [])
    tagged = LENGTH_TAGS[0] in json.loads((STARTER / "vocab.json").read_text("utf-8"))
    return replace(
        deep,
        run=replace(deep.run, dir=str(tmp_path / "run")),
        corpus=replace(deep.corpus, packed=str(tmp_path / "packed"), length_tags=tagged),
    )


def test_the_run_begins_where_the_starter_stands(config: Config) -> None:
    path = begin_at_release(config, STARTER)
    model, tokenizer, progress = from_checkpoint(config)
    released = load_file(STARTER / "model.safetensors")
    for name, value in released.items():
        assert torch.equal(model.state_dict()[name], value.float()), name
    record = json.loads((STARTER / "scores.json").read_text("utf-8"))
    assert (progress.step, progress.target_tokens) == (record["step"], record["target_tokens"])
    assert progress.epoch == record["epoch"] + 1
    assert tokenizer.get_vocab() == json.loads((STARTER / "vocab.json").read_text("utf-8"))
    # The loop takes it up as any checkpoint.
    load_weights(path, model)
    optimizers = build_optimizers(model, config.training)
    ema = {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
    assert load_checkpoint(path, optimizers, ema, Processes()) == progress


def test_a_run_that_has_begun_is_left_alone(config: Config) -> None:
    begin_at_release(config, STARTER)
    with pytest.raises(ConfigError, match="holds a checkpoint already"):
        begin_at_release(config, STARTER)


@pytest.mark.parametrize("shape", [{"d_model": 128}, {"encoder_layers": 6}, {"decoder_layers": 4}])
def test_another_shape_is_refused(config: Config, shape: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="not the shape"):
        begin_at_release(replace(config, model=replace(config.model, **shape)), STARTER)
    assert not (Path(config.run.dir) / "checkpoints").exists()


def test_a_corpus_packed_with_another_vocabulary_is_refused(config: Config) -> None:
    tokenizer = Path(config.corpus.packed) / "tokenizer"
    tokenizer.mkdir(parents=True)
    (tokenizer / "vocab.json").write_text('{"</s>": 0}', encoding="utf-8")
    with pytest.raises(DataError, match="another vocabulary"):
        begin_at_release(config, STARTER)


def test_a_starter_without_a_record_is_refused(config: Config, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in STARTER.iterdir():
        if file.name != "scores.json":
            (bare / file.name).symlink_to(file)
    with pytest.raises(DataError, match=r"scores\.json"):
        begin_at_release(config, bare)
