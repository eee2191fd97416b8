"""configs/starter.yaml through the real command, tiny, and what the trained model records."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mt.config import DecodingConfig
from mt.inference.engines.torch_engine import TorchEngine
from mt.models.load import load_model_config
from mt.models.options import ModelOptions
from recipes.starter.config import StarterConfig, load_starter_config

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "recipes/starter/configs/starter.yaml"


def test_the_configuration_trains(starter_config: StarterConfig, tmp_path: Path) -> None:
    """One command filters, learns a vocabulary, packs and trains."""
    corpus = starter_config.corpus
    sources = ", ".join(f"{{path: {source.path}, weight: {source.weight}}}" for source in corpus.sources)
    names = tmp_path / "names.tsv"
    names.write_text(
        "波士顿\tBoston, capital of Massachusetts\n世界卫生组织\tWorld Health Organization (WHO)\n", "utf-8"
    )
    changes = [
        f"run.dir={tmp_path}/run", f"corpus.sources=[{sources}]", "corpus.translations=[]",
        f"corpus.packed={tmp_path}/packed", f"filter.folder={tmp_path}/filtered", "filter.held_out=[]",
        f"filter.domain=[{{path: {corpus.sources[0].path}}}]", f"filter.entities={names}",
        "filter.min_alignment=-9", "filter.min_fluency=-9", "filter.warn_drop_share=1.0", "filter.most_copies=99",
        f"corpus.lexicon={corpus.lexicon}", f"corpus.validation_zh={corpus.validation_zh}",
        f"corpus.validation_en={corpus.validation_en}", f"model.vocab_size={starter_config.model.vocab_size}",
        "model.d_model=32", "model.ffn_dim=64", "model.encoder_layers=1", "model.attention_heads=2",
        "training.max_steps=2", "training.batch_tokens=600", "training.precision=fp32",
    ]  # fmt: skip
    command = [sys.executable, "-m", "recipes.starter.train", str(CONFIG), *changes]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"model: {tmp_path}/run/model"
    assert (tmp_path / "filtered" / "report.json").is_file()

    folder = tmp_path / "run" / "model"
    given = load_starter_config(CONFIG)
    options = ModelOptions.read(load_model_config(str(folder)))
    assert options == ModelOptions(
        prefix=given.model.source_prefix,
        clause_characters=given.decoding.clause_characters or 0,
        numbers=True,
        names=True,
        label_smoothing_factor=given.training.label_smoothing_factor or 0.0,
    )
    assert options.prefix in json.loads((folder / "vocab.json").read_text("utf-8"))
    engine = TorchEngine.load(folder, DecodingConfig())
    assert (engine.settings.decoding.length_penalty, engine.settings.decoding.clause_characters) == (
        given.decoding.length_penalty,
        given.decoding.clause_characters,
    )
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["steps"] == 2
    again = subprocess.run([*command, "training.max_steps=0"], cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 2
    assert "[training.max_steps]: must be at least 1" in again.stderr
