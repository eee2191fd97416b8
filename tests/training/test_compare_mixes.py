"""Mixes of a corpus compared by ``scripts/compare_mixes.py``, trained and scored for true."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mt.config import Config, load_config, save_config

ROOT = Path(__file__).resolve().parents[2]


def compare(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/compare_mixes.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.shared
def test_mixes_are_trained_alike_and_scored(starter_config: Config, shared: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(starter_config, run=dataclasses.replace(starter_config.run, dir=str(tmp_path / "run")))
    save_config(config, tmp_path / "c.yaml")
    (tmp_path / "mixes").mkdir()
    done = compare(
        tmp_path / "c.yaml", tmp_path / "mixes", "--mix", "fewer: pairs=0.5", "--steps", "3", "--segments", "2"
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads((tmp_path / "mixes" / "mixes.json").read_text("utf-8"))
    assert list(outcome) == ["all", "all, another seed", "fewer"]
    assert outcome["all"]["loss"] != outcome["all, another seed"]["loss"]
    assert outcome["fewer"]["target_tokens"] < outcome["all"]["target_tokens"]
    assert outcome["fewer"]["weights"] == {"pairs": 0.5}
    for label, figures in outcome.items():
        assert f"{label:28} {figures['target_tokens']:10,} {figures['loss']:7.4f}" in done.stdout
    trained = load_config(tmp_path / "mixes" / "fewer" / "config.yaml")
    assert [source.weight for source in trained.corpus.sources] == [0.5, 1.5]
    # What is finished is not trained again.
    weights = tmp_path / "mixes" / "all" / "model" / "model.safetensors"
    when = weights.stat().st_mtime_ns
    assert compare(tmp_path / "c.yaml", tmp_path / "mixes", "--steps", "3", "--segments", "2").returncode == 0
    assert weights.stat().st_mtime_ns == when


def test_an_unknown_source_is_named(starter_config: Config, tmp_path: Path) -> None:
    save_config(starter_config, tmp_path / "c.yaml")
    done = compare(tmp_path / "c.yaml", tmp_path / "mixes", "--mix", "less: pears=0.5")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("no source is named pears: take one of pairs, terms")
    done = compare(tmp_path / "c.yaml", tmp_path / "mixes", "--mix", "less pairs")
    assert done.returncode == 2
    assert 'write it as "label: source=weight, source=weight"' in done.stderr.splitlines()[-1]
    assert not (tmp_path / "mixes").exists()
