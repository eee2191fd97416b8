from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.constraints.annotate import annotate, annotated_pieces, escape_tags
from mt.models.tags import TAGS


def test_the_wanted_target_stands_beside_its_source() -> None:
    source = "川促会的成功经验值得学习。"
    assert annotate(source, [(0, 3, "SUCPEB")]) == "<term> 川促会 <trans> SUCPEB </term> 的成功经验值得学习。"


def test_terms_may_come_in_any_order_and_touch() -> None:
    assert annotate("甲乙", [(1, 2, "B"), (0, 1, "A")]) == "<term> 甲 <trans> A </term> <term> 乙 <trans> B </term>"


def test_nothing_to_annotate_changes_nothing() -> None:
    assert annotate("没有术语。", []) == "没有术语。"


@pytest.mark.parametrize("terms", [[(0, 2, "a"), (1, 3, "b")], [(1, 1, "a")], [(2, 9, "a")], [(-1, 1, "a")]])
def test_spans_that_make_no_sense_are_refused(terms: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ValueError, match="term span"):
        annotate("甲乙丙", terms)


@pytest.mark.parametrize("text", ["<term>", "a<te<term>rm>b", "<tr</term>ans>x", "<trans></term>"])
def test_text_cannot_forge_a_tag(text: str) -> None:
    assert not any(tag in escape_tags(text) for tag in TAGS)
    pieces = annotated_pieces("甲" + text + "乙", [(0, 1, text + "A")])
    assert [piece for piece in pieces if piece in TAGS] == list(TAGS)


@given(st.text(max_size=20), st.data())
def test_taking_the_annotation_out_gives_the_source_back(source: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(source)), max_size=6)))
    terms = [(a, b, data.draw(st.text("abc", min_size=1))) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    pieces = annotated_pieces(source, terms)
    kept, skipping = [], False
    for piece in pieces:
        if piece == "<trans>":
            skipping = True
        elif piece == "</term>":
            skipping = False
        elif piece != "<term>" and not skipping:
            kept.append(piece)
    assert "".join("".join(kept).split()) == "".join(without_tags(source, terms).split())


def without_tags(source: str, terms: list[tuple[int, int, str]]) -> str:
    bounds = sorted({0, len(source), *(place for start, end, _ in terms for place in (start, end))})
    return "".join(escape_tags(source[a:b]) for a, b in pairwise(bounds))
