"""Texts split into sentences for the model, and joined again from their translations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mt.text.normalise import normalise_with_places
from mt.text.sentences import split_sentences


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text.

    Args:
        text: which of the given texts it belongs to.
        line: which line of it.
        number: which sentence of the text.
        source: the sentence cleaned for the model.
        offsets: for each character of ``source`` and its end, the place in the given text.
    """

    text: int
    line: int
    number: int
    source: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of ``source[start:end]`` in the text as it was given."""
        return self.offsets[start], max(self.offsets[end - 1] + 1, self.offsets[start])


def check_texts(given: object) -> list[str]:
    """Return the texts of an argument that is one text or several.

    Raises:
        TypeError: it is something else.
    """
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, Iterable) or isinstance(texts, bytes | bytearray | Mapping):
        raise TypeError(f"a text must be a string, or a list of strings, not {type(given).__name__}")
    texts = list(texts)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"every text of a list must be a string, not {type(text).__name__}")
    return texts


def split_texts(texts: Sequence[str]) -> list[Sentence]:
    """Split texts into cleaned sentences; lines stay separate, blank ones give no sentence."""
    sentences: list[Sentence] = []
    for text_number, text in enumerate(texts):
        begin, number = 0, 0
        for line_number, line in enumerate(text.split("\n")):
            position = 0
            for piece in split_sentences(line, "zh"):
                at = line.index(piece, position)
                position = at + len(piece)
                source, places = normalise_with_places(piece)
                if source:
                    offsets = tuple(begin + at + place for place in places)
                    sentences.append(Sentence(text_number, line_number, number, source, offsets))
                    number += 1
            begin += len(line) + 1
    return sentences


def join(texts: Sequence[str], sentences: Sequence[Sentence], outputs: Sequence[str]) -> tuple[list[str], list[int]]:
    """Join translated sentences to texts.

    Returns:
        The translated texts (sentences of a line joined by a space, line ends as in the source), and for each
        sentence where its translation begins in its text.
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
