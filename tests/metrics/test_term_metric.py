"""Term metrics have sacrebleu's interface."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest
from sacrebleu.significance import PairedTest
from systems import REFERENCES, SOURCES, damaged

import mt.metrics.wmt25
from mt.errors import DataError
from mt.glossary.glossary import Glossary
from mt.metrics import TermAccuracy, TermConsistency, TermSuccess
from mt.metrics.term_metric import TermCorpus, TermMetric
from mt.metrics.terms import TERM_METRICS, TermScores

GLOSSARY = {"鲁进": "Lu Jin", "向琼花": "Xiang Qionghua", "秘书长": "secretary-general", "渝促会": "CUCPEB"}
OUTPUT = damaged(REFERENCES, 0.4, 1)
METRICS: list[TermMetric] = [TermSuccess(GLOSSARY), TermAccuracy(GLOSSARY), TermConsistency(GLOSSARY)]


def test_the_docstring_s_example() -> None:
    assert doctest.testmod(mt.metrics.wmt25).failed == 0


def test_each_alone_scores_as_all_together() -> None:
    documents = ["a"] * 3 + ["b"] * 3
    corpus = TermCorpus(REFERENCES, SOURCES, Glossary.from_dict(GLOSSARY), documents)
    together = TermScores(corpus, OUTPUT)
    assert tuple(metric.key for metric in METRICS) == TERM_METRICS
    for metric in METRICS:
        found = metric.corpus_score(OUTPUT, REFERENCES, sources=SOURCES, documents=documents)
        assert found.score == together.values[metric.key]
        assert found.signature == str(metric.get_signature()) == together.scores[metric.key].signature
        assert 0 < found.score < 100


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_scores_are_formatted_as_sacrebleus(metric: TermMetric) -> None:
    score = metric.corpus_score(OUTPUT, [REFERENCES, REFERENCES], sources=SOURCES)
    assert score.format(score_only=True) == f"{score.score:.2f}"
    assert str(score).startswith(f"{metric.name} = {score.score:.2f} (")
    assert score.format(signature=score.signature).startswith(f"{metric.name}|nrefs:2|")
    written = json.loads(score.format(is_json=True, signature=score.signature))
    assert (written["nrefs"], written["version"]) == ("2", f"zhen-mt-{mt.metrics.base.version('zhen-mt')}")
    assert "#:2" in metric.get_signature().format(short=True)


def test_a_file_serves_as_glossary(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("source\ttarget\n鲁进\tLu Jin\n", "utf-8")
    score = TermAccuracy(tmp_path / "g.tsv").sentence_score("Lu Jin left", ["Lu went"], source="鲁进和鲁进")
    assert score.score == 50


def test_nothing_to_judge_is_no_score() -> None:
    score = TermSuccess(GLOSSARY).sentence_score("weather", ["weather"], source="天气")
    assert score.score is None
    assert str(score) == "TermSuccess = nan"
    assert json.loads(score.format(is_json=True, signature="nrefs:1"))["score"] is None


def test_references_are_kept_and_serve_sacrebleus_own_tests() -> None:
    metric = TermAccuracy(GLOSSARY, REFERENCES * 20, SOURCES * 20)
    first, second = OUTPUT * 20, REFERENCES * 20
    assert metric.corpus_score(first).score < metric.corpus_score(second).score
    _, results = PairedTest([("a", first), ("b", second)], {"terms": metric}, None, "bs", 200)()
    assert results["TermAccuracy"][1].p_value < 0.05
    interval = metric.corpus_score(first, n_bootstrap=100)
    assert "μ = " in str(interval)
    assert "bs:100|seed:12345" in interval.signature


def test_what_is_missing_is_named() -> None:
    metric = TermSuccess(GLOSSARY)
    with pytest.raises(DataError, match=r"TermSuccess needs the source text; give sources="):
        metric.corpus_score(OUTPUT, REFERENCES)
    with pytest.raises(DataError, match="TermSuccess has no references"):
        metric.corpus_score(OUTPUT)
    with pytest.raises(DataError, match="sources has 1 segments"):
        metric.corpus_score(OUTPUT, REFERENCES, sources=SOURCES[:1])
    with pytest.raises(DataError, match="hypotheses has 1 segments"):
        metric.corpus_score(OUTPUT[:1], REFERENCES, sources=SOURCES)
    with pytest.raises(DataError, match="documents has 1 segments"):
        metric.corpus_score(OUTPUT, REFERENCES, sources=SOURCES, documents=["d"])
