"""The data card: its figures on the seed document, on rows made for each finding, and on any rows at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from prepared_data import prepare

from mt.config import Config, DataConfig, TermsConfig
from mt.data.card_figures import Card, Table, data_card
from mt.data.card_rendering import render_card
from mt.glossary.glossary import Glossary

ROOT = Path(__file__).parents[2]


def row(zh: str, en: str, number: int = 0, fold: int = -1, document: str = "d") -> dict[str, Any]:
    place = {"document": document, "paragraph": number, "sentence": 0, "fold": fold}
    return {"id": f"{document}-p{number}-s0", **place, "translation": {"zh": zh, "en": en}}


def rows(*pairs: tuple[str, str]) -> dict[str, list[dict[str, Any]]]:
    return {"train": [row(*pair, number) for number, pair in enumerate(pairs)]}


def table(card: Card, title: str) -> Table:
    return next(table for table in card.tables if table.title == title)


def test_the_seed_document(tmp_path: Path) -> None:
    config = Config(
        data=DataConfig(documents=[str(ROOT / "seeds" / "raw")]),
        terms=TermsConfig(glossary=str(ROOT / "seeds" / "glossary.tsv")),
    )
    said: list[str] = []
    prepare(config, tmp_path / "out", said.append)
    text = (tmp_path / "out" / "data_card.md").read_text("utf-8")
    assert "data card: 1 document, 5 segments; 0 left out, 0 repeated, 0 to look at" in said
    assert "| all | 1 | 5 | 376 | 266 |" in text
    assert "| pinyin | 69 |" in text
    assert "26 of 32 terms occur, followed in 97% of 33 mentions; 1 of them not always" in text
    assert "| 四川省外办 | Foreign Affairs Office of Sichuan Province | 1 | 0 |  |" in text
    page = html.fromstring((tmp_path / "out" / "data_card.html").read_bytes())
    assert [heading.text for heading in page.iter("h2")] == [line[3:] for line in text.split("\n") if line[:3] == "## "]

    # Another glossary leaves the dataset as it is, but not the card.
    (tmp_path / "g.tsv").write_text("source\ttarget\n重庆\tChungking\n", "utf-8")
    other = prepare(config.replace(terms=TermsConfig(glossary=str(tmp_path / "g.tsv"))), tmp_path / "out")
    assert other.reused
    assert "1 of 1 terms occur, followed in 0%" in (tmp_path / "out" / "data_card.md").read_text("utf-8")


def test_pairs_that_may_not_belong_together_are_listed_with_the_reason() -> None:
    card = data_card(
        rows(
            ("代表团访问了成都。", "The delegation visited Chengdu."),
            ("去年增长百分之五，达到3500万元。", "Last year it grew by 5 percent to 36 million yuan."),
            (
                "好。",
                "It is with great pleasure that all of us who are gathered here today thank you for coming so far.",
            ),
            ("他们参观了展览。", "Они посетили выставку в городе."),
            ("我们买了很多新的iPhone Pro Max Plus手机", "iPhone Pro Max Plus"),
            ("向琼花会见了杨东。", "The weather was fine on that day."),
            ("天气很好。", "Xiang Qionghua met with Yang Dong there."),
        ),
        {},
        None,
    )
    found = {str(cells[0]): cells[1] for cells in table(card, "Pairs to look at").rows}
    assert found == {
        "d-p1-s0": "numbers differ",
        "d-p2-s0": "length ratio",
        "d-p3-s0": "target not English",
        "d-p4-s0": "copy",
        "d-p5-s0": "may belong to d-p6-s0",
    }
    assert "5 to look at (" in card.summary[0]
    assert "order 1" in card.summary[0]


def test_duplicates_are_counted_once_each_by_how_alike_they_are() -> None:
    pairs = [("你好。", "Hello."), ("你好", "hello"), ("你好！", "Hi!"), ("第1章", "Chapter 1"), ("第2章", "Chapter 2")]
    found = table(data_card(rows(*pairs), {}, None), "Duplicates").rows
    assert found == [
        ("the same pair", 1, "d-p1-s0"),
        ("the same Chinese, translated otherwise", 1, "d-p2-s0"),
        ("but for numbers", 1, "d-p4-s0"),
    ]


def test_what_the_translation_has_instead_of_the_glossary_is_named_where_it_is_plain() -> None:
    pairs = [(f"川促会第{n}次到访。", f"The Sichuan Council came for visit {n}.") for n in "三四五"]
    pairs += [("川促会来了。", "SUCPEB came."), ("天气很好。", "The weather was fine."), ("会议结束。", "It was over.")]
    glossary = Glossary.from_dict({"川促会": "SUCPEB", "成都": "Chengdu"})
    card = data_card(rows(*pairs), {}, glossary)
    assert table(card, "Terms").rows == [("川促会", "SUCPEB", 4, 1, "sichuan council came for visit")]
    assert card.summary[-1] == ("glossary: 1 of 2 terms occur, followed in 25% of 4 mentions; 1 of them not always")


def test_text_of_users_is_escaped() -> None:
    evil = "<script>alert('1')</script> \u202e| [x](y)"
    pairs = [(f"重庆{evil}", f"{evil} 17"), ("重庆", "a\x1b[31m")]
    card = data_card(rows(*pairs), {"drops": {evil: 1}}, Glossary.from_dict({"重庆": f"Chongqing {evil}"}))
    page, text = render_card(card, "html"), render_card(card, "md")
    assert "<script" not in page
    assert "<script" not in text.replace(r"\<", "")
    assert "\u202e" not in page + text
    assert "\x1b" not in page + text
    assert r"\|" in text


TEXT = st.text(max_size=30) | st.text("重庆市川促会3。，“”0123456789年月日 abcABC|<>&\u202e", max_size=40)
ROWS = st.lists(
    st.tuples(TEXT, TEXT, st.integers(0, 9), st.integers(-1, 3), st.sampled_from("abc")), min_size=1, max_size=25
)


@settings(max_examples=150, deadline=None)
@given(train=ROWS, test=ROWS, drops=st.dictionaries(TEXT, st.integers(1, 9), max_size=3))
def test_any_rows_have_a_card_whose_counts_add_up(
    train: list[tuple[Any, ...]], test: list[tuple[Any, ...]], drops: dict[str, int]
) -> None:
    parts = {"train": [row(*cells) for cells in train], "test": [row(*cells) for cells in test]}
    if any(cells["fold"] >= 0 for cells in parts["train"]):
        parts = {"train": [one for one in parts["train"] if one["fold"] >= 0]}
    card = data_card(parts, {"drops": drops}, Glossary.from_dict({"重庆": "Chongqing", "川促会": "SUCPEB|Council"}))
    total = sum(map(len, parts.values()))
    *own, everything = table(card, "What there is").rows
    assert sum(int(cells[2]) for cells in own) == everything[2] == total
    assert [sum(int(cells[at]) for cells in own) for at in (3, 4)] == list(everything[3:])
    assert sum(int(cells[1]) for cells in table(card, "Left out").rows) == sum(drops.values())
    assert sum(int(cells[1]) for cells in table(card, "Duplicates").rows) < total
    assert all(int(cells[3]) < int(cells[2]) for cells in table(card, "Terms").rows)
    assert render_card(card, "md").count("## ") >= len(card.tables)
    assert html.fromstring(render_card(card, "html")) is not None
