from __future__ import annotations

import importlib
import sys

import pytest

from mt.training.progress import Progress
from recipes.starter.card import Measured, starter_card
from recipes.starter.command import run_command
from recipes.starter.config import StarterConfig, load_starter_config

COMMANDS = ("filter", "pack", "train", "back_translate", "translate_corpus", "release", "train_names", "gpu.__main__")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(f"recipes.starter.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit, match="0"):
        module.main()
    assert f"recipes.starter.{name.removesuffix('.__main__')}" in capsys.readouterr().out


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(lambda: print(load_starter_config("absent.yaml"))) == 2
    assert capsys.readouterr().err.splitlines() == [
        "absent.yaml: no such file; give a YAML file, such as configs/demo.yaml"
    ]


def test_the_card_has_scores_settings_and_every_source_with_a_weight(starter_config: StarterConfig) -> None:
    scores = {"newstest2020": {"bleu": 22.543, "chrf++": 51.188}}
    measured = Measured(Progress(step=12, target_tokens=3456), 1_500_000, scores, {"bleu": "b", "chrf++": "c"})
    card = starter_card(starter_config, measured, ["A note."])
    assert "| newstest2020 | bleu | 22.54 | `b` |\n| newstest2020 | chrf++ | 51.19 | `c` |" in card
    assert "A Marian model of 1.5 M parameters (2 encoder and 1 decoder layers, width 32" in card
    assert "| steps, target tokens | 12, 3,456 (epoch 1) |" in card
    rows = [line for line in card.splitlines() if line.startswith(("| pairs |", "| terms |"))]
    assert [row.rsplit("|", 2)[1].strip() for row in rows] == ["2", "1.5"]
    assert card.endswith("\n\nA note.\n")
    assert "license: cc-by-sa-4.0" in card
