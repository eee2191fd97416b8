"""What ``comet-score --to_json`` writes, in the form of unbabel-comet 2.2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from systems import REFERENCES, SOURCES, damaged

from mt.cli import main
from mt.errors import DataError
from mt.metrics.comet import Comet

SYSTEMS = {"base.en": damaged(REFERENCES, 0.6, 1), "tuned.en": damaged(REFERENCES, 0.1, 2)}
SCORES = {"base.en": [0.5, 0.6, 0.7, 0.6, 0.5, 0.4], "tuned.en": [0.9, 0.8, 0.7, 0.8, 0.9, 1.0]}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    rows = {
        name: [
            {"src": source, "mt": text.strip(), "ref": reference, "COMET": score}
            for source, text, reference, score in zip(SOURCES, texts, REFERENCES, SCORES[name], strict=True)
        ]
        for name, texts in SYSTEMS.items()
    }
    (tmp_path / "comet.json").write_text(json.dumps(rows, ensure_ascii=False, indent=4), "utf-8")
    return tmp_path / "comet.json"


def test_scores_are_the_mean_of_the_saved_ones(written: Path) -> None:
    metric = Comet(written, references=REFERENCES, sources=SOURCES)
    for name, texts in SYSTEMS.items():
        found = metric.corpus_score([f" {text} " for text in texts])
        assert found.score == pytest.approx(100 * sum(SCORES[name]) / 6)
        assert found.segments == pytest.approx([100 * score for score in SCORES[name]])
    assert found.signature.startswith("nrefs:1|scores:comet.json|sha256:")


def test_a_model_without_references_serves_too(tmp_path: Path) -> None:
    row = {"src": SOURCES[0], "mt": "x", "COMET": 0.25}
    (tmp_path / "qe.json").write_text(json.dumps({"a": [row]}), "utf-8")
    assert Comet(tmp_path / "qe.json", references=["r"], sources=SOURCES[:1]).corpus_score(["x"]).score == 25


def test_a_segment_without_a_score_is_named(written: Path) -> None:
    metric = Comet(written, references=REFERENCES, sources=SOURCES)
    with pytest.raises(DataError, match=r"comet\.json: has no score of segment 2 of a system; run comet-score"):
        metric.corpus_score([SYSTEMS["base.en"][0], "other", *SYSTEMS["base.en"][2:]])
    # Another reference has other scores.
    with pytest.raises(DataError, match="segment 1"):
        metric.corpus_score(SYSTEMS["base.en"], ["x", *REFERENCES[1:]], sources=SOURCES)


@pytest.mark.parametrize("content", [[], {"a": 3}, {"a": [{"src": "x", "mt": "y"}]}, {"a": [{"COMET": "high"}]}])
def test_another_file_is_refused(tmp_path: Path, content: Any) -> None:
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="is not a file of comet-score; run comet-score --to_json"):
        Comet(tmp_path / "x.json")
    with pytest.raises(DataError, match="no such file; run comet-score"):
        Comet(tmp_path / "missing.json")


def test_the_command_shows_them(written: Path) -> None:
    folder = written.parent
    for name, lines in {"s": SOURCES, "r": REFERENCES, **SYSTEMS}.items():
        (folder / name).write_text("".join(line + "\n" for line in lines), "utf-8")
    arguments = ["-q", "evaluate", "-s", f"{folder}/s", "-r", f"{folder}/r", "--comet", str(written)]
    arguments += [f"--system={name[:-3]}={folder}/{name}" for name in SYSTEMS]
    result = CliRunner().invoke(main, [*arguments, "-o", f"{folder}/out", "--fail-under", "comet=80"])
    assert result.exit_code == 0, result.output
    assert "COMET: nrefs:1|scores:comet.json" in result.stdout
    found = json.loads((folder / "out/scores.json").read_text("utf-8"))
    assert found["systems"]["tuned"]["scores"]["comet"] == pytest.approx(85)
    assert set(found["significance"]["systems"]["tuned"]) >= {"comet", "bleu"}
