"""``ConstrainedBeamSearch.from_terms``: plain ``generate`` with the real starter model."""

from __future__ import annotations

from typing import Any

import pytest

from mt import ConstrainedBeamSearch
from mt.inference.engines.torch_engine import TorchEngine

SOURCES = ["川促会秘书长参加座谈。", "他昨天去了四川。", "他昨天去了北京。"]


@pytest.fixture(scope="module")
def starter(starter_engine: TorchEngine) -> tuple[Any, Any]:
    return starter_engine.tokenizer, starter_engine.model


def translated(
    starter: tuple[Any, Any], sources: list[str], terms: Any
) -> tuple[list[str], ConstrainedBeamSearch | None]:
    tokenizer, model = starter
    search = None if terms is None else ConstrainedBeamSearch.from_terms(tokenizer, terms)
    inputs = tokenizer(sources, return_tensors="pt", padding=True)
    output = model.generate(**inputs, num_beams=4, max_new_tokens=40, custom_generate=search)
    return tokenizer.batch_decode(output, skip_special_tokens=True), search


def test_every_output_holds_its_terms(starter: tuple[Any, Any]) -> None:
    plain, _ = translated(starter, SOURCES, None)
    texts, search = translated(starter, SOURCES, [["SUCPEB", "Secretary-General"], [["Szechwan", "Szechuan"]], []])
    assert "SUCPEB" not in plain[0]
    assert "SUCPEB" in texts[0]
    assert "Secretary-General" in texts[0]
    assert ("Szechwan" in texts[1]) != ("Szechuan" in texts[1])
    assert texts[2] == plain[2]
    assert [(outcome.segment, outcome.index, outcome.met) for outcome in search.outcomes] == [
        (0, 0, True),
        (0, 1, True),
        (1, 0, True),
    ]


def test_a_term_listed_twice_stands_twice(starter: tuple[Any, Any]) -> None:
    (text,), _ = translated(starter, SOURCES[2:], [["Beijing", "Beijing"]])
    assert text.count("Beijing") == 2


def test_a_term_is_no_part_of_a_word(starter: tuple[Any, Any]) -> None:
    (text,), _ = translated(starter, SOURCES[2:], [["Bei"]])
    assert "Bei" in text.replace(".", " ").replace(",", " ").split()


def test_what_cannot_be_met_is_reported(starter: tuple[Any, Any]) -> None:
    _, search = translated(starter, SOURCES[2:], [["", "Beijing"]])
    assert [(outcome.met, outcome.reason) for outcome in search.outcomes] == [
        (False, "no token sequence spells it"),
        (True, None),
    ]


def test_terms_are_listed_by_segment(starter: tuple[Any, Any]) -> None:
    with pytest.raises(TypeError, match="one list per segment"):
        ConstrainedBeamSearch.from_terms(starter[0], ["SUCPEB"])
