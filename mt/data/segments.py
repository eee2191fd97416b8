"""A document's pairs, cleaned and aligned into segments: the rows of a dataset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mt.data.alignment.align import align_sentences
from mt.data.documents import Document
from mt.text.normalise import clean_chinese, clean_english
from mt.text.repairs import Note
from mt.text.sentences import split_sentences

__all__ = ["Prepared", "Segment", "segments_of"]

# English characters for one Chinese character, with ten added to both sides so that short ones may vary:
# outside these the two sides are hardly translations of each other.
_LEAST_RATIO, _MOST_RATIO = 0.6, 14.0
_LENGTH_OFFSET = 10


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
class Prepared:
    """What came of one document, with everything that was counted on the way."""

    segments: list[Segment] = field(default_factory=list)
    paragraphs: int = 0
    sentences_zh: int = 0
    sentences_en: int = 0
    beads: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    notes: list[dict[str, object]] = field(default_factory=list)
    drops: Counter[str] = field(default_factory=Counter)
    dropped: list[dict[str, str]] = field(default_factory=list)


def segments_of(document: Document, restore_apostrophes: bool = False) -> Prepared:
    """Clean a document's pairs and, unless they are segments already, align their sentences.

    Segments with an empty side, two identical sides or an absurd ratio of lengths are dropped and counted;
    the others keep the numbers they had, so that an id never depends on what was dropped. In a document that
    is already aligned each pair is a paragraph of one sentence.
    """
    made = Prepared(paragraphs=len(document.paragraphs))
    for paragraph, pair in enumerate(document.paragraphs):
        zh, zh_repairs = clean_chinese(pair.zh.replace("\n", " "))
        en, en_repairs = clean_english(pair.en.replace("\n", " "), restore_apostrophes=restore_apostrophes)
        for language, repairs in (("zh", zh_repairs), ("en", en_repairs)):
            made.repairs.update(repairs.counts)
            made.notes += [_note(note, document, paragraph, language) for note in repairs.notes]
        for sentence, (zh_text, en_text, shape) in enumerate(_beads(zh, en, document.already_aligned)):
            name = f"{document.id}-p{paragraph}-s{sentence}"
            if not document.already_aligned:
                made.sentences_zh += shape[0]
                made.sentences_en += shape[1]
                made.beads[f"{shape[0]}-{shape[1]}"] += 1
            else:
                made.sentences_zh += bool(zh_text)
                made.sentences_en += bool(en_text)
            reason = _fault(zh_text, en_text)
            if reason:
                made.drops[reason] += 1
                made.dropped.append({"id": name, "reason": reason, "zh": zh_text, "en": en_text})
                continue
            made.segments.append(Segment(name, document.id, paragraph, sentence, zh_text, en_text))
    return made


def _beads(zh: str, en: str, already_aligned: bool) -> list[tuple[str, str, tuple[int, int]]]:
    if already_aligned:
        return [(zh, en, (1, 1))]
    zh_sentences, en_sentences = split_sentences(zh, "zh"), split_sentences(en, "en")
    return [
        (
            "".join(zh_sentences[bead.zh_start : bead.zh_end]),
            " ".join(en_sentences[bead.en_start : bead.en_end]),
            bead.shape,
        )
        for bead in align_sentences(zh_sentences, en_sentences)
    ]


def _fault(zh: str, en: str) -> str | None:
    if not zh or not en:
        return "empty_side"
    if zh == en:
        return "identical_sides"
    ratio = (len(en) + _LENGTH_OFFSET) / (len(zh) + _LENGTH_OFFSET)
    # The offset pulls towards 1, where too few English characters are judged.
    if not _LEAST_RATIO <= ratio <= _MOST_RATIO:
        return "length_ratio"
    return None


def _note(note: Note, document: Document, paragraph: int, language: str) -> dict[str, object]:
    return {
        "document": document.id,
        "paragraph": paragraph,
        "language": language,
        "kind": note.kind,
        "text": note.text,
        "position": note.position,
        "suggestion": note.suggestion,
        "repaired": note.repaired,
    }
