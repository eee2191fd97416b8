"""Terms are found in the text as it was given, before it is split and cleaned."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.glossary import Glossary
from mt.inference.engines.base import Hypothesis
from mt.inference.request import Request
from mt.inference.sentences import split_texts
from mt.inference.terms import match_texts, sentence_terms

SCO = {"targets": ["SCO"], "full": "Shanghai Cooperation Organization", "acronym": "SCO"}


def found(text: str, entries: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """For each sentence its terms, as written in the text, with the preferred target."""
    glossary = Glossary.from_dict(entries)
    (terms,) = match_texts([text], [glossary])
    result = []
    for sentence in split_texts([text], terms=[[(match.start, match.end) for match in terms]]):
        own, matches = sentence_terms(sentence, terms, glossary)
        spans = [(own.span(match.start, match.end), match.term) for match in matches]
        result.append([(text[start:end], term.targets[0]) for (start, end), term in spans])
    return result


@pytest.mark.parametrize(
    ("text", "entries", "expected"),
    [
        # Case 42: two entries that differ by script only.
        ("皇后走後，他來了。", {"后": "queen", "後": "after"}, [[("后", "queen"), ("後", "after")]]),
        ("頭髮發現了。", {"髮": "hair", "發": "send"}, [[("髮", "hair"), ("發", "send")]]),
        # Case 43: a term with a sentence mark inside.
        ("电影加油！少年上映了。", {"加油！少年": "Go, Boy!"}, [[("加油！少年", "Go, Boy!")]]),
        ("我看了《你好。再见》。他没看。", {"你好。再见": "Hello"}, [[("你好。再见", "Hello")], []]),
        ("何以为家？在线。何以为家？", {"何以为家？": "C"}, [[("何以为家？", "C")], [("何以为家？", "C")]]),
        # What cleaning takes out hides no term.
        ("二级(jí)巡视员来了。", {"二级巡视员": "a", "巡视员": "b"}, [[("二级(jí)巡视员", "a")]]),
        # No term crosses a line or a cell.
        ("数据\n库很大", {"数据库": "database"}, [[], []]),
        ("数据\t库很大", {"数据库": "database"}, [[], []]),
        # Brackets that repeat a term are a part of it.
        ("上海合作组织（上合组织，SCO）开会。", {"上海合作组织": SCO}, [[("上海合作组织", "SCO")]]),
        ("上合组织（SCO，上海合作组织）开会。", {"上海合作组织": SCO, "上合组织": SCO}, [[("上合组织", "SCO")]]),
        ("川促会(SUCPEB)开会。", {"川促会": "SUCPEB", "开会": "meet"}, [[("川促会", "SUCPEB"), ("开会", "meet")]]),
        ("川促会（在成都）。", {"川促会": "SUCPEB", "成都": "Chengdu"}, [[("川促会", "SUCPEB"), ("成都", "Chengdu")]]),
    ],
)  # fmt: skip
def test_terms_of_sentences(text: str, entries: dict[str, Any], expected: list[list[tuple[str, str]]]) -> None:
    assert found(text, entries) == expected


def test_brackets_that_repeat_a_term_are_not_translated() -> None:
    text = "上海合作组织（上合组织，SCO）成员国开会（成都）。"
    glossary = Glossary.from_dict({"上海合作组织": SCO})
    (sentence,) = split_texts([text])
    own, (match,) = sentence_terms(sentence, match_texts([text], [glossary])[0], glossary)
    assert own.source == "上海合作组织成员国开会（成都）。"
    assert own.span(match.end, match.end + 3) == (text.index("成员国"), text.index("成员国") + 3)


PIECES = [
    "加油！少年",
    "后",
    "後",
    "，",
    "。",
    "！",
    "他說",
    "\n",
    "\t",
    "川促会",
    "（SUCPEB）",
    "国（",
    "）",
    "3.5",
    " ",
    "<b>",
]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_every_term_of_the_text_is_found_in_a_sentence(text: str) -> None:
    entries = {"加油！少年": "Go, Boy!", "后": "queen", "後": "after", "川促会": "SUCPEB"}
    terms = Glossary.from_dict(entries).match(text)
    matched = [one for own in found(text, entries) for one in own]
    assert matched == [(text[match.start : match.end], match.term.targets[0]) for match in terms]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("They founded Co., Ltd..", "They founded Co., Ltd."),
        ("Co., Ltd.. and Co., Ltd., too", "Co., Ltd. and Co., Ltd., too"),
        ("Is it Co., Ltd.?", "Is it Co., Ltd.?"),
    ],
)
def test_a_term_that_ends_in_a_stop_is_not_followed_by_another(output: str, expected: str) -> None:
    (sentence,) = split_texts(["有限公司有限公司。"])
    matches = Glossary.from_dict({"有限公司": "Co., Ltd."}).match(sentence.source)
    request = Request(sentence, matches, ["Co., Ltd."] * 2)
    request.accept(Hypothesis(output, 0.0), constrained=False, respell=True)
    assert request.hypothesis.text == expected
    assert request.checks[0].met
