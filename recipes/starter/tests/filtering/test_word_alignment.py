from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.starter.filtering.domain import domain_scores
from recipes.starter.filtering.fluency import fluency
from recipes.starter.filtering.token_table import TokenTable
from recipes.starter.filtering.word_alignment import scores_and_links, train_model1
from recipes.starter.filtering.words import Segmenter, english_spans

segments = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), min_size=1, max_size=20)


@given(segments, st.integers(1, 3))
def test_a_table_holds_its_segments(rows: list[list[str]], least: int) -> None:
    table = TokenTable.of(rows, least)
    counts = {word: sum(row.count(word) for row in rows) for row in rows for word in row}
    for number, row in enumerate(rows):
        ids = table.ids[table.offsets[number] : table.offsets[number + 1]]
        assert [table.words[i] for i in ids] == [word if counts[word] >= least else "" for word in row]
    chosen = np.arange(len(rows))[::-1].copy()
    turned = table.select(chosen)
    assert turned.lengths.tolist() == table.lengths[::-1].tolist()
    assert table.means(np.ones(len(table.ids))).tolist() == [float(bool(row)) for row in rows]
    assert table.frequencies().sum() == pytest.approx(1)


def made_up_language(pairs: int = 2500) -> tuple[list[list[str]], list[list[str]]]:
    """Sentences of 40 words and their translation word by word, in another order."""
    rng = np.random.default_rng(1)
    zh, en = [], []
    for _ in range(pairs):
        words = rng.choice(40, size=rng.integers(3, 9), replace=False)
        zh.append([f"zh{word}" for word in words])
        en.append([f"en{word}" for word in rng.permutation(words)] + ["the"])
    return zh, en


def test_model1_finds_the_dictionary_of_a_made_up_language() -> None:
    zh, en = made_up_language()
    zh_table, en_table = TokenTable.of(zh), TokenTable.of(en)
    to_en, to_zh = train_model1(zh_table, en_table), train_model1(en_table, zh_table)
    ((scores, links),) = scores_and_links(zh_table, en_table, to_en, to_zh)
    right = wrong = 0
    for row, link in enumerate(links):
        for source, target, strength in zip(link.source, link.target, link.strength, strict=True):
            assert 0 < strength <= 1
            right += zh[row][source][2:] == en[row][target][2:]
            wrong += zh[row][source][2:] != en[row][target][2:]
    assert right > 0.95 * sum(map(len, zh))
    assert wrong < 0.05 * right
    # The same segments with strangers score far lower.
    strangers = en_table.select(np.roll(np.arange(len(en)), 1))
    ((others, _),) = scores_and_links(zh_table, strangers, to_en, to_zh)
    assert np.quantile(scores, 0.02) > np.quantile(others, 0.98)


@settings(max_examples=30)
@given(segments, segments)
def test_scores_and_links_of_anything_are_finite_and_inside(zh: list[list[str]], en: list[list[str]]) -> None:
    size = min(len(zh), len(en))
    zh_table, en_table = TokenTable.of(zh[:size], 1), TokenTable.of(en[:size], 1)
    models = train_model1(zh_table, en_table, 2), train_model1(en_table, zh_table, 2)
    scores, links = [], []
    for some_scores, some_links in scores_and_links(zh_table, en_table, *models):
        scores += some_scores.tolist()
        links += some_links
    assert len(scores) == len(links) == size
    assert np.isfinite(scores).all()
    for row, link in enumerate(links):
        assert len(set(link.source.tolist())) == len(link.source)
        assert all(0 <= place < len(zh[row]) for place in link.source)
        assert all(0 <= place < len(en[row]) for place in link.target)


def test_unequal_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="2 source segments against 1"):
        train_model1(TokenTable.of([["a"], ["b"]], 1), TokenTable.of([["a"]], 1))


def test_shuffled_words_are_less_fluent() -> None:
    rng = np.random.default_rng(2)
    nouns, verbs = [f"noun{i}" for i in range(30)], [f"verb{i}" for i in range(30)]
    good = [
        ["the", str(rng.choice(nouns)), "has", str(rng.choice(verbs)), "the", str(rng.choice(nouns)), "again", "."]
        for _ in range(1500)
    ]
    bad = [list(rng.permutation(sentence)) for sentence in good[:60]]
    values = fluency(TokenTable.of(good + bad))
    assert np.median(values[:1500]) > np.quantile(values[1500:], 0.9)
    assert np.isfinite(values).all()


def test_a_sentence_does_not_vouch_for_itself() -> None:
    common = [["we", "go", "home", "now"]] * 50
    values = fluency(TokenTable.of([*common, ["purple", "ideas", "sleep", "furiously"]], 1))
    assert values[-1] < 0 < values[0]


def test_domain_scores_rank_the_domain_first() -> None:
    formal = [["the", "government", "reform", "policy"], ["the", "policy", "of", "the", "government"]]
    other = [["the", "cat", "sat"], ["a", "cat", "and", "a", "dog"]]
    table = TokenTable.of([*formal, *other], 1)
    words = ["government", "policy", "reform", "the"]
    scores = domain_scores((table, table), (words, words))
    assert min(scores[:2]) > 0 > max(scores[2:])


def test_words_are_found_longest_first_and_cover_the_text() -> None:
    segmenter = Segmenter(["重庆", "重庆市", "政府", "外办"])
    text = "重庆市政府 外办GDP增长3.5%。"
    assert [text[a:b] for a, b in segmenter.spans(text)] == [
        "重庆市",
        "政府",
        "外办",
        "GDP",
        "增",
        "长",
        "3.5",
        "%",
        "。",
    ]
    english = "China's GDP, 1,234.5 well-known"
    assert [english[a:b] for a, b in english_spans(english)] == ["China's", "GDP", ",", "1,234.5", "well-known"]


@given(st.text(alphabet="重庆市政府 aB3.,。·", max_size=30))
def test_spans_are_in_order_and_leave_only_blanks(text: str) -> None:
    for spans in (Segmenter(["重庆", "市政"]).spans(text), english_spans(text)):
        assert all(a < b for a, b in spans)
        assert all(first[1] <= second[0] for first, second in pairwise(spans))
        assert "".join(text[a:b] for a, b in spans) == "".join(text.split())
