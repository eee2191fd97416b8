"""What a base is fine-tuned on: documents with terms annotated, general pairs mixed in, validation sets."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.config import Config, CorpusSource
from mt.constraints.annotate import annotate, strip_tags
from mt.data.corpus import read_pairs
from mt.data.lexicon import Lexicon
from mt.errors import DataError
from mt.glossary.glossary import Glossary
from mt.models.load import encode_sources, prefix_ids
from mt.text.normalise import normalise_source
from mt.text.numbers import number_spans
from mt.training.data.annotation import AnnotatedSegments, FoundTerm, Segment, find_phrases, find_terms
from mt.training.data.length_tagging import OwnLength
from mt.training.data.mixture import Mixture, load_general, taken_evenly
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.phrase_pairs import associated_phrases
from mt.training.data.ragged import Ragged
from mt.training.validation import Texts, ValidationSet

__all__ = ["Material", "encode_pairs"]

_log = logging.getLogger(__name__)


class Material:
    """Makes training pairs and validation sets for one base.

    Args:
        config: sections terms, training, adaptation and decoding are used.
        tokenizer: the base's, with the term tags, languages set.
        prefix: text that the base is given before every source.
        figures: whether the base takes large figures that are asked for, so that it does not unlearn it.
        longest: the positions the base has.
    """

    def __init__(
        self, config: Config, tokenizer: PreTrainedTokenizerBase, prefix: str, longest: int, *, figures: bool = False
    ) -> None:
        self._config, self._tokenizer, self._prefix, self._longest = config, tokenizer, prefix, longest
        self._figures = figures
        self.glossary = Glossary.load(config.terms.glossary) if config.terms.glossary else None

    @cached_property
    def _dictionary(self) -> Lexicon | None:
        return Lexicon.load(self._config.terms.lexicon) if self._config.terms.lexicon else None

    def pairs(self, rows: Sequence[Mapping[str, Any]]) -> Callable[[int], PackedPairs]:
        """Return what gives an epoch's pairs, the general ones mixed in.

        Args:
            rows: of the prepared dataset, with a ``translation`` {zh, en}.

        Raises:
            DataError: nothing is left to train on, or a general file cannot be used.
        """
        terms = self._config.terms
        texts = [(row["translation"]["zh"], row["translation"]["en"]) for row in rows]
        lexicons = [] if self._dictionary is None else [self._dictionary]
        associated: dict[str, list[str]] = {}
        if terms.sampled_share and terms.annotated_share:
            associated = associated_phrases(texts)
            if associated:
                lexicons.append(Lexicon(associated))
        own = {term.source: list(term.targets) for term in self.glossary or () if not term.keep}
        own_length = OwnLength.of(self._tokenizer, self._prefix)
        domain = AnnotatedSegments(
            [self._segment(zh, en, lexicons) for zh, en in texts],
            self._tokenizer,
            terms,
            prefix=self._prefix,
            longest=self._longest,
            seed=self._config.run.seed,
            inventions=Lexicon({**associated, **own}) if associated or own else None,
            own_length=own_length,
        )
        if domain.left_out:
            _log.warning(
                "%d of %d segments are longer than the model's %d positions and were left out",
                domain.left_out, len(texts), self._longest,
            )  # fmt: skip
        if not len(domain):
            raise DataError("there is nothing to train on", hint="prepare documents first")
        _log.info(
            "%d segments, %d with terms of the glossary, %d with terms or phrases (%d found by association)",
            len(domain), domain.with_terms, domain.with_any, len(associated),
        )  # fmt: skip
        adaptation = self._config.adaptation
        if not (adaptation.general and adaptation.general_share):
            return domain
        prefix = prefix_ids(self._tokenizer, self._prefix)
        general = load_general(adaptation, self._encode, self._tokenizer, self._longest, prefix)
        if own_length is not None:
            general = own_length.tagged(general)
        return Mixture(domain, general, adaptation.general_share, domain.target_tokens)

    def _segment(self, zh: str, en: str, lexicons: Sequence[Lexicon]) -> Segment:
        terms = find_terms(zh, en, self.glossary) if self.glossary is not None else []
        spans = {(term.start, term.end) for term in terms}
        phrases = [FoundTerm(*places) for places in number_spans(zh, en)] if self._figures else []
        phrases += [phrase for lexicon in lexicons for phrase in find_phrases(zh, en, lexicon)]
        return Segment(zh, en, terms, [phrase for phrase in phrases if (phrase.start, phrase.end) not in spans])

    def _encode(self, texts: list[tuple[str, str]]) -> PackedPairs:
        return encode_pairs(
            [zh for zh, _ in texts],
            [en for _, en in texts],
            self._tokenizer,
            self.glossary,
            self._longest,
            self._prefix,
            dictionary=self._dictionary,
        )

    def validation(self, rows: Sequence[Mapping[str, Any]]) -> list[ValidationSet]:
        """Make the domain's validation set, if there are rows of it, and the general one, if it is configured."""
        sets = []
        if rows:
            texts = [(row["translation"]["zh"], row["translation"]["en"]) for row in rows]
            sets.append(self._validation_set("validation", texts, self._config.training.validation_segments))
        adaptation = self._config.adaptation
        if adaptation.validation:
            texts = taken_evenly(_read_validation(adaptation.validation), adaptation.validation_pairs)
            segments = len(texts) if self._config.training.validation_segments else 0
            sets.append(self._validation_set("general", texts, segments))
        return sets

    def _validation_set(self, name: str, texts: list[tuple[str, str]], translated: int) -> ValidationSet:
        return ValidationSet(
            name,
            self._encode(texts),
            Texts.of(
                taken_evenly(texts, translated),
                self.glossary,
                lambda sources: encode_sources(self._tokenizer, sources, self._prefix),
                self._tokenizer,
                self._longest,
            )
            if translated
            else None,
            self._tokenizer,
            self._config.decoding.replace(num_beams=self._config.training.generation_num_beams),
            self._longest,
        )


def _read_validation(files: Sequence[str]) -> list[tuple[str, str]]:
    if len(files) == 1:
        return list(read_pairs(CorpusSource(path=files[0]), Counter()))
    sides = []
    for path in files:
        try:
            sides.append([line.strip() for line in Path(path).read_text("utf-8").splitlines()])
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"cannot be read ({error})", path=path, hint="correct adaptation.validation") from None
    if len(sides[0]) != len(sides[1]):
        raise DataError(f"{len(sides[0])} lines against {len(sides[1])} in {files[1]}", path=files[0])
    return [(normalise_source(zh), en) for zh, en in zip(*sides, strict=True) if zh and en]


def encode_pairs(
    sources: Sequence[str],
    references: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    glossary: Glossary | None,
    longest: int,
    prefix: str = "",
    dictionary: Lexicon | None = None,
) -> PackedPairs:
    """Tokenise pairs plain and, where terms stand on both sides, annotated.

    A pair with a side of more than ``longest`` tokens is left out with a warning; where only the
    annotated form is too long, the plain one is kept.

    Args:
        sources, references: line-aligned, cleaned.
        tokenizer: with the term tags, languages set.
        glossary: what to annotate; None for nothing.
        longest: the positions the model has.
        prefix: text that the model is given before every source.
        dictionary: its pairs are annotated where they overlap no term of the glossary.
    """
    plain = encode_sources(tokenizer, [strip_tags(source) for source in sources], prefix)
    targets: list[list[int]] = tokenizer(text_target=list(references))["input_ids"] if references else []
    asked = []
    for source, reference in zip(sources, references, strict=True):
        found = find_terms(source, reference, glossary) if glossary is not None else []
        for phrase in find_phrases(source, reference, dictionary) if dictionary is not None else ():
            if not any(phrase.overlaps(other) for other in found):
                found.append(phrase)
        asked.append(annotate(source, Segment(source, reference).wanted(found)) if found else "")
    annotated = encode_sources(tokenizer, asked, prefix)
    rows = [
        (source, form if text and len(form) <= longest else [], target)
        for source, form, text, target in zip(plain, annotated, asked, targets, strict=True)
        if max(len(source), len(target)) <= longest
    ]
    if len(rows) < len(sources):
        _log.warning(
            "%d of %d segments are longer than the model's %d positions and were left out",
            len(sources) - len(rows), len(sources), longest,
        )  # fmt: skip
    return PackedPairs(
        source=Ragged.of([row[0] for row in rows]),
        annotated=Ragged.of([row[1] for row in rows]),
        target=Ragged.of([row[2] for row in rows]),
        origin=np.zeros(len(rows), np.uint8),
        weights=(1.0,),
    )
