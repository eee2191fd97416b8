"""Joined segments have the text and the terms of their parts, at the right positions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recipes.starter.corpus.joining import join_pairs
from recipes.starter.filtering.filtered_pairs import FilteredPair

_ZH = st.text("外办经验川促会成都重庆友协，", min_size=3, max_size=50)
_EN = st.lists(st.sampled_from(["office", "Chengdu", "SUCPEB", "of", "experience"]), min_size=1, max_size=9)


@st.composite
def _pairs(draw: st.DrawFn) -> FilteredPair:
    zh, words = draw(_ZH), draw(_EN)
    start = draw(st.integers(0, len(zh) - 2))
    end = draw(st.integers(start + 1, len(zh)))
    terms = ((start, end, draw(st.sampled_from(words))),) if draw(st.booleans()) else ()
    stop = draw(st.sampled_from(["。", "！", ""]))
    return FilteredPair(
        zh + stop,
        " ".join(words) + ("." if stop else ""),
        draw(st.sampled_from([-1.0, 0.5])),
        terms,
        draw(st.booleans()),
    )


@given(st.lists(_pairs(), max_size=40), st.integers(0, 5))
def test_parts_terms_and_order_are_kept(pairs: list[FilteredPair], seed: int) -> None:
    usable = [pair for pair in pairs if pair.domain >= 0 and not pair.annotated_only and pair.zh[-1] in "。！"]
    joined = list(join_pairs(pairs, near=0.0, seed=seed))
    assert joined == list(join_pairs(pairs, near=0.0, seed=seed))
    everything = "".join(pair.zh for pair in usable)
    place = 0
    for segment in joined:
        place = everything.index(segment.zh, place) + len(segment.zh)
        assert 40 <= len(segment.zh) <= 120 + 51
        assert segment.zh.count("。") + segment.zh.count("！") == segment.en.count(".") >= 2
        terms = {(pair.zh[start:end], target) for pair in usable for start, end, target in pair.terms}
        for start, end, target in segment.terms:
            assert (segment.zh[start:end], target) in terms
            assert segment.en.count(target) == 1


def test_two_sentences_become_one_segment_with_the_terms_of_both() -> None:
    first = FilteredPair("川促会的经验在成都交流。" * 2, "SUCPEB shared experience.", 0.2, ((0, 3, "SUCPEB"),))
    second = FilteredPair(
        "友协在重庆开会，" * 12 + "结束。", "The association met in Chongqing.", 0.4, ((3, 5, "Chongqing"),)
    )
    far = FilteredPair("太初有道。", "In the beginning was the Word.", -2.0)
    (segment,) = join_pairs([first, far, second], near=0.0, seed=1)
    assert segment.zh == first.zh + second.zh
    assert segment.en == "SUCPEB shared experience. The association met in Chongqing."
    assert [(segment.zh[start:end], target) for start, end, target in segment.terms] == [
        ("川促会", "SUCPEB"), ("重庆", "Chongqing"),
    ]  # fmt: skip
