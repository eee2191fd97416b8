"""Damaged model folders and names that lead nowhere: refused in one line, quickly, with nothing else printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from mt import Translator
from mt.errors import ModelError
from mt.models.load import load_model

ROOT = Path(__file__).resolve().parent.parent.parent


def _edited(file: str, **values: Any) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        saved = json.loads((folder / file).read_text("utf-8"))
        (folder / file).write_text(json.dumps({**saved, **values}), "utf-8")

    return edit


def _written(file: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / file).write_text(text, "utf-8")


def _weights(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

    return edit


def _truncated(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


LAYER = "model.encoder.layers.0.fc1.weight"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_written("config.json", "null"), r"config.json: describes no model"),
        (_written("config.json", "5"), r"config.json: describes no model"),
        (_written("config.json", '{"a": ' + "[" * 100_000), r"config.json: is JSON nested too deep"),
        (_written("config.json", '{"model_type": "marian"'), r"config.json:1: is not JSON"),
        (_written("config.json", '{"model_type": "no such"}'), r"cannot be loaded"),
        (_edited("config.json", d_model="wide"), r"cannot be loaded \(.*'d_model' expected int"),
        (_edited("config.json", vocab_size=2000), r"do not fit its config.json \(\S+ is 1×\d+, not 1×2000\)"),
        (_edited("config.json", task_specific_params={"zhen_mt": {"nmubers": True}}), r"\[.*nmubers\]: Extra inputs"),
        (_edited("config.json", task_specific_params={"zhen_mt": {"names": 1}}), r"\[.*names\]: .* valid boolean"),
        (_weights(lambda weights: weights.pop(LAYER)), rf"its weights lack {LAYER}"),
        (_weights(lambda weights: weights[LAYER].fill_(float("nan"))), rf"not all finite numbers \({LAYER}\)"),
        (_truncated, r"cannot be loaded"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"has no weights .*convert it once"),
        (_written("generation_config.json", '{"num_beams": '), r"generation_config.json:1: is not JSON"),
        (_written("generation_config.json", "[]"), r"generation_config.json: holds no settings"),
        (_edited("generation_config.json", eos_token_id="end"), r"\[eos_token_id\]: must be a token id"),
        (_written("vocab.json", "{}"), r"cannot be loaded"),
        (lambda folder: (folder / "source.spm").unlink(), r"cannot be loaded"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_line(
    tiny_model: Path, tmp_path: Path, damage: Callable[[Path], object], expected: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    damage(folder)
    with pytest.raises(ModelError, match=expected) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert capfd.readouterr().err == ""


def test_a_good_folder_is_loaded_without_a_word(tiny_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert Translator.from_pretrained(tiny_model).translate("") is not None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("models/startr", "models/startr: no such folder"),
        ("./none", "no such folder"),
        ("成都/model", "no such folder"),
        ("README.md", "is a file, not a model folder"),
        ("tests", "holds no model"),
        ("nowhere/model", "the hub cannot be reached"),
    ],
)
def test_names_that_lead_nowhere_are_refused_at_once(tmp_path: Path, name: str, expected: str) -> None:
    """Without network: neither retries nor telemetry. An address that nothing answers stands for the hub."""
    code = f"from mt.models.load import load_tokenizer as load; load({name!r})"
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    quiet = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    subprocess.run([sys.executable, "-c", "import huggingface_hub, transformers"], cwd=ROOT, check=True)
    begin = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=quiet | environment, check=False
    )
    assert expected in result.stderr.splitlines()[-1]
    assert time.monotonic() - begin < 15  # 3 seconds on an idle machine, most of them imports
    assert not list(tmp_path.rglob("*.json"))
