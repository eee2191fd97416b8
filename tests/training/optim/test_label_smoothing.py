"""Label smoothing is the base's own unless another is given, and handed on to what is trained from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import start

from mt.config import Config, TrainingConfig, load_config, save_config
from mt.data.dataset import prepare
from mt.errors import ConfigError
from mt.models.load import load_model, load_model_config
from mt.models.options import ModelOptions
from mt.training.saving.publish import save_model


@pytest.fixture(scope="module")
def smoothed(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base that was trained with label smoothing, as its configuration says."""
    folder = tmp_path_factory.mktemp("smoothed") / "model"
    model, tokenizer = load_model(str(tiny_model))
    ModelOptions.read(model.config).replace(label_smoothing_factor=0.2).write(model.config)
    save_model(model, tokenizer, folder)
    return folder


def fine_tuned(base: Path, seed_pairs: list[tuple[str, str]], folder: Path, *changes: str) -> Path:
    """Fine-tune by the real command for two steps; return the run folder."""
    folder.mkdir()
    for number, (zh, en) in enumerate(seed_pairs):
        (folder / f"d{number}.txt").write_text(f"{zh}\n\n{en}\n", "utf-8")
    config = Config(
        model=Config().model.replace(base=str(base)),
        training=TrainingConfig(
            max_steps=2,
            batch_tokens=500,
            logging_steps=1,
            precision="fp32",
            lr_scheduler_type="constant",
            validation_segments=0,
        ),
    )
    config = config.replace(
        data=config.data.replace(documents=[f"{folder}/d*.txt"], folds="none"),
        adaptation=config.adaptation.replace(general=[]),
    )
    save_config(config, folder / "c.yaml")
    prepare(config, folder / "run" / "data")
    process = start(["train", str(folder / "c.yaml"), f"run.dir={folder}/run", *changes], folder / "log")
    process.join(200)
    assert process.exitcode == 0, (folder / "log").read_text("utf-8")
    return folder / "run"


def first_loss(run: Path) -> float:
    return float(json.loads((run / "metrics.jsonl").read_text("utf-8").splitlines()[0])["loss"])


def test_it_is_the_bases_own_and_handed_on(smoothed: Path, seed_pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    assert ModelOptions.read(load_model_config(smoothed)).label_smoothing_factor == 0.2
    runs = {
        "own": fine_tuned(smoothed, seed_pairs, tmp_path / "own"),
        "given": fine_tuned(smoothed, seed_pairs, tmp_path / "given", "training.label_smoothing_factor=0.2"),
        "none": fine_tuned(smoothed, seed_pairs, tmp_path / "none", "training.label_smoothing_factor=0"),
    }
    losses = {name: first_loss(run) for name, run in runs.items()}
    assert losses["own"] == losses["given"] != losses["none"]
    kept = {
        name: ModelOptions.read(load_model_config(run / "model")).label_smoothing_factor for name, run in runs.items()
    }
    assert kept == {"own": 0.2, "given": 0.2, "none": 0.0}
    manifest = json.loads((runs["own"] / "model" / "manifest.json").read_text("utf-8"))
    assert manifest["training"]["label_smoothing_factor"] == 0.2


def test_a_base_that_says_nothing_has_none(tiny_model: Path, seed_pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    assert ModelOptions.read(load_model_config(tiny_model)).label_smoothing_factor == 0.0
    losses = [
        first_loss(fine_tuned(tiny_model, seed_pairs, tmp_path / name, *changes))
        for name, changes in {"own": (), "none": ("training.label_smoothing_factor=0",)}.items()
    ]
    assert losses[0] == losses[1]


def test_other_numbers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("training: {label_smoothing_factor: -0.5}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"training\.label_smoothing"):
        load_config(tmp_path / "c.yaml")
