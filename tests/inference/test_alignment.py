"""Word alignment by the model's cross-attention."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mt.errors import ModelError
from mt.inference.alignment import Aligner

HERE = Path(__file__).resolve().parent
SOURCE = "金管局表示，「聯繫匯率制度」自1983年起實施。"
TARGET = "The Linked Exchange Rate System has been in place since 1983, the HKMA said."


@pytest.fixture(scope="module")
def aligner(root: Path) -> Aligner:
    return Aligner.from_pretrained(root / "models" / "starter")


def test_links_are_spans_of_the_texts_as_given(aligner: Aligner) -> None:
    """Traditional script and a reordered translation."""
    (links,) = aligner.align([SOURCE], [TARGET])
    found = {(SOURCE[a:b], TARGET[c:d]) for a, b, c, d, _ in links}
    assert {("聯繫", "Linked"), ("匯率", "Exchange"), ("制度", "System"), ("1983", "1983")} <= {
        (source.strip("年"), target) for source, target in found
    }
    assert any(target == "HKMA" and source in "金管局" for source, target in found)
    assert all(0 < link.probability <= 1 for link in links)
    assert [link.target_start for link in links] == sorted(link.target_start for link in links)


def test_batches_change_nothing(aligner: Aligner) -> None:
    sources, targets = [SOURCE, "他走了。", SOURCE * 3], [TARGET, "He left.", " ".join([TARGET] * 3)]
    together = aligner.align(sources, targets)
    for source, target, links in zip(sources, targets, together, strict=True):
        (alone,) = aligner.align([source], [target])
        assert [link[:4] for link in alone] == [link[:4] for link in links]


def test_hand_aligned_pairs(aligner: Aligner) -> None:
    """Exact agreement of characters and words on 64 pairs; benchmarks/alignment.py gives the alignment error rate."""
    rows = [json.loads(line) for line in (HERE / "word_alignments.jsonl").read_text("utf-8").splitlines()]
    right = total = expected = 0
    for row, links in zip(rows, aligner.align([r["zh"] for r in rows], [r["en"] for r in rows]), strict=True):
        sure = {(c, w) for a, b, w, end in row["sure"] for c in range(a, b) for w in range(w, end)}
        likely = sure | {(c, w) for a, b, w, end in row["possible"] for c in range(a, b) for w in range(w, end)}
        own = {(c, w) for a, b, w, end, _ in links for c in range(a, b) for w in range(w, end)}
        right, total, expected = right + len(own & likely), total + len(own), expected + len(sure)
    assert right / total > 0.7
    assert right / expected > 0.6


def test_empty_and_uneven_input(aligner: Aligner) -> None:
    assert aligner.align([], []) == []
    assert aligner.align(["", "金管局", "。"], ["The HKMA", "", "."])[:2] == [[], []]
    with pytest.raises(ValueError, match="2 sources and 1 targets"):
        aligner.align(["一", "二"], ["one"])


def test_a_text_longer_than_the_model_takes_is_aligned_as_far_as_it_goes(aligner: Aligner) -> None:
    (links,) = aligner.align([SOURCE * 60], [" ".join([TARGET] * 60)])
    assert 0 < links[-1].target_end < len(TARGET) * 60


def test_another_model_s_heads_need_not_be_known(tiny_model: Path) -> None:
    aligner = Aligner.from_pretrained(tiny_model)
    assert aligner.heads == []
    assert aligner.align([SOURCE], [TARGET])[0]


def test_heads_that_a_model_does_not_have(tiny_model: Path) -> None:
    aligner = Aligner.from_pretrained(tiny_model)
    with pytest.raises(ModelError, match=r"no cross-attention head \(9, 0\)"):
        Aligner(aligner.model, aligner.tokenizer, [(9, 0)])
