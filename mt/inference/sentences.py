"""Texts split into sentences for the model, and joined again from their translations."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from mt.inference.gaps import CELL, LIST_MARK, copied_between
from mt.text.entities import Entity
from mt.text.han import HAN, has_han
from mt.text.normalise import normalise_with_places
from mt.text.protected import COPIED_BY_MODELS, ProtectedSpan, as_copied, copied_forms, find_protected, separates
from mt.text.sentences import split_sentences

# Stands for a protected span while a line is split and cleaned; the finder takes this character for such a span itself.
_HIDDEN = "\ue000"
_SURROGATES = re.compile("[\ud800-\udfff]+")
_NUMBERED = tuple("第图表注式按")
# Marks of an enumeration within a line: …：一、…；二、…
_ITEM = re.compile("(?:^|(?<=[：；。，]))([一二三四五六七八九])、(?![一二三四五六七八九十])")
# The first of 一要…，二要…，三要…, and of 一是…; models lose one of them after a comma.
_ORDINAL = re.compile("(?:^|(?<=[：；。，、]))([一二三四五六七八九])(?=[是要])")
_SURNAME = "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶]"
# Names and headings of a table in a row: three words with spaces between, or two that begin with a surname.
_ROW = re.compile(
    rf"\s*[{HAN}]{{2,4}}(?:\s[{HAN}]{{2,4}}){{2,}}\s*|\s*{_SURNAME}[{HAN}]{{1,2}}\s{_SURNAME}[{HAN}]{{1,2}}\s*"
)
# Names with spaces between, within a line: 作者：王丽 李强
_SPACED_NAMES = re.compile(
    rf"(?:^|(?<=[：:（(，、])|(?<=[{HAN}] ))(?:{_SURNAME}[{HAN}]{{1,2}} )+{_SURNAME}[{HAN}]{{1,2}}(?![{HAN}])"
)

# Nothing but names after a label: 获奖者：张伟、王芳。
_LABELLED_NAMES = re.compile(rf"[：:](?=(?:{_SURNAME}[{HAN}]{{1,2}}[、，和与及])+{_SURNAME}[{HAN}]{{1,2}}。?\s*$)")


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text.

    Args:
        text: which of the given texts it belongs to.
        line: which line, counted over all texts.
        number: which sentence of the text.
        source: the sentence cleaned for the model.
        offsets: for each character of ``source`` and its end, the place in the given text.
        protected: spans of ``source`` that are copied, written as they were given; names and digits as cleaned.
    """

    text: int
    line: int
    number: int
    source: str
    offsets: tuple[int, ...]
    protected: tuple[Entity, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of ``source[start:end]`` in the text as it was given."""
        return self.offsets[start], max(self.offsets[end - 1] + 1, self.offsets[start])

    def part(self, start: int, end: int) -> Sentence:
        """Return the sentence's characters from ``start`` to ``end`` as a sentence of its own."""
        own = (span.moved(-start) for span in self.protected if start <= span.start and span.end <= end)
        return replace(self, source=self.source[start:end], offsets=self.offsets[start : end + 1], protected=tuple(own))

    def without(self, start: int, end: int) -> Sentence:
        """Return the sentence without its characters from ``start`` to ``end``."""
        head, tail = self.part(0, start), self.part(end, len(self.source))
        protected = (*head.protected, *(span.moved(start) for span in tail.protected))
        offsets = (*self.offsets[:start], *tail.offsets)
        return replace(self, source=head.source + tail.source, offsets=offsets, protected=protected)


def check_texts(given: object) -> list[str]:
    """Return the texts of an argument that is one text or several.

    Surrogates that pair up become the character they stand for, others U+FFFD: no encoder takes them.

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
    return [_SURROGATES.sub(_without_surrogates, text) for text in texts]


def _without_surrogates(match: re.Match[str]) -> str:
    return match.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def split_texts(
    texts: Sequence[str],
    patterns: Sequence[re.Pattern[str]] = (),
    documents: Sequence[Any] | None = None,
    terms: Sequence[Iterable[tuple[int, int]]] = (),
) -> list[Sentence]:
    """Split texts into cleaned sentences; what holds no Chinese gives none and is copied by ``join``.

    Lines stay separate, and so do cells (between tabs, bars, or several spaces). Lists are translated without their
    marks, and code between fences (```) not at all.

    Args:
        texts: one or more lines each.
        patterns: of the user, for protected spans.
        documents: for each text the document it belongs to; None where all are one.
        terms: for each text the spans whose punctuation ends no sentence, such as 加油！少年.
    """
    sentences: list[Sentence] = []
    code = _fenced_lines(texts, documents)
    line_number = 0
    for text_number, text in enumerate(texts):
        begin, number = 0, 0
        spans = terms[text_number] if terms else ()
        marks = {place for start, end in spans for place in range(start, end) if not text[place].isalnum()}
        for line in text.splitlines(keepends=True) or [""]:
            if has_han(line) and line_number not in code:
                for source, offsets, protected in _split_line(line, begin, patterns, marks):
                    sentences.append(Sentence(text_number, line_number, number, source, offsets, protected))
                    number += 1
            begin += len(line)
            line_number += 1
    return sentences


def _fenced_lines(texts: Sequence[str], documents: Sequence[Any] | None) -> set[int]:
    """The lines, counted over all texts, of code between two lines that begin with ``` in one document."""
    fenced: set[int] = set()
    opened: list[int] | None = None
    line_number = -1
    for number, text in enumerate(texts):
        if documents is not None and number and documents[number] != documents[number - 1]:
            opened = None
        for line in text.splitlines() or [""]:
            line_number += 1
            if line.lstrip().startswith("```"):
                fenced.update(opened or ())
                opened = [] if opened is None else None
            elif opened is not None:
                opened.append(line_number)
    return fenced


def _split_line(
    line: str, begin: int, patterns: Sequence[re.Pattern[str]], marks: Set[int]
) -> Iterator[tuple[str, tuple[int, ...], tuple[Entity, ...]]]:
    """Yield source, offsets and protected spans of each sentence of a line that begins at ``begin`` of its text.

    ``marks`` are the places in the text of characters that are part of a term.
    """
    masked, origin, spans, copied = _mask(line, begin, patterns, marks)
    joined = masked
    if marks:
        # What is part of a term splits nothing: a letter stands for it.
        joined = "".join(
            "字" if begin + place in marks and not char.isspace() and char != _HIDDEN else char
            for char, place in zip(masked, origin, strict=False)
        )

    def is_edge(place: int) -> bool:
        span = spans.get(place)
        return masked[place].isspace() or (span is not None and span.kind == "tag")

    mark = LIST_MARK.match(masked)
    masked, joined = (_in_list_form(one) for one in (masked, joined))
    for cell in CELL.finditer(joined, mark.end() if mark else 0):
        position = cell.start()
        row = _ROW.fullmatch(cell.group())
        for piece in cell.group().split() if row else split_sentences(cell.group(), "zh"):
            start = joined.index(piece, position)
            position = end = start + len(piece)
            while start < end and is_edge(start):
                start += 1
            while start < end and is_edge(end - 1):
                end -= 1
            cleaned, places = normalise_with_places(masked[start:end])
            if not has_han(cleaned):
                continue
            source, offsets, protected = "", list[int](), list[Entity]()
            for char, place in zip(cleaned, places, strict=False):
                if char == _HIDDEN:
                    span = spans[start + place]
                    written = line[span.start : span.end]
                    form = as_copied(written, span.kind)
                    protected.append(Entity(len(source), len(source) + len(written), (form,), span.kind))
                    source += written
                    offsets += range(begin + span.start, begin + span.end)
                else:
                    source += char
                    offsets.append(begin + origin[start + place])
            first, last = (bisect_left(copied, origin[edge], key=lambda span: span.start) for edge in (start, end))
            for span in copied[first:last]:
                a, b = (bisect_left(offsets, begin + place) for place in (span.start, span.end))
                if forms := copied_forms(source[a:b], span.kind):
                    protected.append(Entity(a, b, forms, span.kind))
            yield source, (begin + origin[start], *offsets[1:], begin + origin[end]), tuple(protected)


def _in_list_form(line: str) -> str:
    """Write 一、二、… within a line as models keep them, or cut there if the line begins with 一、; its length stays.

    Commas before 二要, 三要, … become semicolons; those between names with spaces are added; names after a label are a
    cell of their own.
    """
    marks = list(_ITEM.finditer(line))
    if len(marks) > 1 and [match[1] for match in marks] == list("一二三四五六七八九"[: len(marks)]):
        for number, match in enumerate(marks, 1):
            new = "\t\t" if marks[0].start() == 0 else f"{number}."
            line = line[: match.start()] + new + line[match.end() :]
    ordinals = list(_ORDINAL.finditer(line))
    if len(ordinals) > 1 and [match[1] for match in ordinals] == list("一二三四五六七八九"[: len(ordinals)]):
        for match in ordinals[1:]:
            line = line[: match.start() - 1] + line[match.start() - 1].replace("，", "；") + line[match.start() :]
    if _ROW.fullmatch(line):
        return line
    line = _SPACED_NAMES.sub(lambda match: match.group().replace(" ", "、"), line)
    return _LABELLED_NAMES.sub("\t", line)


def _mask(
    line: str, begin: int, patterns: Sequence[re.Pattern[str]], marks: Set[int]
) -> tuple[str, list[int], dict[int, ProtectedSpan], list[ProtectedSpan]]:
    """Hide each protected span in one character, and make cells of what is between those that separate (in no term).

    Returns:
        The masked line, each character's place in the line, the spans hidden in it by their place, and those that
        models copy, which are not hidden.
    """
    masked, origin, hidden, place = "", list[int](), dict[int, ProtectedSpan](), 0
    copied: list[ProtectedSpan] = []
    for span in find_protected(line, patterns):
        if span.kind in COPIED_BY_MODELS:
            copied.append(span)
            continue
        masked += line[place : span.start].replace(_HIDDEN, " ")
        origin += range(place, span.start + 1)
        # 第①步, 图①: the number is part of the sentence.
        apart = separates(line[span.start : span.end], span.kind) and begin + span.start not in marks
        if apart and line[span.start - 1 : span.start] not in _NUMBERED:
            masked += "\t"
        else:
            hidden[len(masked)] = span
            masked += _HIDDEN
        place = span.end
    return masked + line[place:], [*origin, *range(place, len(line) + 1)], hidden, copied


@dataclass(frozen=True)
class Gap:
    """``source[start:end]`` of a text, copied between translations after ``sentence`` sentences, as ``target``."""

    text: int
    sentence: int
    start: int
    end: int
    target: str
    target_start: int


def join(
    texts: Sequence[str], sentences: Sequence[Sentence], outputs: Sequence[str]
) -> tuple[list[str], list[int], list[Gap]]:
    """Join translated sentences to texts: what is between them is copied.

    Returns:
        The translated texts (sentences of a line joined by a space, line ends as in the source), and for each
        sentence where its translation begins in its text; and what was copied.
    """
    gaps: list[Gap] = []
    results: list[str] = []
    starts: list[int] = []
    by_text = {number: list(own) for number, own in groupby(sentences, key=lambda sentence: sentence.text)}
    for number, text in enumerate(texts):
        written, place, count = "", 0, 0
        for sentence in (*by_text.get(number, ()), None):
            end = len(text) if sentence is None else sentence.offsets[0]
            output = "" if sentence is None else outputs[len(starts)]
            gaps.append(Gap(number, count, place, end, copied_between(text[place:end], written, output), len(written)))
            written += gaps[-1].target
            if sentence is not None:
                starts.append(len(written))
                written += output
                place, count = sentence.offsets[-1], sentence.number
        results.append(written)
    return results, starts, gaps
