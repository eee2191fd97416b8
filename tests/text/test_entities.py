"""Where an English text has the numbers and names of its Chinese source, and what is mended that it nearly has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.inference.requested_entities import find_requested
from mt.inference.sentences import split_texts
from mt.text.entities import Entity, find_entities
from mt.text.entity_repairs import mend_entities


def copied(source: str) -> list[Entity]:
    """The numbers, digits and Latin names of one sentence."""
    (entities,) = find_requested(split_texts([source]), None, numbers=True, names=False)
    return entities


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        ("于2014-2015年任职", "in 2014-2015|from 2014 to 2015", "in 2014|2014-15, 20156"),
        ("占50%，上升", "50%|50 percent|fifty per cent|from 50 to 60 percent", "50 yuan"),
        ("下降0.9个百分点", "0.9 percentage points|0.9 points", "9 percentage points|0.9 percent"),
        ("共10000人，300只", "10,000 people, three hundred|10000 and 300", "10,000 people"),
        ("2015年3月6日举行", "March 6, 2015|on 6 Mar. 2015|2015-03-06", "Friday, 6, 2015|March 6, 2016"),
        ("自1994年1月1日至12月31日", "between Jan. 1 and Dec. 31, 1994", "between Jan. 1 and 31, 1994"),
        ("2013年10月24和25日", "on Oct. 24 and 25, 2013", "on 24 and 25, 2013"),
        ("以71：65领先", "by 71-65|71:65", "by 7: 65"),
        ("所有的NICU病房", "all the NICUs|the NICU's|NICU", "all the ICUs|NICUX"),
        ("Hobie16与SheikhJarrah", "Hobie 16 and Sheikh Jarrah|Hobie16, SheikhJarrah", "Hobie 6 and Sheikh Jarrah"),
        ("1个P-4职位", "1 P-4 post", "1 P-3 post"),
        ("第3300条", "Article 3300", "Article 33333|13300|3300.5"),
    ],
)
def test_what_counts_as_copied(source: str, right: str, wrong: str) -> None:
    entities = copied(source)
    assert entities
    for text in right.split("|"):
        assert None not in find_entities(entities, text), text
    for text in wrong.split("|"):
        assert None in find_entities(entities, text), text


@pytest.mark.parametrize(
    ("source", "english", "mended"),
    [
        ("HSK考试", "HHSK exams", "HSK exams"),
        ("唐诺利(Joe Donnelly)说", "Donnelly said", "Joe Donnelly said"),
        ("负责人YevgenySharov说", "Mr. Yevgeny Shaharov, said", "Mr. YevgenySharov, said"),
        ("定于2015年3月6日星期五", "on Friday, 6, 2015", "on Friday, March 6, 2015"),
        ("（2011年3月15日）", "(Jug. 15, 2011)", "(March 15, 2011)"),
        ("2012年4月4日；2015年8月4日", "Aug. 4, 2012; Aug. 4, 2015", "April 4, 2012; Aug. 4, 2015"),
        ("下滑2.1%至408亿", "from 2.1 to 40.8 billion", "from 2.1% to 40.8 billion"),
        ("二〇二六年六月三日在此", "here on June 3, 2026, 26.", "here on June 3, 2026."),
        ("2026年6月3日访问", "On June 3, 2026, we visited it, 2026.", "On June 3, 2026, we visited it."),
        # Nothing is like it, or two things are, or it is something else.
        ("与APEC合作", "with OPEC", "with OPEC"),
        ("HSK考试", "HHSK and HSKK", "HHSK and HSKK"),
        ("HSK与HSKK考试", "HSKK exams", "HSKK exams"),
        ("Arm架构", "the arms", "the arms"),
        ("500米", "50 or 5000", "50 or 5000"),
        ("2026年6月3日，2026年", "June 3, 2026, 2026.", "June 3, 2026, 2026."),
    ],
)
def test_what_is_mended(source: str, english: str, mended: str) -> None:
    assert mend_entities(english, copied(source)) == mended


@given(st.text(alphabet="HSK JoeDonly2015年3月6日50%，甲", min_size=1, max_size=40), st.text(max_size=40))
def test_mending_loses_nothing_that_was_right(source: str, english: str) -> None:
    for sentence in split_texts([source]):
        entities = copied(sentence.source)
        before = [span is not None for span in find_entities(entities, english)]
        after = [span is not None for span in find_entities(entities, mend_entities(english, entities))]
        assert sum(after) >= sum(before)
