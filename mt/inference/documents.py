"""Documents translated with their inline codes in the right places."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from mt.documents.formats import DocumentOptions, open_document
from mt.documents.placement import Link, place_codes, proportional_links
from mt.documents.segment import Document, Segment, Target
from mt.errors import ModelError
from mt.inference.translation import Translation
from mt.inference.translator import Progress, Translator

_log = logging.getLogger(__name__)
# Links between the characters of texts and of their translations, for each pair.
Align = Callable[[Sequence[str], Sequence[str]], Sequence[Sequence[Link]]]


def translate_document(
    document: Document,
    translator: Translator,
    *,
    align: Align | None = None,
    mark_terms: bool = False,
    progress: Progress | None = None,
) -> tuple[list[Target], list[Translation]]:
    """Translate all segments of a document, as one text in reading order.

    Args:
        document: read by :func:`mt.documents.formats.open_document`.
        translator: with the glossary; the first mention of a term is the document's first.
        align: aligns the words of segments whose codes need it; without it their places are estimated.
        mark_terms: highlight terms that the search was forced to hold (yellow), and segments that lack one (red).
        progress: called with the number of sentences done and of all.

    Returns:
        A target for each segment, for ``document.write``, and its translation with the report on its terms.
    """
    segments = document.segments
    translations = translator.translate([segment.text for segment in segments], progress=progress)
    inner = [number for number, segment in enumerate(segments) if needs_alignment(segment)]
    aligned: dict[int, Sequence[Link]] = {}
    if align is not None and inner:
        texts = [translations[number].text for number in inner]
        aligned = dict(zip(inner, align([segments[number].text for number in inner], texts), strict=True))
    targets = []
    for number, (segment, translation) in enumerate(zip(segments, translations, strict=True)):
        known = _known_links(translation)
        links = (
            [*known, *aligned[number]] if number in aligned else proportional_links(segment, translation.text, known)
        )
        codes = place_codes(segment, translation.text, links) if segment.codes else ()
        targets.append(Target(translation.text, codes, _marks(translation) if mark_terms else ()))
    return targets, translations


def translate_file(
    path: str | Path,
    translator: Translator,
    options: DocumentOptions | None = None,
    *,
    align: Callable[[], Align | None] = lambda: None,
    mark_terms: bool = False,
    progress: Progress | None = None,
) -> tuple[bytes, list[Translation]]:
    """Translate a document's file; arguments as for ``open_document`` and :func:`translate_document`.

    ``align`` loads what aligns, and is called where it is needed (:func:`lazy_aligner`).

    Returns:
        The file of the translated document, and the translations of its segments.

    Raises:
        UserError: the document cannot be read.
    """
    document = open_document(path, options)
    aligned = align() if any(map(needs_alignment, document.segments)) else None
    targets, translations = translate_document(
        document, translator, align=aligned, mark_terms=mark_terms, progress=progress
    )
    for note in getattr(document, "notes", ()):
        _log.warning("%s: %s", path, note)
    return document.write(targets), translations


def lazy_aligner(model: str | Path) -> Callable[[], Align | None]:
    """Return what loads a model for the alignment of words when that is first needed; None for one that cannot."""

    @cache
    def load() -> Align | None:
        from mt.inference.alignment import Aligner

        try:
            return Aligner.from_pretrained(model).align
        except ModelError as error:
            _log.info("formatting within sentences is placed by its share of the way (%s)", error)
            return None

    return load


def needs_alignment(segment: Segment) -> bool:
    """Whether a code stands around part of the text, or alone within it."""
    for code in segment.codes:
        before, after = bool(segment.text[: code.start].strip()), bool(segment.text[code.end :].strip())
        if (before or after) if code.start < code.end else (before and after):
            return True
    return False


def _known_links(translation: Translation) -> list[Link]:
    """Links of the terms, numbers and names, whose places in both texts are known."""
    return [
        Link(found.source_start, found.source_end, found.target_start, found.target_end, 1.0)
        for found in (*translation.terms, *translation.entities)
        if found.target_start is not None and found.target_end is not None
    ]


def _marks(translation: Translation) -> tuple[tuple[int, int, str], ...]:
    if not all(term.met for term in translation.terms):
        return ((0, len(translation.text), "red"),)
    forced = (term for term in translation.terms if term.status == "constrained")
    return tuple(sorted((term.target_start or 0, term.target_end or 0, "yellow") for term in forced))
