from __future__ import annotations

import random

from mt.training.data.lexicon import Lexicon, invent_target


def test_lexicon_pairs_stand_on_both_sides_and_share_no_words() -> None:
    lexicon = Lexicon(
        {"民间组织": ["non-governmental organization"], "组织": ["organization"], "合作": ["cooperation"]}
    )
    zh, en = "民间组织和组织合作，加强合作", "Non-governmental organizations and the Organization in cooperation"
    pairs = lexicon.find_pairs(zh, en)
    assert [(zh[a:b], en[c:d]) for a, b, c, d in pairs] == [
        ("民间组织", "Non-governmental organizations"),
        ("组织", "Organization"),
        ("合作", "cooperation"),
    ]


def test_invented_targets_vary_and_are_repeatable() -> None:
    lexicon = Lexicon({"民间组织": ["non-governmental organization"]})
    drawn = [invent_target(random.Random(seed), lexicon) for seed in range(50)]
    assert len(set(drawn)) > 25
    assert drawn == [invent_target(random.Random(seed), lexicon) for seed in range(50)]
