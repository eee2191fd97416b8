"""A document's pairs, cleaned and aligned into segments: the rows of a dataset."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

from mt.data.alignment.align import align_sentences
from mt.data.documents import Document
from mt.text.normalise import clean_chinese, clean_english
from mt.text.sentences import split_sentences

__all__ = ["PreparedDocument", "Segment", "segments_of"]

# English characters for one Chinese character, ten added to both sides so that short ones may vary: outside these the
# two sides are hardly translations of each other.
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
class PreparedDocument:
    """The segments of a document and the counts of preparing it."""

    segments: list[Segment] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    beads: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    notes: list[dict[str, object]] = field(default_factory=list)
    drops: Counter[str] = field(default_factory=Counter)
    dropped: list[dict[str, str]] = field(default_factory=list)


def segments_of(document: Document, restore_apostrophes: bool = False) -> PreparedDocument:
    """Clean a document's pairs and, unless they are segments already, align their sentences.

    Segments with an empty side, identical sides or an absurd ratio of lengths are dropped and counted; the others keep
    their numbers, so that an id never depends on what was dropped. In a document that is already aligned each pair is a
    paragraph of one sentence.
    """
    prepared = PreparedDocument()
    for paragraph, pair in enumerate(document.paragraphs):
        zh, zh_repairs = clean_chinese(pair.zh.replace("\n", " "))
        en, en_repairs = clean_english(pair.en.replace("\n", " "), restore_apostrophes=restore_apostrophes)
        for language, repairs in (("zh", zh_repairs), ("en", en_repairs)):
            prepared.repairs.update(repairs.counts)
            place = {"document": document.id, "paragraph": paragraph, "language": language}
            prepared.notes += [place | asdict(note) for note in repairs.notes]
        for sentence, (zh_text, en_text, shape) in enumerate(_beads(zh, en, document.already_aligned)):
            name = f"{document.id}-p{paragraph}-s{sentence}"
            prepared.counts.update(sentences_zh=shape[0], sentences_en=shape[1])
            if not document.already_aligned:
                prepared.beads[f"{shape[0]}-{shape[1]}"] += 1
            reason = _drop_reason(zh_text, en_text)
            if reason:
                prepared.drops[reason] += 1
                prepared.dropped.append({"id": name, "reason": reason, "zh": zh_text, "en": en_text})
            else:
                prepared.segments.append(Segment(name, document.id, paragraph, sentence, zh_text, en_text))
    prepared.counts.update(paragraphs=len(document.paragraphs), segments=len(prepared.segments))
    return prepared


def _beads(zh: str, en: str, already_aligned: bool) -> list[tuple[str, str, tuple[int, int]]]:
    """Return (Chinese, English, numbers of sentences) for each bead of a paragraph."""
    if already_aligned:
        return [(zh, en, (int(bool(zh)), int(bool(en))))]
    zh_sentences, en_sentences = split_sentences(zh, "zh"), split_sentences(en, "en")
    return [
        (
            "".join(zh_sentences[bead.zh_start : bead.zh_end]),
            " ".join(en_sentences[bead.en_start : bead.en_end]),
            bead.shape,
        )
        for bead in align_sentences(zh_sentences, en_sentences)
    ]


def _drop_reason(zh: str, en: str) -> str | None:
    if not zh or not en:
        return "empty_side"
    if zh == en:
        return "identical_sides"
    ratio = (len(en) + _LENGTH_OFFSET) / (len(zh) + _LENGTH_OFFSET)
    return None if _LEAST_RATIO <= ratio <= _MOST_RATIO else "length_ratio"
