from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import DataError
from recipes.starter.filtering.duplicates import Duplicates
from recipes.starter.filtering.held_out import HeldOut


def test_duplicates_are_told_apart() -> None:
    seen = Duplicates(most_copies=2)
    zh, en = (
        "他本来不该那么做，但他考虑不周到，再说他是打算还钱的。",
        "He shouldn't have done it, but he meant to pay the money.",
    )
    assert seen.reason(zh, en) is None
    assert seen.reason(zh, en.upper() + "!") == "repeated"
    assert seen.reason(zh.replace("那么做", "这么做"), en) == "near-duplicate"
    assert seen.reason("今天天气很好，我们去公园散步。", "The weather is fine today; let us walk in the park.") is None
    assert seen.reason("他不应该做这件事情。", en) is None
    assert seen.reason("完全是另外一句话。", en) == "side repeated"


@given(st.lists(st.tuples(st.sampled_from("甲乙丙丁"), st.sampled_from("abcd")), max_size=30))
def test_no_side_comes_more_often_than_allowed(pairs: list[tuple[str, str]]) -> None:
    seen = Duplicates(most_copies=2)
    kept = [pair for pair in pairs if seen.reason(*pair) is None]
    assert len(set(kept)) == len(kept)
    for side in (0, 1):
        texts = [pair[side] for pair in kept]
        assert all(texts.count(text) <= 2 for text in texts)


def test_held_out_segments_are_found_on_either_side(tmp_path: Path) -> None:
    path = tmp_path / "test.tsv"
    path.write_text("d1\t各位代表，现在报告工作。\tFellow deputies, I will now report on the work.\n", "utf-8")
    held_out = HeldOut.load([path])
    assert held_out.reason("各位代表现在报告工作", "Quite another text") == "test segment"
    assert held_out.reason("另外一句话", "fellow DEPUTIES i will now report on the work") == "test segment"
    assert held_out.reason("各位代表", "Fellow deputies") is None
    with pytest.raises(DataError, match=r"no such file; correct filter\.held_out"):
        HeldOut.load([tmp_path / "absent"])
