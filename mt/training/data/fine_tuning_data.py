"""What a base is fine-tuned on: documents with terms annotated, general pairs mixed in, and validation sets."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mt.config import Config, CorpusSource
from mt.constraints.annotate import annotate, escape_tags
from mt.data.corpus import read_pairs
from mt.errors import DataError
from mt.glossary.glossary import Glossary
from mt.io.text import read_lines
from mt.text.normalise import normalise_source
from mt.text.numbers.requested import number_spans
from mt.training.candidates import HeldOut
from mt.training.data.annotation import AnnotatedSegments, FoundTerm, Segment, find_terms
from mt.training.data.length_tagging import OwnLength
from mt.training.data.lexicon import Lexicon
from mt.training.data.mixture import Mixture, evenly_spaced, load_general
from mt.training.data.packed_pairs import PackedPairs, PairEncoder
from mt.training.data.phrase_pairs import associated_phrases
from mt.training.validation import Texts, ValidationSet

_log = logging.getLogger(__name__)

# Pairs of the general validation set where only the loss is measured.
_MOST_GENERAL = 200

Pair = tuple[str, str]


class FineTuningData:
    """Makes the training pairs and validation sets of one base.

    Args:
        config: its sections terms, training, adaptation and decoding.
        encoder: of the base.
        numbers: whether large numbers are annotated, because the base's requests annotate them.
    """

    def __init__(self, config: Config, encoder: PairEncoder, *, numbers: bool = False) -> None:
        self._config, self._encoder, self._numbers = config, encoder, numbers
        self.glossary = Glossary.load(config.terms.glossary) if config.terms.glossary else None

    def pairs(self, rows: Sequence[Mapping[str, Any]]) -> Callable[[int], PackedPairs]:
        """Return a function from the number of an epoch to its pairs, the general ones mixed in.

        Args:
            rows: of the prepared dataset, with a ``translation`` {zh, en}.

        Raises:
            DataError: nothing is left to train on, or a general file cannot be used.
        """
        terms, adaptation = self._config.terms, self._config.adaptation
        texts = _texts(rows)
        associated = associated_phrases(texts) if terms.sampled_share and terms.annotated_share else {}
        lexicon = Lexicon(associated) if associated else None
        own = {term.source: list(term.targets) for term in self.glossary or () if not term.keep}
        own_length = OwnLength.of(self._encoder.tokenizer, self._encoder.prefix)
        domain = AnnotatedSegments(
            [self._segment(zh, en, lexicon) for zh, en in texts],
            self._encoder,
            terms,
            self._config.run.seed,
            inventions=Lexicon({**associated, **own}) if associated or own else None,
            own_length=own_length,
        )
        _warn_left_out(domain.left_out, len(texts), self._encoder)
        if not len(domain):
            raise DataError("there is nothing to train on", hint="prepare documents first")
        _log.info("%s (%d found by association)", domain, len(associated))
        if not adaptation.mixed:
            return domain
        general = load_general(adaptation, self._encode)
        if own_length is not None:
            general = own_length.tagged(general)
        return Mixture(domain, general, adaptation.general_share or 0.0, domain.target_tokens)

    def _segment(self, zh: str, en: str, lexicon: Lexicon | None) -> Segment:
        terms = find_terms(zh, en, self.glossary) if self.glossary is not None else []
        taken = {(term.start, term.end) for term in terms}
        phrases = [FoundTerm(*span) for span in number_spans(zh, en)] if self._numbers else []
        phrases += [FoundTerm(*span) for span in lexicon.find_pairs(zh, en)] if lexicon is not None else []
        return Segment(zh, en, terms, [phrase for phrase in phrases if (phrase.start, phrase.end) not in taken])

    def _encode(self, texts: Sequence[Pair]) -> PackedPairs:
        return encode_pairs(texts, self._encoder, self.glossary)

    def validation(self, rows: Sequence[Mapping[str, Any]]) -> list[ValidationSet]:
        """Make the validation set of the documents, if there are rows, and the general one, if it is configured."""
        adaptation, segments = self._config.adaptation, self._config.training.validation_segments
        sets = []
        if rows:
            sets.append(self._validation_set("validation", _texts(rows), segments))
        if adaptation.validation:
            texts = _read_validation(adaptation.validation)
            sets.append(self._validation_set("general", evenly_spaced(texts, segments or _MOST_GENERAL), segments))
        return sets

    def held_out(self, rows: Sequence[Mapping[str, Any]]) -> HeldOut:
        """Return the segments on which what is published is chosen: those translated in validation."""
        segments, general = self._config.training.validation_segments, self._config.adaptation.validation
        rows = evenly_spaced(rows, segments)
        others = evenly_spaced(_read_validation(general), segments) if general else []
        return HeldOut(self._config, _texts(rows), [row["document"] for row in rows], others, self.glossary)

    def _validation_set(self, name: str, texts: Sequence[Pair], translated: int) -> ValidationSet:
        return ValidationSet(
            name,
            self._encode(texts),
            Texts.of(evenly_spaced(texts, translated), self.glossary, self._encoder) if translated else None,
            self._encoder,
            self._config.decoding.replace(num_beams=self._config.training.generation_num_beams),
        )


def _texts(rows: Sequence[Mapping[str, Any]]) -> list[Pair]:
    return [(row["translation"]["zh"], row["translation"]["en"]) for row in rows]


def _warn_left_out(count: int, total: int, encoder: PairEncoder) -> None:
    if count:
        _log.warning(
            "%d of %d segments are longer than the model's %d positions and were left out",
            count, total, encoder.max_tokens,
        )  # fmt: skip


def _read_validation(files: Sequence[str]) -> list[Pair]:
    """Read one tab-separated file, or a Chinese and an English one of one segment per line."""
    if len(files) == 1:
        return list(read_pairs(CorpusSource(path=files[0]), Counter()))
    sides = [[line.strip() for line in read_lines(path, hint="correct adaptation.validation")] for path in files]
    if len(sides[0]) != len(sides[1]):
        raise DataError(f"{len(sides[0])} lines against {len(sides[1])} in {files[1]}", path=files[0])
    return [(normalise_source(zh), en) for zh, en in zip(*sides, strict=True) if zh and en]


def encode_pairs(pairs: Sequence[Pair], encoder: PairEncoder, glossary: Glossary | None = None) -> PackedPairs:
    """Tokenise (Chinese, English) pairs plain and, if terms of the glossary are on both sides, annotated.

    A pair with a side longer than the base's positions is left out with a warning; if only the annotated form is, the
    plain one is kept.
    """
    plain = encoder.sources([escape_tags(source) for source, _ in pairs])
    targets = encoder.targets([reference for _, reference in pairs])
    texts = []
    for source, reference in pairs:
        found = find_terms(source, reference, glossary) if glossary is not None else []
        texts.append(annotate(source, Segment(source, reference).requested(found)) if found else "")
    rows = [
        (source, form if text and encoder.fits(form) else [], target)
        for source, form, text, target in zip(plain, encoder.sources(texts), texts, targets, strict=True)
        if encoder.fits(source, target)
    ]
    _warn_left_out(len(pairs) - len(rows), len(pairs), encoder)
    return PackedPairs.of([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
