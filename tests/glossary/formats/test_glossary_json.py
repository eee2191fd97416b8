"""JSON and JSON lines."""

from __future__ import annotations

import json

import pytest
from parsed_terms import PAIRS, pairs, read

from mt.glossary.formats.registry import parse


@pytest.mark.parametrize(
    "value",
    [
        {"重庆": "Chongqing", "成都": ["Chengdu", "Rongcheng"]},
        [["重庆", "Chongqing"], {"zh": "成都", "en": ["Chengdu", "Rongcheng"]}],
        {
            "terms": [
                {"source": "重庆", "target": "Chongqing"},
                {"src": "成都", "translations": ["Chengdu", "Rongcheng"]},
            ]
        },
        {"zh": "正文", "en": "text", "proper": {"重庆": ["Chongqing"], "成都": ["Chengdu", "Rongcheng"]}, "random": {}},
    ],
)
def test_json_shapes(value: object) -> None:
    assert pairs(read(json.dumps(value), "json")) == PAIRS
    assert pairs(read(json.dumps(value), "jsonl")) == PAIRS


def test_json_lines_repeat_a_dictionary_once() -> None:
    line = json.dumps({"proper": {"重庆": ["Chongqing"]}, "random": {"成都": "Chengdu"}})
    assert pairs(read(f"{line}\n{line}\n", "json")) == PAIRS[:1]
    terms = parse(b'[{"zh":"\xe5\xb7\x9d","en":"S"}]\n\n[{"zh":"\xe5\xb7\x9d","en":"S"}]\n', "jsonl").terms
    assert [term.line for term in terms] == [1, 3]


def test_json_keys_given_twice_are_both_kept() -> None:
    assert pairs(read('{"重庆": "Chongqing", "重庆": "CQ"}', "json")) == [("重庆", ("Chongqing",)), ("重庆", ("CQ",))]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"source": "川"}]', "[entry 1: targets]: has no targets"),
        ('[{"target": "x"}]', "[entry 1: source]: has no source"),
        ('[{"source": "川", "target": ["x"], "case": 3}]', "[entry 1: case]"),
        ("[3]", "[entry 1]"),
        ('[{"source": "", "target": "x"}]', "[entry 1]: the source"),
    ],
)
def test_faulty_json_entries(text: str, place: str) -> None:
    (error,) = parse(text.encode(), "json").errors
    assert place in str(error)
