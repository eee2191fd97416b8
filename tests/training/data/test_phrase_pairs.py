from __future__ import annotations

import itertools
import random

from mt.training.data.phrase_pairs import associated_phrases


def test_phrases_that_go_together_are_found_whole() -> None:
    """Twelve nouns, each with each other in a sentence: each goes with its own translation, and with no part of it."""
    nouns = {
        "外汇基金": "exchange fund",
        "贴现窗": "discount window",
        "银行业": "banking sector",
        "储备管理": "reserves",
        "总结余": "aggregate balance",
        "存款保障": "deposit protection",
        "证券登记": "registry",
        "人民币清算": "renminbi clearing",
        "强方兑换": "strong-side undertaking",
        "债务票据": "debt instruments",
        "按揭贷款": "mortgage loans",
        "审慎监管": "prudential supervision",
    }
    pairs = [
        (f"{one}的{two}。", f"The {nouns[one]} of the {nouns[two]}.") for one, two in itertools.permutations(nouns, 2)
    ]
    found = associated_phrases(pairs)
    for zh, en in nouns.items():
        assert found.get(zh) == [en]
    assert "外汇" not in found
    assert all("the" not in phrase.split() for (phrase,) in found.values())


def test_chance_meetings_and_empty_input_give_nothing() -> None:
    assert associated_phrases([]) == {}
    rng = random.Random(5)
    zh = [f"{a}{b}" for a in "甲乙丙丁" for b in "戊己庚辛"]
    en = [f"{a} {b}" for a in ("red", "blue", "green") for b in ("house", "river", "stone")]
    assert associated_phrases([(rng.choice(zh), rng.choice(en)) for _ in range(200)]) == {}


def test_the_result_does_not_depend_on_hashing() -> None:
    pairs = [("金融管理局公布外汇基金业绩", "The Monetary Authority published results of the Exchange Fund")] * 4
    assert list(associated_phrases(pairs)) == sorted(associated_phrases(pairs))
