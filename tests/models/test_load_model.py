"""Damaged model folders and names that lead nowhere: refused in one line, quickly, with nothing else printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from mt import Translator
from mt.cli import main
from mt.errors import ModelError
from mt.models.load import load_generation_config, load_model, load_tokenizer

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
        (_edited("config.json", d_model="wide"), r"\[d_model\]: must be a number from 1 to"),
        (_edited("config.json", encoder_layers=10**8), r"\[encoder_layers\]: must be a number from 1 to"),
        (_edited("config.json", decoder_layers=9), r"its weights lack model.decoder.layers"),
        (_edited("config.json", dropout=7), r"\[dropout\]: must be a number from 0 to 1"),
        (_edited("config.json", pad_token_id=None), r"its pad_token_id is no token"),
        (_edited("config.json", decoder_start_token_id=10**9), r"its decoder_start_token_id is no token"),
        (_edited("config.json", vocab_size=2000), r"do not fit its config.json \(\S+ is 1×\d+, not 1×2000\)"),
        (_edited("config.json", task_specific_params={"zhen_mt": {"nmubers": True}}), r"\[.*nmubers\]: Extra inputs"),
        (_edited("config.json", task_specific_params={"zhen_mt": {"names": 1}}), r"\[.*names\]: .* valid boolean"),
        (_weights(lambda weights: weights.pop(LAYER)), rf"its weights lack {LAYER}"),
        (_weights(lambda weights: weights[LAYER].fill_(float("nan"))), rf"not all finite numbers \({LAYER}\)"),
        (_truncated, r"cannot be loaded"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"has no weights .*convert it once"),
        (_written("generation_config.json", '{"num_beams": '), r"generation_config.json:1: is not JSON"),
        (_written("generation_config.json", "[]"), r"generation_config.json: holds no settings"),
        (_edited("generation_config.json", eos_token_id="end"), r"\[eos_token_id\S*\]: .* valid integer"),
        (_edited("generation_config.json", length_penalty="x"), r"\[length_penalty\]: .* valid number"),
        (_edited("generation_config.json", bad_words_ids=5), r"\[bad_words_ids\]: .* valid list"),
        (_edited("generation_config.json", decoder_start_token_id=10**9), r"its decoder_start_token_id is no token"),
        (_edited("tokenizer_config.json", model_max_length="x"), r"its tokenizer lacks"),
        (_edited("tokenizer_config.json", eos_token=None), r"its tokenizer lacks"),
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


@pytest.mark.parametrize(
    "damage",
    [
        _written("config.json", "null"),
        _edited("config.json", decoder_layers=9),
        _edited("config.json", vocab_size=2000),
        _weights(lambda weights: weights.pop(LAYER)),
        _weights(lambda weights: weights[LAYER].fill_(float("nan"))),
        _truncated,
        _written("generation_config.json", "null"),
        _edited("vocab.json", more=5000),
    ],
)
@pytest.mark.parametrize("command", ["translate", "export", "evaluate", "train"])
def test_every_command_refuses_it_in_one_line(
    tiny_model: Path, fine_tuning: Path, tmp_path: Path, command: str, damage: Callable[[Path], object]
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    damage(folder)
    for name, text in (("s", "你好。\n"), ("r", "Hello.\n")):
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "data").symlink_to(fine_tuning.parent / "data")
    arguments = {
        "translate": ["你好。", "-m", f"{folder}"],
        "export": [f"{folder}", "-o", f"{tmp_path}/exported"],
        "evaluate": ["-s", f"{tmp_path}/s", "-r", f"{tmp_path}/r", "--system", f"a={folder}"],
        "train": [f"{fine_tuning}", f"run.dir={tmp_path}/run", f"model.base={folder}"],
    }[command]
    result = CliRunner().invoke(main, ["-q", command, *arguments])
    assert result.exit_code == 2, result.output
    assert result.output.startswith(f"zhen-mt: error: {folder}")
    assert result.output.count("\n") == 1
    assert not (tmp_path / "exported").exists()
    assert not (tmp_path / "run" / "model").exists()


def test_a_model_whose_writer_was_killed_between_two_renames_is_found(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / ".model.abcdefgh.old" / "old")
    (tmp_path / ".other.abcdefgh.tmp").mkdir()
    load_tokenizer(tmp_path / "model")
    assert {path.name for path in tmp_path.iterdir()} == {"model", ".other.abcdefgh.tmp"}


def test_settings_without_tokens_are_completed(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / "generation_config.json").write_text("{}", "utf-8")
    model, _ = load_model(folder)
    assert model.generation_config.decoder_start_token_id == model.config.decoder_start_token_id
    assert load_generation_config(folder).pad_token_id == model.config.pad_token_id


def test_a_good_folder_is_loaded_without_a_word(tiny_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert Translator.from_pretrained(tiny_model).translate("") is not None
    assert capfd.readouterr() == ("", "")


NOWHERE = {
    "models/startr": "models/startr: no such folder",
    "./none": "no such folder",
    "成都/model": "no such folder",
    "README.md": "is a file, not a model folder",
    "tests": "holds no model",
    "nowhere/model": "the hub cannot be reached",
}


def test_names_that_lead_nowhere_are_refused_at_once(tmp_path: Path) -> None:
    """Without network: neither retries nor telemetry. An address that nothing answers stands for the hub."""
    code = """
import sys, time
import huggingface_hub, transformers
from mt.errors import ModelError
from mt.models.load import load_tokenizer
for name in sys.argv[1:]:
    begin = time.monotonic()
    try:
        load_tokenizer(name)
    except ModelError as error:
        print(time.monotonic() - begin, error)
"""
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    online = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    result = subprocess.run(
        [sys.executable, "-c", code, *NOWHERE], capture_output=True, text=True, cwd=ROOT, env=online | environment
    )
    lines = [line.split(" ", 1) for line in result.stdout.splitlines()]
    for (seconds, message), expected in zip(lines, NOWHERE.values(), strict=True):
        assert expected in message
        assert float(seconds) < 60  # retries take minutes
    assert not list(tmp_path.rglob("*.json"))
