"""Where the terms of a source are among the encoder's tokens, for ``Constraint.source_span``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mt.models.term_tags import TERM_CLOSE, TERM_OPEN


def tagged_spans(tokenizer: Any, tokens: Sequence[int]) -> list[tuple[int, int]]:
    """Return (start, end) of each annotated term of a tokenised source, in order, tags and target included.

    The decoder attends to the target within the tags as much as to the source term.
    """
    opens = tokenizer.convert_tokens_to_ids(TERM_OPEN)
    closes = tokenizer.convert_tokens_to_ids(TERM_CLOSE)
    spans = []
    start = None
    for position, token in enumerate(tokens):
        if token == opens:
            start = position
        elif token == closes and start is not None:
            spans.append((start, position + 1))
            start = None
    return spans


def plain_spans(
    tokenizer: Any, source: str, spans: Sequence[tuple[int, int]], prefix: str = ""
) -> list[tuple[int, int]]:
    """Return the token spans of character spans of a source without annotation; none is empty.

    Tokenizers need not tell where their tokens are (SentencePiece in transformers does not), so the text before the
    term and up to its end are tokenised by themselves; where that cuts a token, the span is off by one, which the
    search tolerates.

    Args:
        tokenizer: of the model; special tokens that it puts first (a language code) are counted.
        source: one segment.
        spans: (start, end) in characters of ``source``.
        prefix: text that the model is given before the source.
    """

    def encode(text: str, special: bool = False) -> list[int]:
        return list(tokenizer(text, add_special_tokens=special)["input_ids"]) if text else []

    bare, whole = encode(prefix + source), encode(prefix + source, special=True)
    first = next((place for place in range(len(whole)) if whole[place : place + len(bare)] == bare), 0)
    result = []
    for start, end in spans:
        begin = first + len(encode(prefix + source[:start]))
        result.append((begin, max(first + len(encode(prefix + source[:end])), begin + 1)))
    return result
