"""Weights for CTranslate2 are made on first use, once, and kept by what the model's files hold."""

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from mt.config import DecodingConfig
from mt.errors import ModelError
from mt.inference.engines import cache
from mt.inference.engines.cache import cached_weights
from mt.inference.engines.ctranslate2_engine import Ct2Engine
from mt.inference.engines.load import load_engine
from mt.inference.engines.torch_engine import TorchEngine

STARTER = Path(__file__).resolve().parents[2] / "models" / "starter"


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHEN_MT_CACHE", str(tmp_path / "cache"))
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def _made(place: Path) -> int:
    return (place / "model.bin").stat().st_mtime_ns


def test_converts_once_and_again_when_the_model_changes(model: Path) -> None:
    first = cached_weights(model)
    made = _made(first)
    (model / "README.md").write_text("a card", "utf-8")
    assert cached_weights(model) == first
    assert _made(first) == made
    config = (model / "config.json").read_text("utf-8")
    (model / "config.json").write_text(config + "\n", "utf-8")
    second = cached_weights(model)
    assert second != first
    assert sorted(path.name for path in first.parent.iterdir()) == sorted([".lock", first.name, second.name])
    assert isinstance(load_engine(model, DecodingConfig(), engine="ctranslate2"), Ct2Engine)


def test_several_processes_convert_once(model: Path) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        places = list(pool.map(cached_weights, [model, model]))
    assert places[0] == places[1]
    assert sorted(path.name for path in places[0].parent.iterdir()) == sorted([".lock", places[0].name])


def test_what_cannot_be_converted_is_tried_once(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError) as first:
        cached_weights(model)
    monkeypatch.setattr("mt.inference.export.convert", None)
    with pytest.raises(ModelError) as second:
        cached_weights(model)
    assert second.value.message == first.value.message


def test_keeps_the_models_used_last(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_KEPT", 2)
    config = (model / "config.json").read_text("utf-8")
    places = []
    for number in range(3):
        (model / "config.json").write_text(config + "\n" * number, "utf-8")
        places.append(cached_weights(model))
    assert [place.is_dir() for place in places] == [False, True, True]


def test_a_cache_that_cannot_be_written_is_named(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (model.parent / "file").write_text("", "utf-8")
    monkeypatch.setenv("ZHEN_MT_CACHE", str(model.parent / "file"))
    with pytest.raises(ModelError, match="ZHEN_MT_CACHE"):
        cached_weights(model)


def test_auto_is_ctranslate2_except_for_tiny_models(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(load_engine(model, DecodingConfig(), "cpu"), TorchEngine)
    monkeypatch.setattr(cache, "_WORTH_CONVERTING", 0)
    assert isinstance(load_engine(model, DecodingConfig(), "cpu"), Ct2Engine)


def test_auto_falls_back_to_torch_with_a_line(
    model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cache, "_WORTH_CONVERTING", 0)
    (model.parent / "file").write_text("", "utf-8")
    monkeypatch.setenv("ZHEN_MT_CACHE", str(model.parent / "file"))
    assert isinstance(load_engine(model, DecodingConfig(), "cpu"), TorchEngine)
    assert "torch decodes" in caplog.text
