"""The files an evaluation writes: what machines read from them, and that nothing breaks out of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from systems import REFERENCES, SOURCES, damaged

from mt.errors import UserError
from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.report.outputs import write
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet
from mt.glossary.glossary import Glossary
from mt.metrics.terms import TERM_METRICS

GLOSSARY = Glossary.from_pairs(
    [("鲁进", "Lu Jin"), ("秘书长", "secretary-general"), ("走出去", "going global"), ("渝促会", "CUCPEB")]
)
SYSTEMS = {"base": damaged(REFERENCES, 0.6, 1), "tuned": damaged(REFERENCES, 0.2, 2), "copy": REFERENCES}

METRICS = {"bleu", "chrf++", "chrf", "ter", *TERM_METRICS}
CHECKS = {"missing_numbers", "untranslated", "repetition", "too_short", "too_long", "empty"}
PART = {"terms", "terms_met", "terms_total", "term_accuracy", "term_success"}
TERMS = {
    "terms_met": int,
    "terms_total": int,
    "mention_policy": {"first", "later", "mentions"},
    "success_by_dictionary": {"proper"},
    "seen": PART,
    "unseen": PART,
}
TEST = {
    "baseline_score", "score", "difference", "ci_low", "ci_high", "bootstrap_p", "randomisation_p",
    "randomisation_p_holm", "segments", "lower_is_better", "verdict",
}  # fmt: skip
PAIR = {"first", "second", "difference", "bootstrap_p", "randomisation_p", "randomisation_p_holm"}
# The keys of scores.json. A set, or a dict, lists all keys; ... stands for the names of systems, metrics or documents.
SCORES_JSON: dict[str, Any] = {
    "title": str,
    "systems": {...: {"label": str, "scores": METRICS, **TERMS, "checks": CHECKS, "sha256": str}},
    "reference": {"scores": set(TERM_METRICS), **TERMS, "checks": CHECKS},
    "signatures": METRICS,
    "significance": {"baseline": str, "alpha": float, "min_segments": int, "systems": {...: {...: TEST}}},
    "ranking": {...: {"ranks": {...: {"low", "high", "cluster"}}, "pairs": [PAIR]}},
    "test_set": {"sha256": str, "segments": int, "documents": int, "references": int},
    "documents": {...: {...: {"bleu", "chrf++", "chrf", "ter", "term_accuracy"}}},
    "glossary": {"path", "terms", "sha256"},
    "seed": int,
    "bootstrap_samples": int,
    "notes": [str],
    "versions": {"sacrebleu"},
}


def check_keys(value: Any, expected: Any, place: str = "scores.json") -> None:
    if isinstance(expected, set):
        assert set(value) == expected, place
    elif isinstance(expected, list):
        assert value, place
        for item in value:
            check_keys(item, expected[0], place)
    elif isinstance(expected, dict) and ... in expected:
        assert value, place
        for key, item in value.items():
            check_keys(item, expected[...], f"{place}.{key}")
    elif isinstance(expected, dict):
        assert set(value) == set(expected), place
        for key, item in value.items():
            check_keys(item, expected[key], f"{place}.{key}")
    elif expected is not None:
        assert isinstance(value, expected), place


def test_the_keys_of_scores_json() -> None:
    size = 20
    systems = {name: damaged(REFERENCES * size, 0.2 * n, n) for n, name in enumerate(("a", "b", "c"), 1)}
    test_set = TestSet(
        SOURCES * size,
        REFERENCES * size,
        documents=[f"d{number}" for number in range(6 * size)],
        glossary=GLOSSARY,
        dictionaries={"proper": [{"鲁进": ["Lu Jin"]}] * 6 * size},
    )
    options = ComparisonOptions(labels={"a": "one"}, seen=frozenset({"鲁进"}), resampling=Resampling(20, 200))
    written = json.loads(json.dumps(compare(test_set, systems, options).to_dict()))
    check_keys(written, SCORES_JSON)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    options = ComparisonOptions(
        labels={"tuned": "trained on this text", "copy": "the reference itself"},
        resampling=Resampling(100, 1000),
        title="Six segments",
    )
    return compare(TestSet(SOURCES, REFERENCES, ["a"] * 3 + ["b"] * 3, glossary=GLOSSARY), SYSTEMS, options)


def test_written_files_hold_everything(comparison: Comparison, tmp_path: Path) -> None:
    report = write(comparison, tmp_path / "out")
    assert report == tmp_path / "out/report.html"
    assert {path.name for path in report.parent.iterdir()} == {
        ".zhen-mt.json", "report.html", "scores.json", "segments.jsonl",
    }  # fmt: skip
    scores = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))
    assert list(scores["systems"]) == list(SYSTEMS)
    for name in SYSTEMS:
        found = scores["systems"][name]["scores"]
        assert {"bleu", "chrf", "chrf++", "ter", "term_success", "term_accuracy"} <= set(found)
        assert 0 <= found["term_accuracy"] <= 100
    assert scores["systems"]["copy"]["terms_met"] == scores["reference"]["terms_met"] == 5
    assert scores["reference"]["scores"]["term_accuracy"] == pytest.approx(100 * 5 / 6)
    assert set(scores["significance"]["systems"]) == {"tuned", "copy"}
    test = scores["significance"]["systems"]["tuned"]["bleu"]
    assert test["verdict"] == "too few segments"
    lines = [line + "\n" for line in [*SOURCES, *REFERENCES]]
    assert scores["test_set"]["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert scores["test_set"]["segments"] == 6
    assert scores["seed"] == 1

    segments = [json.loads(line) for line in (tmp_path / "out/segments.jsonl").read_text("utf-8").splitlines()]
    assert [segment["source"] for segment in segments] == SOURCES
    assert segments[0]["systems"]["base"]["hypothesis"] == SYSTEMS["base"][0]
    term = segments[1]["reference_terms"][0]
    assert SOURCES[1][term["start"] : term["end"]] == term["source"] == "秘书长"
    assert REFERENCES[1][term["target_start"] : term["target_end"]] == "secretary-general"


def test_labels_and_the_small_sample_are_in_every_output(comparison: Comparison, tmp_path: Path) -> None:
    write(comparison, tmp_path)
    outputs = [
        path.read_text("utf-8")
        for path in tmp_path.iterdir()
        if path.name != ".zhen-mt.json" and path.suffix != ".jsonl"
    ]
    outputs.append(str(comparison))
    assert len(outputs) == 3
    for text in outputs:
        assert "trained on this text" in text
        assert "only 6 segments" in text
    assert "trained on this text" in (tmp_path / "segments.jsonl").read_text("utf-8")


def test_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        options = ComparisonOptions(resampling=Resampling(50, 500))
        write(compare(TestSet(SOURCES, REFERENCES, glossary=GLOSSARY), SYSTEMS, options), tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_unwritable_folder_is_named(comparison: Comparison, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file, not a folder") as caught:
        write(comparison, tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)


def test_json_lines_survive_readers_that_split_on_every_line_end(tmp_path: Path) -> None:
    odd = "one\u2028two\u0085three\u2029four"
    write(compare(TestSet(["天气"], [odd]), {"copy": [odd]}), tmp_path)
    (line,) = (tmp_path / "segments.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["systems"]["copy"]["hypothesis"] == odd
