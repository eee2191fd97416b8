from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from mt.config import CorpusSource
from mt.data.corpus import read_pairs
from mt.data.lexicon import Lexicon, invent_target
from mt.errors import DataError


def test_corpus_faults_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("你好\thello\nno tab\n", "utf-8")
    with pytest.raises(DataError, match=r"a\.tsv:2: 1 columns where 2 are needed"):
        list(read_pairs(CorpusSource(path=str(path)), Counter()))
    (tmp_path / "b.xz").write_bytes(b"not xz")
    with pytest.raises(DataError, match="is damaged or not xz-compressed"):
        list(read_pairs(CorpusSource(path=str(tmp_path / "b.xz")), Counter()))


def test_lexicon_pairs_stand_on_both_sides_and_share_no_words() -> None:
    lexicon = Lexicon(
        {"民间组织": ["non-governmental organization"], "组织": ["organization"], "合作": ["cooperation"]}
    )
    zh, en = "民间组织和组织合作，加强合作", "Non-governmental organizations and the Organization in cooperation"
    pairs = lexicon.find_pairs(zh, en)
    assert [(zh[a:b], target) for a, b, target in pairs] == [
        ("民间组织", "Non-governmental organizations"),
        ("组织", "Organization"),
        ("合作", "cooperation"),
    ]


def test_invented_targets_vary_and_are_repeatable() -> None:
    lexicon = Lexicon({"民间组织": ["non-governmental organization"]})
    drawn = [invent_target(random.Random(seed), lexicon) for seed in range(50)]
    assert len(set(drawn)) > 25
    assert drawn == [invent_target(random.Random(seed), lexicon) for seed in range(50)]
