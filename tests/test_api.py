"""The public face: what ``mt`` exports, and ``translate`` with models and glossaries that change."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

import mt
from mt import Glossary, translate
from mt.errors import ModelError

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "seeds" / "glossary.tsv"


def test_every_public_name_can_be_imported() -> None:
    assert set(mt.__all__) <= set(dir(mt))
    for name in mt.__all__:
        assert getattr(mt, name).__doc__
    with pytest.raises(AttributeError, match="module 'mt' has no attribute 'translator'"):
        mt.translator  # noqa: B018


def test_threads_that_call_at_once_load_the_model_once(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mt import api

    monkeypatch.setattr(api, "_engines", {})
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda: results.append(translate("成都", GLOSSARY, model=tiny_model))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1 == len(api._engines)


def test_the_default_model_and_its_absence(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHEN_MT_MODEL", str(tiny_model))
    assert translate("成都", glossary=GLOSSARY).lower().count("chengdu") == 1
    assert len(translate(["成都", "四川"])) == 2
    monkeypatch.setenv("ZHEN_MT_MODEL", "/nowhere/at/all")
    with pytest.raises(ModelError, match="/nowhere/at/all"):
        translate("成都")


def test_an_edited_glossary_and_a_replaced_model_are_read_again(tiny_model: Path, tmp_path: Path) -> None:
    model, path = tmp_path / "model", tmp_path / "g.tsv"
    shutil.copytree(tiny_model, model)
    for target in ("First Council", "Other Council"):
        path.write_text(f"source\ttarget\n川促会\t{target}\n", "utf-8")
        assert target.lower() in translate("川促会。", path, model=model).lower()
    assert "third" in translate("川促会。", {"川促会": "third"}, model=model).lower()
    assert "fourth" in translate("川促会。", Glossary.from_dict({"川促会": "fourth"}), model=model).lower()
    (model / "config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match="describes no model"):
        translate("川促会。", model=model)
