from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.data.alignment.align import Bead, align_sentences
from mt.data.alignment.anchors import find_anchors
from mt.data.formats import read_two_blocks
from mt.data.pairs import ReadLog
from mt.text.normalise import clean_chinese, clean_english
from mt.text.sentences import split_sentences

SEED = Path(__file__).parents[3] / "seeds" / "raw" / "000_719ee97b54b7de9c.txt"


def shape(bead: Bead) -> tuple[int, int]:
    return bead.zh_end - bead.zh_start, bead.en_end - bead.en_start


def test_seed_beads_are_translations_of_each_other() -> None:
    """Read by eye: the first and last words of every bead, Chinese and English."""
    beads = []
    for pair in read_two_blocks(SEED, ReadLog()):
        zh = split_sentences(clean_chinese(pair.zh)[0], "zh")
        en = split_sentences(clean_english(pair.en)[0], "en")
        for bead in align_sentences(zh, en):
            source = "".join(zh[bead.zh_start : bead.zh_end])
            target = " ".join(en[bead.en_start : bead.en_end])
            beads.append((shape(bead), source[:6], source[-6:], target[:20], target[-20:]))
    assert beads == [
        ((1, 2), "6月3日至4", "经济圈建设。", "On June 3rd and 4th,", "ing Economic Circle."),
        ((1, 1), "鲁进听取了四", "作有关情况。", "Mr. Lu Jin, upon lis", 'ions "going global".'),
        ((1, 3), "他表示，川促", "强沟通交流。", "He held that the FAO", "nterpart in Sichuan."),
        ((1, 1), "此外，鲁进还", "开深入交流。", "Also, Mr. Lu Jin and", "le in joint efforts."),
        ((1, 2), "双方一致同意", "间外事力量。", "Both agreed to furth", "eas to a new height."),
    ]


def test_one_sentence_is_one_bead() -> None:
    assert align_sentences(["一。"], ["One.", "Two.", "Three.", "Four.", "Five.", "Six."]) == [Bead(0, 1, 0, 6)]
    assert align_sentences(["一。"], []) == [Bead(0, 1, 0, 0)]
    assert align_sentences([], []) == []


def test_lengths_decide_where_nothing_else_does() -> None:
    zh = ["短。", "这一句话则要长得多，因为它说了许多事情，一件接着一件，没有尽头。", "完。"]
    en = [
        "Short.",
        "This one is much longer, since it speaks of many things.",
        "One comes after the other without end in sight, and on it goes.",
        "End.",
    ]
    assert align_sentences(zh, en) == [Bead(0, 1, 0, 1), Bead(1, 2, 1, 3), Bead(2, 3, 3, 4)]


def test_anchors_decide_between_equal_lengths() -> None:
    """By length alone either neighbour could take the middle sentence; the number says which."""
    zh = ["他们就合作交换了意见并达成共识。", "会议于2019年举行并取得了成功。"]
    en = ["They exchanged views on cooperation and agreed.", "It was so in 2019.", "The meeting was successful then."]
    assert align_sentences(zh, en) == [Bead(0, 1, 0, 1), Bead(1, 2, 1, 3)]
    swapped = ["他们于2019年交换了意见并达成共识。", "会议如期举行并且取得了圆满成功。"]
    assert align_sentences(swapped, en) == [Bead(0, 1, 0, 2), Bead(1, 2, 2, 3)]


def test_anchors_are_numbers_latin_words_names_and_quotations() -> None:
    zh = ["鲁进于6月3日到成都。", "增长101.6万亿元，1200万人用GDP。", "吕洲说“走出去”。", "重庆。重庆。", "重庆。"]
    en = [
        "On June 3, Lu Jin came to Chengdu.",
        "GDP rose by 101.6 trillion yuan for 12 million.",
        'Lu Zhou said "going global".',
        "Chongqing.",
        "x",
    ]
    keys = {anchor.key: (anchor.zh, anchor.en) for anchor in find_anchors(zh, en)}
    assert keys == {
        ("name", "Chengdu"): (0, 0),
        ("name", "Lu Jin"): (0, 0),
        ("name", "Lu Zhou"): (2, 2),
        ("number", "month 6"): (0, 0),
        ("number", "3"): (0, 0),
        ("number", "1.016e+14"): (1, 1),
        ("number", "12000000"): (1, 1),
        ("latin", "gdp"): (1, 1),
        ("quotation", ""): (2, 2),
    }  # 重庆 stands in two sentences and is no anchor


def test_a_sentence_left_out_stands_alone() -> None:
    zh = [
        "他于2019年到重庆。",
        "会议在北京举行。",
        "这一段译文里没有，因为译者把它整个略去了，一个字也没有留下。",
        "GDP增长3.5%。",
        "李克强出席。",
    ]
    en = [
        "He came to Chongqing in 2019.",
        "The meeting was in Beijing.",
        "GDP grew by 3.5 percent.",
        "Li Keqiang attended.",
    ]
    assert [shape(bead) for bead in align_sentences(zh, en)] == [(1, 1), (1, 1), (1, 0), (1, 1), (1, 1)]


SIDES = st.lists(st.text("一二三。GDP12 ", min_size=1, max_size=40), max_size=30)


@settings(max_examples=150, deadline=None)
@given(SIDES, SIDES)
def test_beads_cover_both_sides_in_order(zh: list[str], en: list[str]) -> None:
    beads = align_sentences(zh, en)
    assert [index for bead in beads for index in range(bead.zh_start, bead.zh_end)] == list(range(len(zh)))
    assert [index for bead in beads for index in range(bead.en_start, bead.en_end)] == list(range(len(en)))
    assert all(any(shape(bead)) for bead in beads)


@pytest.mark.shared
def test_accuracy_on_the_government_work_report_of_2021(shared: Path) -> None:
    """Paragraphs of ten rows, split and aligned anew. The rows are aligned by script, with some drift of their own.

    A bead is right when it lies within one row; a row is found when beads end at both its ends.
    """
    rows: dict[str, list[tuple[list[str], list[str]]]] = {}
    for line in (shared / "testsets" / "government" / "dev.tsv").read_text("utf-8").splitlines():
        document, zh, en = line.split("\t")
        sides = split_sentences(clean_chinese(zh)[0], "zh"), split_sentences(clean_english(en)[0], "en")
        rows.setdefault(document, []).append(sides)
    right = beads_made = found = rows_given = 0
    for document_rows in rows.values():
        for start in range(0, len(document_rows), 10):
            part = document_rows[start : start + 10]
            zh = [sentence for side, _ in part for sentence in side]
            en = [sentence for _, side in part for sentence in side]
            beads = align_sentences(zh, en)
            ends = {(0, 0)}
            for zh_side, en_side in part:
                at = max(ends)
                ends.add((at[0] + len(zh_side), at[1] + len(en_side)))
            borders = sorted(ends)
            spans = list(itertools.pairwise(borders))
            cuts = {(0, 0)} | {(bead.zh_end, bead.en_end) for bead in beads}
            found += sum(first in cuts and last in cuts for first, last in spans)
            right += sum(
                any(
                    first[0] <= bead.zh_start < bead.zh_end <= last[0]
                    and first[1] <= bead.en_start < bead.en_end <= last[1]
                    for first, last in spans
                )
                for bead in beads
            )
            beads_made += len(beads)
            rows_given += len(part)
    precision, recall = right / beads_made, found / rows_given
    f1 = 2 * precision * recall / (precision + recall)
    assert rows_given == 518
    assert f1 > 0.91, f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


def test_thousands_of_sentences_of_one_paragraph_are_aligned() -> None:
    """Most sentences have one counterpart, every tenth has two, and every hundredth none."""
    zh = [
        f"第{number}项工作由{number * 7 % 97}个部门共同完成，" + "进展顺利" * (number % 5 + 1) for number in range(3000)
    ]
    en: list[str] = []
    expected = []
    for number in range(3000):
        begin = len(en)
        if number % 100 != 50:
            en.append(
                f"Task {number} was finished by {number * 7 % 97} departments together"
                + ", it went well" * (number % 5)
            )
        if number % 10 == 5:
            en.append(f"In all there were {number * 3} of them.")
        expected.append(Bead(number, number + 1, begin, len(en)))
    begin_time = time.process_time()
    beads = align_sentences(zh, en)
    assert time.process_time() - begin_time < 60  # 4 seconds; a quadratic search took 149
    assert (beads[0].zh_start, beads[-1].zh_end, beads[-1].en_end) == (0, 3000, len(en))
    assert len(set(beads) & set(expected)) > 2700
