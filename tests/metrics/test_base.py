"""What we use of sacrebleu beyond its documented interface; pyproject.toml pins the releases this was checked with."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sacrebleu.metrics import BLEU, CHRF, TER, lib_ter
from sacrebleu.metrics.base import Metric, Score, Signature


def test_sacrebleus_internals_are_there() -> None:
    for name in ("_extract_corpus_statistics", "_aggregate_and_compute", "_compute_score_from_stats"):
        assert callable(getattr(Metric, name))
    for metric in (BLEU, CHRF, TER):
        assert callable(metric._compute_segment_statistics)
        made = metric(references=[["a b"]])
        assert made._ref_cache == made._cache_references([["a b"]])
    assert Score("x", 1.0)._verbose == ""
    assert Signature({"num_refs": 1})._abbr["nrefs"] == "#"
    for name in (
        "_BEAM_WIDTH", "_MAX_SHIFT_CANDIDATES", "_MAX_SHIFT_DIST", "_MAX_SHIFT_SIZE", "_OP_DEL", "_OP_INS", "_OP_NOP",
        "_OP_SUB", "_perform_shift", "trace_to_alignment",
    ):  # fmt: skip
        assert hasattr(lib_ter, name)


def test_the_release_is_pinned(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert any(name.startswith("sacrebleu>=2.5,<") for name in project["dependencies"])
