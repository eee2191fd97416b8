"""A document's pairs, cleaned and aligned into segments: the rows of a dataset."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from mt.data.alignment.align import align_sentences
from mt.data.documents import Document, read_documents
from mt.data.pairs import unlikely_lengths
from mt.data.rules import JAPANESE_KOREAN
from mt.text.han import HAN, has_han, language_of
from mt.text.normalise import clean_chinese, clean_english
from mt.text.sentences import split_sentences

# What English may hold Chinese in: quotation marks and brackets.
_INSIDE = r"[^\n\"“”‘’()（）\[\]《》「」]*?"
_QUOTED = re.compile(rf"(?:(?<!\w)'|[\"“‘(（\[《「]){_INSIDE}[{HAN}]{_INSIDE}(?:'(?!\w)|[\"”’)）\]》」])")
_LONGEST_NAME = 16
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Segment:
    """One bead of a document: ``id`` names document, paragraph and place in it, both counted from 0."""

    id: str
    document: str
    paragraph: int
    sentence: int
    zh: str
    en: str


@dataclass
class PreparedDocument:
    """The segments of a document, how often what was repaired, what is to be said of it, and the segments dropped."""

    document: Document
    segments: list[Segment] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    notes: list[dict[str, object]] = field(default_factory=list)
    dropped: list[dict[str, str]] = field(default_factory=list)


def segments_of(document: Document, restore_apostrophes: bool = False) -> PreparedDocument:
    """Clean a document's pairs and, unless they are segments already, align their sentences.

    Segments with an empty side, a side in the wrong language, the source for a target or an absurd ratio of lengths are
    dropped and counted; the others keep their numbers, so that an id never depends on what was dropped. In a document
    that is already aligned each pair is a paragraph of one sentence.
    """
    prepared = PreparedDocument(document)
    for paragraph, pair in enumerate(document.paragraphs):
        zh, zh_repairs = clean_chinese(pair.zh.replace("\n", " "))
        en, en_repairs = clean_english(pair.en.replace("\n", " "), restore_apostrophes=restore_apostrophes)
        for language, repairs in (("zh", zh_repairs), ("en", en_repairs)):
            prepared.repairs.update(repairs.counts)
            where = {"document": document.id, "paragraph": paragraph, "language": language}
            prepared.notes += [where | asdict(note) for note in repairs.notes]
        copied = letters(pair.zh) == letters(pair.en)
        beads = [(zh, en)] if document.already_aligned else _beads(zh, en)
        for sentence, (zh_text, en_text) in enumerate(beads):
            name = f"{document.id}-p{paragraph}-s{sentence}"
            if reason := _drop_reason(zh_text, en_text, copied):
                place = ":".join(map(str, (*document.paths[:1], pair.line or "")))
                prepared.dropped.append({"id": name, "reason": reason, "place": place, "zh": zh_text, "en": en_text})
            else:
                prepared.segments.append(Segment(name, document.id, paragraph, sentence, zh_text, en_text))
    return prepared


def read_pairs(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Read bilingual documents as ``zhen-mt prepare`` does: (Chinese, English) of each segment."""
    return [(one.zh, one.en) for document in read_documents(paths) for one in segments_of(document).segments]


def _beads(zh: str, en: str) -> list[tuple[str, str]]:
    zh_sentences, en_sentences = split_sentences(zh, "zh"), split_sentences(en, "en")
    return [
        ("".join(zh_sentences[i:j]), " ".join(en_sentences[k:m]))
        for i, j, k, m in align_sentences(zh_sentences, en_sentences)
    ]


def letters(text: str) -> str:
    """A text without case, punctuation and white space."""
    return _NOT_WORD.sub("", text).casefold()


def _drop_reason(zh: str, en: str, copied: bool) -> str | None:
    if not zh or not en:
        return "empty_side"
    if zh == en:
        return "identical_sides"
    if not has_han(zh) or 3 * len(JAPANESE_KOREAN.findall(zh)) > len(zh):
        return "wrong_language_zh"
    if copied or letters(zh) == letters(en):
        return "identical_sides"
    if _is_not_english(en):
        return "wrong_language_en"
    return "length_ratio" if unlikely_lengths(zh, en) else None


def _is_not_english(text: str) -> bool:
    """Whether a text is in Chinese beyond names in quotation marks or brackets, or in another script."""
    if has_han(text):
        outside = _QUOTED.sub("", text)
        too_long = language_of(text) == "zh" and len(text) - len(outside) > _LONGEST_NAME
        return has_han(outside) or language_of(outside) is None or too_long
    letters = [character for character in text if character.isalpha()]
    # Beyond U+024F there are no letters of Latin script that English uses.
    return 2 * sum(character > "\u024f" for character in letters) > len(letters)
