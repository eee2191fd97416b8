from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from systems import REFERENCES, SOURCES, damaged

from mt.errors import DataError
from mt.evaluation.json_lines import read_segments
from mt.metrics.corpus_scores import METRICS, Scorer

_COMMAND_METRICS = {
    "bleu": ["-m", "bleu"],
    "chrf++": ["-m", "chrf", "--chrf-word-order", "2"],
    "chrf": ["-m", "chrf"],
    "ter": ["-m", "ter"],
}


def sacrebleu_command(folder: Path, hypotheses: list[str], references: list[list[str]], metric: str) -> dict[str, str]:
    """What the ``sacrebleu`` command itself prints, as JSON with 10 decimals."""
    (folder / "hypothesis.txt").write_text("\n".join(hypotheses) + "\n", "utf-8")
    paths = []
    for number, reference in enumerate(references):
        paths.append(folder / f"reference{number}.txt")
        paths[-1].write_text("\n".join(reference) + "\n", "utf-8")
    arguments = [*map(str, paths), "-i", str(folder / "hypothesis.txt"), "-w", "10", *_COMMAND_METRICS[metric]]
    done = subprocess.run(
        [sys.executable, "-m", "sacrebleu", *arguments], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("metric", METRICS)
def test_same_score_and_signature_as_sacrebleu_command(tmp_path: Path, metric: str) -> None:
    hypotheses = damaged(REFERENCES, 0.3, seed=1)
    theirs = sacrebleu_command(tmp_path, hypotheses, [REFERENCES], metric)
    ours = Scorer(REFERENCES, [metric]).score(hypotheses)[metric]
    assert ours.score == pytest.approx(float(theirs["score"]), abs=1e-9)
    assert 0 < ours.score < 100
    assert ours.signature == theirs["signature"]


@pytest.mark.parametrize("metric", ["bleu", "ter"])
def test_several_references_as_sacrebleu_command(tmp_path: Path, metric: str) -> None:
    second = damaged(REFERENCES, 0.2, seed=5)
    hypotheses = damaged(REFERENCES, 0.3, seed=1)
    theirs = sacrebleu_command(tmp_path, hypotheses, [REFERENCES, second], metric)
    ours = Scorer([REFERENCES, second], [metric]).score(hypotheses)[metric]
    assert ours.score == pytest.approx(float(theirs["score"]), abs=1e-9)
    assert ours.signature == theirs["signature"]
    assert "nrefs:2" in ours.signature


@pytest.mark.shared
@pytest.mark.parametrize("metric", METRICS)
def test_news_as_sacrebleu_command(tmp_path: Path, shared: Path, metric: str) -> None:
    references = read_segments(shared / "testsets/wmt-news/wmt2020.en")[:150]
    hypotheses = damaged(references, 0.3, seed=2)
    theirs = sacrebleu_command(tmp_path, hypotheses, [references], metric)
    ours = Scorer(references, [metric]).score(hypotheses)[metric]
    assert ours.score == pytest.approx(float(theirs["score"]), abs=1e-9)
    assert ours.signature == theirs["signature"]


def test_segment_scores_are_those_of_sacrebleu() -> None:
    from sacrebleu.metrics import BLEU, CHRF, TER

    hypotheses = [*damaged(REFERENCES[:-1], 0.3, seed=3), ""]
    ours = Scorer(REFERENCES).score(hypotheses)
    single = {"bleu": BLEU(effective_order=True), "chrf++": CHRF(word_order=2), "chrf": CHRF(), "ter": TER()}
    for metric, scorer in single.items():
        expected = [scorer.sentence_score(h, [r]).score for h, r in zip(hypotheses, REFERENCES, strict=True)]
        assert ours[metric].segments == pytest.approx(expected)


def test_reference_against_itself_is_perfect() -> None:
    scores = Scorer(REFERENCES).score(REFERENCES)
    assert [scores[metric].score for metric in METRICS] == pytest.approx([100, 100, 100, 0])


def test_one_scorer_for_many_systems() -> None:
    scorer = Scorer(REFERENCES)
    for seed in range(3):
        hypotheses = damaged(REFERENCES, 0.4, seed)
        for metric, found in scorer.score(hypotheses).items():
            assert found.score == pytest.approx(Scorer(REFERENCES, [metric]).score(hypotheses)[metric].score)


def test_unequal_lengths_are_refused_with_both_counts() -> None:
    with pytest.raises(DataError, match="hypotheses has 5 segments, the reference 6"):
        Scorer(REFERENCES).score(REFERENCES[:-1])
    with pytest.raises(DataError, match="reference 2 has 1 segments"):
        Scorer([REFERENCES, REFERENCES[:1]])


@pytest.mark.parametrize("references", [[], [[]], "one string", ["a", ["b"]]])
def test_unusable_references_are_refused(references: object) -> None:
    with pytest.raises(DataError):
        Scorer(references)  # type: ignore[arg-type]


def test_string_instead_of_list_is_refused() -> None:
    with pytest.raises(DataError, match="is one string"):
        Scorer(["a", "b"]).score("ab")


def test_unknown_metric_is_refused() -> None:
    with pytest.raises(DataError, match="unknown metric 'comet'"):
        Scorer(REFERENCES, ["comet"])


def test_sources_and_references_of_these_tests_match() -> None:
    assert len(SOURCES) == len(REFERENCES)
