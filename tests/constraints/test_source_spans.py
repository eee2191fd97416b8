from __future__ import annotations

from typing import Any

from mt.constraints.annotate import annotate, plain_spans, tagged_spans
from mt.models.tags import TERM_CLOSE, TERM_OPEN, TRANSLATION


class Characters:
    """A tokenizer that makes a token of each character, and of each tag."""

    tags = (TERM_OPEN, TRANSLATION, TERM_CLOSE)

    def convert_tokens_to_ids(self, tag: str) -> int:
        return -1 - self.tags.index(tag)

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, Any]:
        ids = []
        while text:
            tag = next((tag for tag in self.tags if text.startswith(tag)), None)
            ids.append(self.convert_tokens_to_ids(tag) if tag else ord(text[0]))
            text = text[len(tag or text[0]) :]
        return {"input_ids": ids + [0] * add_special_tokens}


def test_tagged_spans_hold_source_and_target():
    tokenizer = Characters()
    source = annotate("我在重庆和成都。", [(2, 4, "Chongqing"), (5, 7, "Chengdu")])
    tokens = tokenizer(source)["input_ids"]
    spans = tagged_spans(tokenizer, tokens)
    texts = ["".join(chr(token) for token in tokens[start:end] if token > 0) for start, end in spans]
    assert [text.replace(" ", "") for text in texts] == ["重庆Chongqing", "成都Chengdu"]
    assert all(tokens[start] == -1 and tokens[end - 1] == -3 for start, end in spans)


def test_plain_spans():
    assert plain_spans(Characters(), "我在重庆。", [(2, 4), (0, 1)]) == [(2, 4), (0, 1)]


def test_plain_spans_are_never_empty():
    class Whole(Characters):
        def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, Any]:
            return {"input_ids": [1]}

    assert plain_spans(Whole(), "我在重庆。", [(2, 4)]) == [(1, 2)]


def test_a_language_code_and_a_prefix_come_first():
    class Multilingual(Characters):
        def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, Any]:
            return {"input_ids": [7] * add_special_tokens + super().__call__(text, add_special_tokens)["input_ids"]}

    assert plain_spans(Multilingual(), "我在重庆。", [(2, 4)]) == [(3, 5)]
    assert plain_spans(Multilingual(), "我在重庆。", [(2, 4)], "译: ") == [(6, 8)]
