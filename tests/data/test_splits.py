from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.config import DataConfig
from mt.data.documents import Document
from mt.data.formats import Pair
from mt.data.segments import Segment, letters, segments_of
from mt.data.splits import Assignment, assign
from mt.errors import ConfigError, DataError


def segment(document: str, paragraph: int, zh: str, en: str = "") -> Segment:
    return Segment(f"{document}-p{paragraph}-{zh}", document, paragraph, 0, zh, en or f"English of {zh}")


def folds_of(segments: list[Segment], folds: Any, max_folds: int = 100, seed: int = 1) -> Any:
    found = assign(segments, DataConfig(folds=folds, max_folds=max_folds), seed)
    return found.folds, found.drops


def parts_of(segments: list[Segment], seed: int = 1, **data: Any) -> Any:
    found = assign(segments, DataConfig(folds="none", **data), seed)
    return found.parts, found.drops


def unit_of(segments: list[Segment], folds: Any) -> str:
    return assign(segments, DataConfig(folds=folds), 1).by


def document(*pairs: tuple[str, str], aligned: bool = False) -> Document:
    return Document("d", (), tuple(Pair(zh, en) for zh, en in pairs), aligned)


def test_segments_carry_their_place() -> None:
    made = segments_of(document(("第一。第二。", "First one. Second one."), ("第三。", "Third.")))
    assert [(s.id, s.paragraph, s.sentence, s.zh, s.en) for s in made.segments] == [
        ("d-p0-s0", 0, 0, "第一。", "First one."),
        ("d-p0-s1", 0, 1, "第二。", "Second one."),
        ("d-p1-s0", 1, 0, "第三。", "Third."),
    ]


def test_aligned_pairs_are_not_split_again() -> None:
    made = segments_of(document(("第一。第二。", "First. Second."), ("第\n三。", "Third\none."), aligned=True))
    assert [(s.id, s.zh, s.en) for s in made.segments] == [
        ("d-p0-s0", "第一。第二。", "First. Second."),
        ("d-p1-s0", "第三。", "Third one."),
    ]


def test_what_is_no_translation_is_dropped_and_counted() -> None:
    long = "这是一句很长的话，说了很多很多的事情，" * 5
    made = segments_of(
        document(
            ("好。", "Good."),
            ("", "Empty."),
            ("GDP", "GDP"),
            (long, "Short."),
            ("图", "x" * 200),
            ("各位代表：", "Fellow Deputies,"),
            aligned=True,
        )
    )
    assert [(entry["id"], entry["reason"]) for entry in made.dropped] == [
        ("d-p1-s0", "empty_side"),
        ("d-p2-s0", "identical_sides"),
        ("d-p3-s0", "length_ratio"),
        ("d-p4-s0", "length_ratio"),
    ]
    assert [s.id for s in made.segments] == ["d-p0-s0", "d-p5-s0"]


def test_folds_count_paragraphs_over_all_documents() -> None:
    segments = [segment("a", 0, "一"), segment("a", 0, "二"), segment("a", 1, "三"), segment("b", 0, "四")]
    assert folds_of(segments, "paragraphs") == ([0, 0, 1, 2], {})
    assert folds_of(segments, "documents") == ([0, 0, 0, 1], {})


def test_a_sentence_of_two_folds_stays_in_the_first() -> None:
    segments = [
        segment("a", 0, "一。"),
        segment("a", 0, "一。"),
        segment("a", 1, "一"),
        segment("b", 0, "二", "ENGLISH of 一!"),
        segment("b", 1, "三"),
    ]
    folds, drops = folds_of(segments, "paragraphs")
    assert folds == [0, 0, -1, -1, 3]
    assert drops == {"duplicate_in_another_fold": 2}


def test_one_fold_is_refused() -> None:
    with pytest.raises(DataError, match=r"\[data.folds\].*at least 2 documents .* found 1; set it to auto"):
        folds_of([segment("a", 0, "一"), segment("a", 1, "二")], "documents")


def test_a_number_of_folds_keeps_documents_whole_and_balances_them() -> None:
    lengths = [9, 5, 5, 4, 4]
    segments = [
        segment(f"d{d}", line % 2, f"{d}号{line}") for d, length in enumerate(lengths) for line in range(length)
    ]
    folds, drops = folds_of(segments, 3)
    assert unit_of(segments, 3) == "documents"
    assert not drops
    assert [folds.count(fold) for fold in range(3)] == [9, 9, 9]
    for d in range(len(lengths)):
        assert len({fold for one, fold in zip(segments, folds, strict=True) if one.document == f"d{d}"}) == 1
    assert folds_of(segments, 3)[0] == folds
    equal = [segment(f"d{d}", 0, f"{d}") for d in range(12)]
    assert len({tuple(folds_of(equal, 3, seed=seed)[0]) for seed in range(5)}) > 1


def test_a_number_of_folds_falls_back_to_paragraphs() -> None:
    segments = [segment("ab"[p % 2], p, f"{p}号{line}") for p in range(6) for line in range(2)]
    folds, _ = folds_of(segments, 3)
    assert unit_of(segments, 3) == "paragraphs"
    assert sorted(folds) == [0] * 4 + [1] * 4 + [2] * 4
    for start in range(0, 12, 2):
        assert folds[start] == folds[start + 1]
    with pytest.raises(DataError, match=r"\[data.folds\]: .* needs at least 7 paragraphs .*, found 6; set it to auto"):
        folds_of(segments, 7)


def test_more_folds_than_allowed_are_refused() -> None:
    segments = [segment(f"d{d}", 0, f"{d}") for d in range(21)]
    with pytest.raises(ConfigError, match=r"\[data.folds\]: 21 folds would train 21 models; .* data.max_folds to 21"):
        folds_of(segments, "documents", max_folds=20)
    assert len(set(folds_of(segments, "documents", max_folds=21)[0])) == 21
    with pytest.raises(ConfigError, match="21 folds"):
        folds_of(segments, 21, max_folds=20)


def test_documents_are_split_whole() -> None:
    segments = [segment(f"d{number}", 0, f"{number}号{line}") for number in range(20) for line in range(3)]
    splits, drops = parts_of(segments, validation_share=0.1, test_share=0.2)
    assert [splits.count(split) for split in ("train", "validation", "test")] == [42, 6, 12]
    assert not drops
    for start in range(0, 60, 3):
        assert len(set(splits[start : start + 3])) == 1
    assert parts_of(segments, validation_share=0.1, test_share=0.2)[0] == splits
    assert parts_of(segments, seed=2, validation_share=0.1, test_share=0.2)[0] != splits


def test_too_few_documents_are_refused() -> None:
    with pytest.raises(DataError, match=r"1 document cannot be split into train and test and validation .*; set it to"):
        parts_of([segment("a", 0, "一")])
    assert parts_of([segment("a", 0, "一")], validation_share=0.0, test_share=0.0)[0] == ["train"]


SEGMENTS = st.lists(
    st.builds(
        segment,
        st.sampled_from("abcdef"),
        st.integers(0, 3),
        st.sampled_from("一二三四五六七八九十"),
        st.sampled_from(["", "x", "y", "!"]),
    ),
    min_size=1,
    max_size=40,
)


def apart(segments: list[Segment], found: Assignment) -> bool:
    """Whether no sentence, of either language, is in more than one part or fold."""
    groups: dict[object, list[Segment]] = {}
    for one, part, fold in zip(segments, found.parts, found.folds, strict=True):
        if part:
            groups.setdefault((part, fold), []).append(one)
    sides = [{s.zh for s in group} | {letters(s.en) for s in group} - {""} for group in groups.values()]
    return sum(map(len, sides)) == len(set().union(*sides))


@settings(max_examples=300, deadline=None)
@given(SEGMENTS, st.sampled_from(["auto", "none", "paragraphs", "documents", 2, 3, 5]))
def test_no_sentence_is_on_both_sides(segments: list[Segment], by: Any) -> None:
    try:
        found = assign(segments, DataConfig(folds=by, max_folds=100), 3)
    except DataError:
        return
    assert apart(segments, found)
    assert [part == "" for part in found.parts].count(True) == found.drops.total()


def many(documents: int, paragraphs: int, sentences: int = 1) -> list[Segment]:
    numbers = itertools.product(range(documents), range(paragraphs), range(sentences))
    return [Segment(f"{d}-{p}-{s}", f"d{d}", p, s, f"{d}章{p}段{s}句", f"d {d} p {p} s {s}") for d, p, s in numbers]


@pytest.mark.parametrize(
    ("segments", "how"),
    [
        (many(1, 1, 2), "1 document, 1 paragraph, 2 sentences → 2 folds of whole sentences"),
        (many(1, 5), "1 document, 5 paragraphs, 5 sentences → 5 folds of whole paragraphs"),
        (many(1, 3, 2), "1 document, 3 paragraphs, 6 sentences → 3 folds of whole paragraphs"),
        (many(2, 4), "2 documents, 8 paragraphs, 8 sentences → 5 folds of whole paragraphs"),
        (many(2, 1), "2 documents, 2 paragraphs, 2 sentences → 2 folds of whole paragraphs"),
        (many(3, 1), "3 documents, 3 paragraphs, 3 sentences → 3 folds of whole documents"),
        (many(6, 2), "6 documents, 12 paragraphs, 12 sentences → 5 folds of whole documents"),
        (many(19, 20), "19 documents, 380 paragraphs, 380 sentences → 5 folds of whole documents"),
        (many(40, 1), "40 documents, 40 paragraphs, 40 sentences → holds out documents for validation and test"),
        (many(1, 200), "1 document, 200 paragraphs, 200 sentences → holds out paragraphs for validation and test"),
    ],
)
def test_auto_chooses_by_what_there_is(segments: list[Segment], how: str) -> None:
    found = assign(segments, DataConfig(), 1)
    assert found.how.startswith(f"data.folds auto: {how}")
    assert apart(segments, found)
    assert not found.drops


def test_auto_takes_smaller_pieces_where_documents_share_sentences() -> None:
    segments = [segment(d, p, f"{d}{p}") for d in "abc" for p in range(2)] + [segment(d, 5, "同") for d in "abc"]
    assert unit_of(segments, "auto") == "documents"
    repeated = [segment(d, p, f"{p}") for d in "abc" for p in range(3)]
    found = assign(repeated, DataConfig(), 1)
    assert (found.by, sorted(set(found.folds))) == ("paragraphs", [-1, 0, 1, 2])


def test_auto_holds_nothing_out_where_the_shares_are_0() -> None:
    found = assign(many(1, 3), DataConfig(validation_share=0.0, test_share=0.0), 1)
    assert set(found.parts) == {"train"}
    assert "holds nothing out (the shares are 0)" in found.how
    found = assign(many(3, 3), DataConfig(test_share=0.0), 1)
    assert (found.parts.count("validation"), found.parts.count("test"), found.by) == (3, 0, "documents")


def test_a_single_segment_cannot_be_held_out() -> None:
    with pytest.raises(DataError, match=r"1 segment .* too few .*; add documents, or set data.validation_share=0 data"):
        assign(many(1, 1), DataConfig(), 1)
