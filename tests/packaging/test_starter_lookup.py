"""The starter is found from anywhere: in the checkout, in its wheel, beside a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt.api import default_model
from mt.config import load_config
from mt.errors import ModelError
from mt.io import starter
from mt.io.starter import find_starter, resolve_model


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The starter's wheel as pip unpacks it, and a package that is not in a checkout."""
    folder = tmp_path / "site-packages" / "zhen_mt_starter"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(folder.parent)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(starter, "__file__", str(tmp_path / "site-packages" / "mt" / "io" / "starter.py"))
    monkeypatch.delenv("ZHEN_MT_MODEL", raising=False)
    return folder


def test_the_checkout_s_starter_comes_before_the_installed_one(
    root: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_starter() == installed
    monkeypatch.setattr(starter, "__file__", str(root / "mt" / "io" / "starter.py"))
    assert find_starter() == root / "models" / "starter"


def test_the_default_model_is_the_environment_s_else_the_installed_one(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_model() == installed
    monkeypatch.setenv("ZHEN_MT_MODEL", "some/model")
    assert default_model() == Path("some/model")


def test_without_any_starter_the_error_says_how_to_get_one(installed: Path) -> None:
    (installed / "config.json").unlink()
    with pytest.raises(ModelError, match="pip install zhen-mt-starter"):
        default_model()


def test_models_starter_means_the_installed_one_where_there_is_no_such_folder(installed: Path) -> None:
    assert resolve_model("models/starter") == str(installed)
    assert resolve_model("Helsinki-NLP/opus-mt-zh-en") == "Helsinki-NLP/opus-mt-zh-en"
    Path("models/starter").mkdir(parents=True)
    assert resolve_model("models/starter") == "models/starter"


def test_a_configuration_s_base_may_be_relative_to_its_own_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "project" / "base").mkdir(parents=True)
    (tmp_path / "project" / "base" / "config.json").write_text("{}")
    config = tmp_path / "project" / "c.yaml"
    for base, expected in (
        ("base", str(tmp_path / "project" / "base")),
        ("models/starter", str(installed)),
        ("google/mt5-small", "google/mt5-small"),
    ):
        config.write_text(f"model: {{base: {base}}}\n")
        assert load_config(config).model.base == expected
