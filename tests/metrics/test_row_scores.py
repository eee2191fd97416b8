"""Rows scored as arrays against sacrebleu's own function of one row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF, TER
from systems import REFERENCES, damaged

from mt.metrics.corpus_scores import METRICS, Scorer
from mt.metrics.row_scores import rows_scorer, share

BLEUS = [BLEU(), BLEU(effective_order=True), BLEU(max_ngram_order=2)]
CHRFS = [CHRF(), CHRF(word_order=2), CHRF(word_order=1, beta=3)]
# These have no arrays and go the slow way.
OTHERS = [BLEU(smooth_method="floor"), BLEU(smooth_method="none"), CHRF(eps_smoothing=True)]


def expected(scorer: Any, rows: np.ndarray) -> list[float]:
    return [float(scorer._compute_score_from_stats(row).score) for row in rows.tolist()]


def same(scorer: Any, rows: np.ndarray) -> None:
    assert rows_scorer(scorer)(rows).tolist() == pytest.approx(expected(scorer, rows), rel=1e-13, abs=0)


def bleu_row(draw: st.DrawFn, orders: int) -> list[float]:
    words = draw(st.integers(0, 30))
    total = [max(0, words - draw(st.integers(0, 3)) * place) for place in range(orders)]
    correct = [draw(st.integers(0, count)) for count in total]
    return [words, draw(st.integers(0, 40)), *correct, *total]


def chrf_row(draw: st.DrawFn, orders: int) -> list[float]:
    row: list[float] = []
    for _ in range(orders):
        hypothesis, reference = draw(st.integers(0, 50)), draw(st.integers(0, 50))
        row += [hypothesis, reference, draw(st.integers(0, min(hypothesis, reference)))]
    return row


@pytest.mark.parametrize("scorer", [*BLEUS, OTHERS[0], OTHERS[1]])
@settings(deadline=None)
@given(data=st.data())
def test_bleu_of_any_counts(scorer: BLEU, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.composite(bleu_row)(scorer.max_ngram_order), min_size=1, max_size=5))
    same(scorer, np.array(rows, np.float64))


@pytest.mark.parametrize("scorer", [*CHRFS, OTHERS[2]])
@settings(deadline=None)
@given(data=st.data())
def test_chrf_of_any_counts(scorer: CHRF, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.composite(chrf_row)(scorer.order), min_size=1, max_size=5))
    same(scorer, np.array(rows, np.float64))


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0, 1 / 3, 1.5, 7, 30])), min_size=1))
def test_ter_and_shares_of_any_counts(rows: list[tuple[int, float]]) -> None:
    table = np.array(rows, np.float64)
    same(TER(), table)
    # A loss is negative.
    table[:, 0] -= 15
    assert share(table).tolist() == [share(row) for row in table.tolist()]


@pytest.mark.parametrize("references", [[REFERENCES], [REFERENCES, damaged(REFERENCES, 0.3, 9)]])
def test_segments_and_samples_of_real_text(references: list[list[str]]) -> None:
    hypotheses = ["", *damaged(REFERENCES[1:-1], 0.5, 3), REFERENCES[-1]]
    scorer = Scorer(references, METRICS)
    counts = np.random.default_rng(1).integers(0, 3, (50, len(hypotheses))).astype(np.float64)
    counts[0] = 0
    for key, score in scorer.score(hypotheses).items():
        metric = scorer.metrics[key]
        same(metric, score.statistics)
        same(metric, counts @ score.statistics)
        assert score.score_rows(counts @ score.statistics).tolist() == pytest.approx(
            expected(metric, counts @ score.statistics), rel=1e-13
        )
