"""Translations are cached under all that they depend on."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mt.errors import DataError
from mt.evaluation import systems
from mt.evaluation.compare import compare
from mt.evaluation.systems import ModelSystem, translate_system
from mt.evaluation.test_sets import TestSet, glossaries_of
from mt.glossary.glossary import Glossary

TEST_SET = TestSet(["鲁进来了。"] * 2, ["x"] * 2, glossary=glossaries_of([{"鲁进": ["Lu Jin"]}, {"鲁进": ["Rukin"]}]))


@pytest.fixture
def starter(root: Path) -> ModelSystem:
    return ModelSystem(str(root / "models" / "starter"), "hybrid")


def test_each_segment_has_its_own_terms_and_a_finished_translation_is_kept(
    starter: ModelSystem, tmp_path: Path
) -> None:
    first, second = translate_system(starter, TEST_SET, cache=tmp_path)
    assert "Lu Jin" in first
    assert "Rukin" in second
    plain = replace(starter, mode=None)
    assert len(set(translate_system(plain, TEST_SET, cache=tmp_path))) == 1
    entries = sorted(tmp_path.iterdir())
    assert len(entries) == 2
    entries[0].write_text(json.dumps({"translations": ["kept", "kept"]}))
    again = [translate_system(system, TEST_SET, cache=tmp_path) for system in (starter, plain)]
    assert again.count(["kept", "kept"]) == 1
    with pytest.raises(DataError, match="system 'x' needs a glossary"):
        compare(replace(TEST_SET, glossary=None), {"x": starter})


def test_a_damaged_entry_is_replaced(starter: ModelSystem, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "mt")
    expected = translate_system(starter, TEST_SET, cache=tmp_path)
    (entry,) = tmp_path.iterdir()
    whole = entry.read_bytes()
    for damaged in (b"", whole[:50], b'{"translations": ["one"]}', b"\xff\xfe\x00"):
        entry.write_bytes(damaged)
        assert translate_system(starter, TEST_SET, cache=tmp_path) == expected
        assert entry.read_bytes() == whole
    assert caplog.text.count("is damaged and ignored") == 4


def test_the_key_changes_with_all_that_decides_a_translation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("1")
    system = ModelSystem(str(model), "soft")
    keys = [systems._key(system, TEST_SET)]

    def differs(system: ModelSystem = system, test_set: TestSet = TEST_SET) -> bool:
        keys.append(systems._key(system, test_set))
        return keys.count(keys[-1]) == 1

    assert not differs()
    assert differs(replace(system, mode="hard"))
    assert differs(test_set=replace(TEST_SET, sources=["鲁进来了。", "他来了。"]))
    assert differs(test_set=replace(TEST_SET, documents=["a", "b"]))
    assert differs(test_set=replace(TEST_SET, glossary=Glossary.from_pairs([("鲁进", "Lu")])))
    (model / "weights").write_text("2")
    assert differs()
    (model / "ct2").mkdir()
    assert differs(), "CTranslate2 decodes a folder that has its weights"
    monkeypatch.setattr(systems, "distributions", list)
    assert differs()


def test_all_of_our_code_that_translates_is_hashed() -> None:
    code = (
        "import sys; from mt import Translator; "
        "translator = Translator.from_pretrained('models/starter', 'seeds/glossary.tsv'); "
        "translator.translate('鲁进来了。'); "
        "print({name.split('.')[1] for name in sys.modules if name.startswith('mt.')})"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    loaded = set(ast.literal_eval(done.stdout))
    assert {"inference", "constraints", "glossary", "text"} <= loaded
    assert not loaded & set(systems._IRRELEVANT)
