"""The published scores of the WMT25 terminology task, track 2, from the submissions themselves.

Needs a checkout of https://github.com/wmt-conference/wmt25-terminology, which stays outside this tree:

    WMT25_TERMINOLOGY=…/wmt25-terminology .venv/bin/python -m pytest tests/metrics/test_wmt25_published.py

Scores are published for all years of a direction together.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mt.evaluation.test_sets import glossaries_of, read_test_set
from mt.metrics.corpus_scores import Scorer
from mt.metrics.term_metric import TermCorpus
from mt.metrics.terms import TermScores

_FOLDER = Path(os.environ.get("WMT25_TERMINOLOGY", "")) / "ranking"
_YEARS = range(2016, 2025, 2)

pytestmark = pytest.mark.skipif(
    not os.environ.get("WMT25_TERMINOLOGY"), reason="WMT25_TERMINOLOGY names no checkout of the task's repository"
)


def test_published_scores_of_all_systems() -> None:
    data = read_test_set([_FOLDER / f"references/track2/full_data_{year}.jsonl" for year in _YEARS], unit="document")
    own = {name: data.dictionaries[name] for name in ("proper", "random")}
    scorer = Scorer(data.streams, ("bleu", "chrf++"))
    corpus = TermCorpus(data.streams, data.sources, glossaries_of([{}] * len(data.sources)), dictionaries=own)
    published = json.loads((_FOLDER / "metric_track2/track2_score_dict.json").read_text("utf-8"))["zhen"]
    compared = 0
    assert set(published) == {"noterm", "proper", "random"}
    for mode, systems in published.items():
        for name, scores_published in systems.items():
            # Systems that take no terms have scores without terms only.
            if not scores_published:
                continue
            start = _FOLDER / f"submissions/track2/{name}"
            output = data.read_system([start / f"{name}.{year}.zhen.{mode}.jsonl" for year in _YEARS])
            scores = scorer.score(output)
            success = TermScores(corpus, output).details["success_by_dictionary"]
            found = {
                "bleu4": scores["bleu"].score,
                "chrf2++": scores["chrf++"].score,
                "proper_term_success_rate": success["proper"] / 100,
                "random_term_success_rate": success["random"] / 100,
            }
            assert found == pytest.approx({key: scores_published[key] for key in found}, abs=1e-6), (mode, name)
            compared += len(found)
    assert compared == 4 * (3 * 5 + 2)
