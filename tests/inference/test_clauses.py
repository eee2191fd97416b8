"""Sentences taken apart at their commas."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig

from mt import Translator
from mt.config import DecodingConfig
from mt.glossary import Glossary, Term
from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.clauses import replace_by_parts, should_split, split_long, split_overlong, split_sentence
from mt.inference.engines.base import Hypothesis
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.request import Request
from mt.inference.sentences import split_texts
from mt.models.options import ModelOptions

ROOT = Path(__file__).resolve().parent.parent.parent


@st.composite
def _requests(draw: st.DrawFn) -> Request:
    text = draw(st.text("外办经验促会，；,（a", min_size=1, max_size=200))
    sentences = split_texts([f"甲{text}乙"])
    source = sentences[0].source
    ends = sorted(draw(st.sets(st.integers(0, len(source)), max_size=12)))
    spans = [(start, end) for start, end in itertools.pairwise(ends) if draw(st.booleans())]
    matches = [TermMatch(start, end, Term(source[start:end], ("term",))) for start, end in spans]
    return Request(sentences[0], matches, [f"term {number}" for number in range(len(matches))])


@given(_requests())
def test_the_parts_are_the_sentence_with_its_terms_at_their_places(request: Request) -> None:
    parts = split_sentence(request)
    assert "".join(part.sentence.source for part in parts) == request.sentence.source
    assert [target for part in parts for target in part.requested] == request.requested
    assert all(len(part.sentence.source) >= 15 for part in parts) or len(parts) == 1
    places = [part.sentence.span(match.start, match.end) for part in parts for match in part.matches]
    assert places == [request.sentence.span(match.start, match.end) for match in request.matches]
    for part in parts:
        for match in part.matches:
            assert part.sentence.source[match.start : match.end] == match.term.source


def test_only_a_long_sentence_that_misses_a_term_is_should_split() -> None:
    names = ["成都", "重庆", "四川", "川促会", "鲁进"]
    source = "，".join(f"{name}的经验值得学习和借鉴也值得推广和宣传" for name in names) + "。"
    terms = [TermMatch(source.index(name), source.index(name) + len(name), Term(name, ("X" + name,))) for name in names]
    (sentence,) = split_texts([source])
    request = Request(sentence, terms, [term.term.targets[0] for term in terms])
    request.accept(Hypothesis("nothing", 0.0), constrained=False, respell=True)
    assert should_split(request)
    assert len(split_sentence(request)) > 1
    request.accept(Hypothesis("X成都 X重庆 X四川 X川促会 X鲁进", 0.0), constrained=False, respell=True)
    assert not should_split(request)
    (short,) = split_texts(["成都重庆四川川促会鲁进。"])
    request = Request(short, terms, request.requested)
    request.accept(Hypothesis("nothing", 0.0), constrained=False, respell=True)
    assert not should_split(request)
    assert replace_by_parts([request, request], {1: [request] * 3}) == [request] * 4


def test_a_dense_sentence_keeps_every_term_and_place(tiny_model: Path, seed_pairs: list[tuple[str, str]]) -> None:
    """The seed's first sentence has fifteen terms; an untrained model misses them all."""
    translator = Translator.from_pretrained(
        tiny_model, ROOT / "seeds" / "glossary.tsv", decoding=DecodingConfig(num_beams=2, max_length_ratio=0.5)
    )
    text = seed_pairs[0][0]
    result = translator.translate(text)
    matches = Glossary.load(ROOT / "seeds" / "glossary.tsv").match(text)
    assert len(result.terms) == len(matches) > 10
    assert all(outcome.status == "constrained" for outcome in result.terms)
    assert [text[o.source_start : o.source_end] for o in result.terms] == [text[m.start : m.end] for m in matches]
    spans = sorted((o.target_start or 0, o.target_end or 0) for o in result.terms)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert all(result.text[start:end] for start, end in spans)


def test_long_sentences_are_split_from_the_start_and_parts_again_when_they_miss_a_term() -> None:
    part = "成都的经验值得学习和借鉴也值得推广和宣传，重庆的经验值得学习和借鉴也值得推广和宣传"
    short, long = split_texts([f"{part[:20]}。", f"{part}，{part}。"])
    requests = [Request(short, [], []), Request(long, [], [])]
    parts = split_long(requests, 40)
    assert parts[0] is requests[0]
    assert [part.sentence.source for part in parts[1:]] == [f"{part[:20]}，", f"{part[21:]}，"] * 2 or len(parts) > 3
    assert "".join(part.sentence.source for part in parts[1:]) == long.source
    assert [part.follows for part in parts[1:]] == [False] + [True] * (len(parts) - 2)
    assert [part.mark for part in parts[1:]] == ["，"] * (len(parts) - 2) + [""]
    assert split_long(requests, 1000) == requests
    # A part of a sentence that is taken apart once more is still no sentence by itself.
    (whole,) = split_texts([f"{part}。"])
    again = split_sentence(Request(whole, [], [], follows=True, mark="；"))
    assert [(one.follows, one.mark) for one in again] == [(True, "，"), (True, "；")]


@pytest.mark.parametrize(("requested", "expected"), [(None, 40), (0, 0), (60, 60)])
def test_a_model_says_from_which_length_on(
    tiny_model: Path, tmp_path: Path, requested: int | None, expected: int
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    config = AutoConfig.from_pretrained(folder)
    assert ModelOptions.read(config) == ModelOptions()
    ModelOptions(clause_characters=40).write(config)
    config.save_pretrained(folder)
    engine = TorchEngine.load(folder, DecodingConfig(clause_characters=requested))
    assert engine.settings.decoding.clause_characters == expected


@given(_requests(), st.booleans())
def test_parts_and_what_is_between_them_are_the_source(request: Request, listed: bool) -> None:
    if listed:
        items = "、".join(["张伟", "王芳（甲，乙）", "《李，娜》", "“好，”"] * 6)
        request = Request(split_texts([f"出席会议的有{items}，还有很多人没有来参加这次重要的会议。"])[0], [], [])
    source, place = request.sentence.source, 0
    for part in split_long([request], 20):
        at = source.index(part.sentence.source, place)
        assert source[place:at] in ("", "、")
        if listed:
            assert all(
                part.sentence.source.count(a) == part.sentence.source.count(b) for a, b in ("（）", "《》", "“”")
            )
        place = at + len(part.sentence.source)
    assert place == len(source)


def test_what_is_too_long_is_halved_at_the_best_mark_and_never_within_a_term() -> None:
    source = "甲" * 30 + "，" + "乙" * 20 + "、" + "丙" * 40
    for spans, expected in (([], [31, 61]), ([(25, 40)], [51, 40]), ([(25, 60)], [60, 32])):
        matches = [TermMatch(start, end, Term(source[start:end], ("X",))) for start, end in spans]
        request = Request(split_texts([source])[0], matches, ["X"] * len(matches))
        parts = split_overlong(request, lambda part: len(part.sentence.source) < 65)
        assert [len(part.sentence.source) for part in parts] == expected
        assert sum(len(part.matches) for part in parts) == len(matches)
