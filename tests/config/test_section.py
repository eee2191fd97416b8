from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest
from pydantic import ValidationError, model_validator

from mt.config import AdaptationConfig, Config, ModelConfig, Section, TrainingConfig, load_config, save_config
from mt.config.section import Count
from mt.errors import ConfigError


def test_a_replaced_copy_is_validated_and_the_original_unchanged() -> None:
    config = Config()
    changed = config.replace(training=config.training.replace(max_steps=5, learning_rate=3e-4))
    assert (changed.training.max_steps, changed.training.learning_rate) == (5, 3e-4)
    assert config.training.max_steps is None
    for changes, expected in (
        ({"max_steps": 0}, r"\[max_steps\]: must be at least 1, not 0"),
        ({"learnin_rate": 1}, "unknown key 'learnin_rate'; did you mean 'learning_rate'"),
        ({"metric_for_best_model": "last", "early_stopping_patience": 2}, "does not say which checkpoint is better"),
    ):
        with pytest.raises(ConfigError, match=expected):
            config.training.replace(**changes)
    with pytest.raises(ValidationError):
        config.training.max_steps = 3  # type: ignore[misc]


def test_lists_of_defaults_are_not_shared() -> None:
    AdaptationConfig().validation.append("x")
    assert AdaptationConfig().validation == []


def test_what_decides_the_weights_leaves_out_logging_and_evaluation() -> None:
    config = Config()
    same = config.replace(
        run=config.run.replace(dir="elsewhere"),
        training=config.training.replace(logging_steps=7, checkpoint_minutes=None, report_to=["wandb"]),
        evaluation=config.evaluation.replace(title="x"),
    )
    assert same.deciding() == config.deciding()
    for other in (
        config.replace(run=config.run.replace(seed=2)),
        config.replace(training=config.training.replace(eval_steps=7)),
        config.replace(decoding=config.decoding.replace(num_beams=9)),
        config.replace(adaptation=AdaptationConfig(general=[{"path": "a"}])),  # type: ignore[list-item]
    ):
        assert other.deciding() != config.deciding()
    assert json.loads(json.dumps(other.deciding())) == other.deciding()
    assert other.deciding()["adaptation"]["general"][0]["path"] == "a"


class _Shape(ModelConfig):
    """A model's shape."""

    width: Count = 8
    """Width of its layers."""


class _Recipe(Config):
    """A recipe's configuration."""

    class Packing(Section):
        """How pairs are packed."""

        longest: Count = 160
        """Longest side, in tokens."""

    model: _Shape = _Shape()
    packing: Packing = Packing()

    @model_validator(mode="after")
    def _check_width(self) -> Self:
        if self.model.width % 4:
            raise ConfigError(f"{self.model.width} is not a multiple of 4", field="model.width")
        return self


def test_a_recipe_adds_keys_and_sections_by_a_subclass(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("model: {width: 16}\npacking: {longest: 9}\n", "utf-8")
    config = load_config(path, ["training.max_steps=3"], cls=_Recipe)
    assert (config.model.width, config.packing.longest, config.training.max_steps) == (16, 9, 3)
    save_config(config, tmp_path / "saved.yaml")
    assert load_config(tmp_path / "saved.yaml", cls=_Recipe) == config
    for override, expected in (
        ("packing.longst=1", "did you mean 'packing.longest'"),
        ("width=1", "did you mean 'model.width'"),
        ("packing.longest=0", r"\[packing.longest\]: must be at least 1"),
        ("model.width=6", r"\[model.width\]: 6 is not a multiple of 4"),
    ):
        with pytest.raises(ConfigError, match=expected):
            load_config(path, [override], cls=_Recipe)
    with pytest.raises(ConfigError, match=r"unknown key 'model\.width'"):
        load_config(path)


def test_the_package_imports_nothing_heavy() -> None:
    code = "import sys, mt.config; print(sorted({'torch', 'transformers', 'numpy', 'datasets'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_equal_settings_are_equal() -> None:
    assert TrainingConfig(max_steps=3) == TrainingConfig(max_steps=3) != TrainingConfig(max_steps=4)
