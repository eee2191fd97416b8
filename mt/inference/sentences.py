"""A text taken apart into sentences for the model and put together again from their translations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from mt.text.normalise import normalise_source
from mt.text.script import to_simplified
from mt.text.sentences import split_sentences

__all__ = ["Sentence", "join", "take_apart"]


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text.

    Args:
        text: which of the given texts it belongs to.
        line: which line of it.
        source: the sentence cleaned for the model.
        offsets: for each character of ``source`` and its end, the place in the given text.
    """

    text: int
    line: int
    source: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``source[start:end]`` stands in the text as it was given."""
        return self.offsets[start], max(self.offsets[end - 1] + 1, self.offsets[start])


def take_apart(texts: Sequence[str]) -> list[Sentence]:
    """Split texts into cleaned sentences; lines stay apart, blank ones give no sentence."""
    sentences = []
    for number, text in enumerate(texts):
        begin = 0
        for line_number, line in enumerate(text.split("\n")):
            position = 0
            for piece in split_sentences(line, "zh"):
                at = line.index(piece, position)
                position = at + len(piece)
                source = normalise_source(piece)
                if source:
                    sentences.append(Sentence(number, line_number, source, _offsets(piece, source, begin + at)))
            begin += len(line) + 1
    return sentences


def _offsets(original: str, cleaned: str, base: int) -> tuple[int, ...]:
    """Map places of a cleaned sentence back to the original: cleaning deletes, and replaces like by like."""
    places = list(range(len(cleaned) + 1))
    if len(original) != len(cleaned):
        matcher = SequenceMatcher(None, to_simplified(original), cleaned, autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            for offset in range(new_end - new_start):
                places[new_start + offset] = start + (
                    offset if tag == "equal" else min(offset, max(end - start - 1, 0))
                )
        places[-1] = len(original)
    return tuple(base + min(place, len(original)) for place in places)


def join(texts: Sequence[str], sentences: Sequence[Sentence], outputs: Sequence[str]) -> tuple[list[str], list[int]]:
    """Put translated sentences together again.

    Returns:
        The translated texts (sentences of a line joined by a space, line ends as in the source), and for
        each sentence the place in its text where its translation begins.
    """
    results: list[str] = []
    starts = [0] * len(sentences)
    cursor = 0
    for number, text in enumerate(texts):
        lines: list[str] = []
        length = 0
        for line_number in range(text.count("\n") + 1):
            line = ""
            while cursor < len(sentences) and (sentences[cursor].text, sentences[cursor].line) == (number, line_number):
                if line and outputs[cursor]:
                    line += " "
                starts[cursor] = length + len(line)
                line += outputs[cursor]
                cursor += 1
            lines.append(line)
            length += len(line) + 1
        results.append("\n".join(lines))
    return results, starts
