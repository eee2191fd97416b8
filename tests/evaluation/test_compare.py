from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from systems import REFERENCES, SOURCES, damaged

from mt.errors import DataError
from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.gates import Threshold, failed_thresholds, parse_threshold, worse_than_baseline
from mt.evaluation.report.outputs import write
from mt.evaluation.report.render import render_html
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet
from mt.glossary.glossary import Glossary
from mt.metrics.corpus_scores import Scorer

GLOSSARY = Glossary.from_pairs(
    [("鲁进", "Lu Jin"), ("秘书长", "secretary-general"), ("走出去", "going global"), ("渝促会", "CUCPEB")]
)
SYSTEMS = {"base": damaged(REFERENCES, 0.6, 1), "tuned": damaged(REFERENCES, 0.2, 2), "copy": REFERENCES}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    options = ComparisonOptions(
        labels={"tuned": "trained on this text", "copy": "the reference itself"},
        resampling=Resampling(100, 1000),
        title="Six segments",
    )
    return compare(TestSet(SOURCES, REFERENCES, ["a"] * 3 + ["b"] * 3, glossary=GLOSSARY), SYSTEMS, options)


@pytest.fixture(scope="module")
def large() -> Comparison:
    """Enough segments for significance: the six, thirty times over."""
    references = REFERENCES * 30
    systems = {
        "base": damaged(references, 0.30, 1),
        "like": damaged(references, 0.30, 2),
        "good": damaged(references, 0.10, 3),
        "bad": damaged(references, 0.60, 4),
    }
    options = ComparisonOptions(resampling=Resampling(100, 1000))
    return compare(TestSet(SOURCES * 30, references, glossary=GLOSSARY), systems, options)


def test_scores_are_those_of_the_metrics(comparison: Comparison) -> None:
    for name, hypotheses in SYSTEMS.items():
        expected = Scorer(REFERENCES).score(hypotheses)
        for metric, found in expected.items():
            assert comparison.scores[name][metric] == found.score
            assert comparison.signatures[metric] == found.signature
    assert comparison.baseline == "base"


def test_documents_are_scored_alone(comparison: Comparison) -> None:
    found = comparison.by_document()
    assert list(found) == ["a", "b"]
    for document, rows in (("a", slice(0, 3)), ("b", slice(3, 6))):
        for name, hypotheses in SYSTEMS.items():
            for metric, expected in Scorer(REFERENCES[rows]).score(hypotheses[rows]).items():
                assert found[document][name][metric] == pytest.approx(expected.score)
    # Of the terms 渝促会 alone is missed by the reference, and it occurs in the second document.
    assert [found[document]["copy"]["term_accuracy"] for document in "ab"] == [100, 50]
    assert comparison.to_dict()["documents"] == found


def test_without_glossary_there_are_no_term_scores(tmp_path: Path) -> None:
    plain = compare(TestSet(SOURCES, REFERENCES), {"copy": REFERENCES})
    write(plain, tmp_path)
    scores = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert set(scores["reference"]) == {"checks"}
    assert "term_success" not in scores["systems"]["copy"]["scores"]
    assert scores["significance"]["systems"] == {}
    assert "Term accuracy" not in (tmp_path / "report.html").read_text("utf-8")


def test_verdicts_need_both_tests(large: Comparison) -> None:
    scores = large.to_dict()["significance"]["systems"]
    assert {name: scores[name]["chrf++"]["verdict"] for name in scores} == {
        "like": "same",
        "good": "better",
        "bad": "worse",
    }
    # TER counts errors: its fall is the better.
    assert scores["good"]["ter"]["difference"] < 0
    assert scores["good"]["ter"]["verdict"] == "better"
    assert scores["good"]["chrf++"]["randomisation_p_holm"] >= scores["good"]["chrf++"]["randomisation_p"]


def test_gates(large: Comparison) -> None:
    assert [line.split(":")[0] for line in worse_than_baseline(large)] == ["bad"] * len(worse_than_baseline(large))
    assert any("bad: bleu" in line for line in worse_than_baseline(large))
    good = large.scores["good"]["bleu"]
    assert good is not None
    assert failed_thresholds(large, [Threshold("bleu", good - 1, "good")]) == []
    assert failed_thresholds(large, [Threshold("bleu", good + 1, "good")]) == [
        f"good: bleu {good:.2f} is under {good + 1:g}"
    ]
    # Without a name every system but the baseline is held to it; TER fails above.
    assert [line.split(":")[0] for line in failed_thresholds(large, [Threshold("ter", 30)])] == ["bad"]


def test_a_gate_that_nothing_can_fail_fails(comparison: Comparison) -> None:
    assert worse_than_baseline(comparison) == [
        "cannot tell whether any system is worse than base: 6 segments are too few, 100 are needed"
    ]
    alone = compare(TestSet(SOURCES, REFERENCES), {"base": REFERENCES})
    assert worse_than_baseline(alone) == ["cannot tell whether any system is worse than base: there is no other system"]


def test_a_score_that_cannot_be_measured_fails_its_gate() -> None:
    nothing = compare(TestSet(["天气"], ["weather"], glossary=GLOSSARY), {"copy": ["weather"]})
    assert failed_thresholds(nothing, [Threshold("term_success", 0)]) == ["copy: term_success could not be measured"]
    with pytest.raises(DataError, match="not measured; give a glossary"):
        failed_thresholds(
            compare(TestSet(["天气"], ["weather"]), {"copy": ["weather"]}), [Threshold("term_success", 0)]
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("term_success=95", Threshold("term_success", 95)),
        ("tuned:chrf++=40.5", Threshold("chrf++", 40.5, "tuned")),
        ("a=b:c:bleu=1", Threshold("bleu", 1, "a=b:c")),
        ("ter=110", Threshold("ter", 110)),
    ],
)
def test_thresholds_are_read(text: str, expected: Threshold) -> None:
    assert parse_threshold(text) == expected


@pytest.mark.parametrize(
    "text", ["bleu", "=3", "bleu=", "bleu=high", "blue=3", "bleu=101", "bleu=nan", "ter=inf", "a:=3"]
)
def test_thresholds_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_threshold(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sources": SOURCES[:-1]}, "source has 5 segments"),
        ({"references": [REFERENCES, REFERENCES[:-1]]}, "reference 2 has 5 segments"),
        ({"systems": {"base": REFERENCES[:-1]}}, "system 'base' has 5 segments"),
        ({"systems": {}}, "no systems"),
        ({"documents": ["d"]}, "documents has 1 segments"),
        ({"ids": ["d"]}, "ids has 1 segments"),
        ({"baseline": "other"}, "baseline: no system 'other'"),
        ({"labels": {"other": "x"}}, "label: no system 'other'"),
        ({"samples": 0}, "0 bootstrap samples"),
        ({"systems": {"base": ["\ud800", *REFERENCES[1:]]}}, "lone surrogate"),
        ({"systems": {"base": [None, *REFERENCES[1:]]}}, "contains NoneType, not text"),
    ],
)
def test_unusable_input_is_refused(change: dict[str, Any], message: str) -> None:
    given = {"sources": SOURCES, "references": REFERENCES, "systems": {"base": REFERENCES}, "samples": 100} | change
    systems, samples = given.pop("systems"), given.pop("samples")
    named = {name: given.pop(name) for name in ("baseline", "labels") if name in given}
    with pytest.raises(DataError, match=message):
        compare(TestSet(**given), systems, ComparisonOptions(**named, resampling=Resampling(samples)))  # type: ignore[arg-type]


def test_empty_translations_are_noted() -> None:
    notes = compare(TestSet(SOURCES, REFERENCES), {"base": ["", "  ", *REFERENCES[2:]]}).notes
    assert "base: 2 of 6 translations are empty." in notes


def test_checks_are_in_the_outputs() -> None:
    comparison = compare(TestSet(SOURCES, REFERENCES), {"loop": ["so so so so"] * 6})
    assert comparison.system("loop").checks["repetition"] == 100
    assert comparison.to_dict()["systems"]["loop"]["checks"]["repetition"] == 100
    assert comparison.to_dict()["reference"]["checks"]["repetition"] == 0
    row = '<th scope="row">segments that repeat a phrase three times in a row</th><td>0.0</td><td>100.0</td>'
    assert row in render_html(comparison)
