"""Numbers of training pairs: terms as the reference writes them, and exchanged on both sides for others."""

from __future__ import annotations

from mt.text.entities import find_entities
from mt.text.numbers.requested import find_numbers, number_spans
from recipes.starter.corpus.exchange_numbers import exchange_numbers
from recipes.starter.corpus.packing import with_numbers
from recipes.starter.filtering.filtered_pairs import FilteredPair


def test_a_number_is_a_term_as_the_reference_writes_it() -> None:
    zh, en = "2016年华为员工共18万，费用高达1218亿。", "Huawei had 180,000 staff in 2016, at a cost of 121,800 million."
    assert [(zh[a:b], en[c:d]) for a, b, c, d in number_spans(zh, en)] == [
        ("18万", "180,000"),
        ("1218亿", "121,800 million"),
    ]
    at = zh.index("18万")
    terms = [(zh.index("华为"), zh.index("华为") + 2, "Huawei"), (at, at + 2, "18")]
    assert with_numbers(zh, en, terms) == [
        (5, 7, "Huawei"),
        (at, at + 3, "180,000"),
        (zh.index("1218"), zh.index("1218") + 5, "121,800 million"),
    ]


def test_a_number_that_the_reference_lacks_is_no_term() -> None:
    assert number_spans("共18万人", "There are 80,000 of them.") == []
    assert number_spans("共18万人", "There are 2,180,000 of them.") == []
    assert number_spans("共1万亿元", "It is 1 billion.") == []


def test_exchanged_pairs_agree_and_differ_from_each_other() -> None:
    pairs = [
        FilteredPair("共有356名代表出席会议。", "A total of 356 delegates attended the meeting.", 0.0, ()),
        FilteredPair("耗资1218亿元。", "It cost 121.8 billion yuan.", 0.0, ((2, 4, "yuan"),)),
    ]
    made = list(exchange_numbers(pairs, copies=20, seed=3))
    assert made == list(exchange_numbers(pairs, copies=20, seed=3))
    assert len(made) > 30
    assert len({pair.zh for pair in made}) > 25
    for pair in made:
        numbers = find_numbers(pair.zh)
        assert len(numbers) == 1
        assert find_entities(numbers, pair.en) != [None]
        assert pair.terms == ()
        assert pair.zh.startswith(("共有", "耗资"))
        assert "356" not in pair.zh.replace("3.56", "") or "356" in pair.en.replace(",", "").replace(".", "")


def test_dates_ages_shares_and_repeated_numbers_are_left_alone() -> None:
    kept = [
        ("2016年有356人。", "In 2016 there were more."),
        ("他今年35岁。", "He is 35 this year."),
        ("增长35%。", "It grew by 35%."),
        ("第356条。", "Article 356."),
        ("1998人。", "1998 people."),
        ("356人对356人。", "356 people against 356 people."),
        ("356人。", "356 people and 356 dogs."),
        ("35：40。", "It was 35 to 40."),
    ]
    pairs = [FilteredPair(zh, en, 0.0, ()) for zh, en in kept]
    assert list(exchange_numbers(pairs, copies=5, seed=1)) == []
    only = FilteredPair("共有356名代表出席。", "356 delegates attended.", 0.0, (), annotated_only=True)
    assert list(exchange_numbers([only], copies=5, seed=1)) == []
