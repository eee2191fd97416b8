"""``mt.evaluate``, as README's users call it."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest
from sacrebleu.metrics import BLEU, CHRF
from systems import REFERENCES, SOURCES, damaged

import mt.evaluation.compare
from mt import TermSuccess, evaluate
from mt.errors import DataError
from mt.evaluation.test_sets import TestSet
from mt.metrics import Scorer

GLOSSARY = {"鲁进": "Lu Jin", "渝促会": "CUCPEB"}
DATA = {"sources": SOURCES, "references": REFERENCES}
OUTPUT = damaged(REFERENCES, 0.3, 1)


def test_the_docstring_s_example() -> None:
    assert doctest.testmod(mt.evaluation.compare).failed == 0


def test_lists_files_and_test_sets_give_the_same(tmp_path: Path) -> None:
    expected = {metric: found.score for metric, found in Scorer(REFERENCES).score(OUTPUT).items()}
    rows = [{"zh": zh, "en": en, "proper": {"鲁进": ["Lu Jin"]}} for zh, en in zip(SOURCES, REFERENCES, strict=True)]
    (tmp_path / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "out.en").write_text("".join(line + "\n" for line in OUTPUT), "utf-8")
    (tmp_path / "g.tsv").write_text("source\ttarget\n鲁进\tLu Jin\n", "utf-8")
    ways = [
        evaluate(DATA, {"x": OUTPUT}, glossary=tmp_path / "g.tsv"),
        evaluate(str(tmp_path / "set.jsonl"), {"x": tmp_path / "out.en"}),
        evaluate(TestSet(SOURCES, [REFERENCES], glossary=None), {"x": str(tmp_path / "out.en")}, glossary=GLOSSARY),
    ]
    for result in ways:
        assert {metric: result.scores["x"][metric] for metric in expected} == expected
        assert result.to_dict()["systems"]["x"]["scores"] == result.scores["x"]
        assert str(result).splitlines()[1].split()[:2] == ["x", f"{expected['bleu']:.1f}"]
    assert ways[0].scores == ways[1].scores
    assert ways[0].scores["x"]["term_accuracy"] != ways[2].scores["x"]["term_accuracy"]


def test_metrics_are_names_or_objects() -> None:
    own = TermSuccess(GLOSSARY)
    result = evaluate(DATA, {"x": OUTPUT, "y": REFERENCES}, metrics=["chrf", own, CHRF(word_order=2), BLEU()])
    assert list(result.scores["x"]) == ["chrf", "term_success", "chrf++", "bleu"]
    assert result.scores["x"]["bleu"] == BLEU().corpus_score(OUTPUT, [REFERENCES]).score
    assert result.scores["x"]["term_success"] == own.corpus_score(OUTPUT, REFERENCES, sources=SOURCES).score
    assert set(result.system("y").against) == set(result.scores["x"])
    assert "Term success" in str(result)
    assert evaluate(DATA, {"x": OUTPUT}, metrics=["chrf"]).metrics == ("chrf",)


def test_a_model_folder_with_a_mode_translates(root: Path) -> None:
    data = {"sources": ["鲁进到了成都。"], "references": ["Lu Jin came to Chengdu."]}
    model = root / "models" / "starter"
    result = evaluate(data, {"plain": model, "terms": f"{model}+hybrid"}, glossary={"鲁进": "Lu Jin"})
    assert result.scores["terms"]["term_accuracy"] == 100
    assert "translated here by" in str(result)


@pytest.mark.parametrize(
    ("data", "systems", "metrics", "message"),
    [
        ({"sources": SOURCES}, {"x": OUTPUT}, None, "the test set has sources; give sources and references"),
        ({**DATA, "refs": REFERENCES}, {"x": OUTPUT}, None, "the test set has sources, references, refs"),
        (DATA, {"x": OUTPUT[:-1]}, None, "system 'x' has 5 segments"),
        (DATA, {}, None, "no systems"),
        (DATA, {"x": "missing.txt"}, None, "missing.txt: no such file"),
        (DATA, {"x": OUTPUT}, ["blue"], "unknown metric 'blue'"),
        (DATA, {"x": OUTPUT}, ["term_success"], "term_success needs a glossary"),
        (DATA, {"x": OUTPUT}, ["bleu", BLEU()], "two metrics are called 'bleu'"),
        (DATA, {"x": OUTPUT}, [3], "3 is no metric"),
        ("missing.jsonl", {"x": OUTPUT}, None, "missing.jsonl: no such file"),
    ],
)
def test_unusable_input_is_one_line(data: object, systems: dict[str, object], metrics: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(data, systems, metrics=metrics)  # type: ignore[arg-type]
