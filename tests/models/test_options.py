"""Our options in a model's configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import AutoConfig, MarianConfig

from mt.errors import ModelError
from mt.models.options import ModelOptions

ROOT = Path(__file__).resolve().parent.parent.parent


def test_what_differs_from_the_defaults_is_saved_beside_what_others_keep_there(tmp_path: Path) -> None:
    config = MarianConfig(task_specific_params={"summarization": {"num_beams": 2}})
    options = ModelOptions(prefix="", clause_characters=40, names=True)
    options.write(config)
    config.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text("utf-8"))["task_specific_params"]
    assert saved == {
        "summarization": {"num_beams": 2},
        "zhen_mt": {"prefix": "", "clause_characters": 40, "names": True},
    }
    again = AutoConfig.from_pretrained(tmp_path)
    assert ModelOptions.read(again) == options
    ModelOptions().write(again)
    assert again.task_specific_params == {"summarization": {"num_beams": 2}}


def test_a_model_that_was_never_ours_has_the_defaults() -> None:
    config = MarianConfig()
    assert ModelOptions.read(config) == ModelOptions()
    ModelOptions().write(config)
    assert not getattr(config, "task_specific_params", None)


@pytest.mark.parametrize(
    ("saved", "where"),
    [
        ({"numbers": "yes"}, "numbers"),
        ({"clause_characters": -1}, "clause_characters"),
        ({"label_smoothing_factor": 0.9}, "label_smoothing_factor"),
        ({"figures": True}, "figures"),
        (5, "zhen_mt"),
    ],
)
def test_wrong_options_are_refused_by_name(saved: object, where: str) -> None:
    config = MarianConfig()
    config.task_specific_params = {"zhen_mt": saved}
    with pytest.raises(ModelError, match=where):
        ModelOptions.read(config)


def test_requests() -> None:
    options = ModelOptions(numbers=True)
    assert [options.requests("numbers", chosen) for chosen in ("auto", "request", "ignore")] == [True, True, False]
    assert [options.requests("names", chosen) for chosen in ("auto", "request", "ignore")] == [False, True, False]


def test_the_starter_has_them_all() -> None:
    options = ModelOptions.read(AutoConfig.from_pretrained(ROOT / "models" / "starter"))
    assert options == ModelOptions(
        prefix="<length-5>",
        clause_characters=60,
        numbers=True,
        names=True,
        alignment_heads=[[0, 1], [0, 4], [0, 5], [1, 0]],
        label_smoothing_factor=0.1,
    )
