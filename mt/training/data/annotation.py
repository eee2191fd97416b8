"""Which terms of a training segment are asked for: drawn anew for every epoch.

Asked for is only what the human translation really has, so a model is never taught a target that is
not there. Left out at random (``terms.drop_share``) is what the glossary has besides, so that terms
nobody asks for are translated freely; phrase pairs that are no terms (``terms.sampled_share``) and
invented targets, standing on both sides (``terms.invented_share``), teach to obey any term at all
(Dinu et al. 2019; Bergmanis & Pinnis 2021).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from transformers import PreTrainedTokenizerBase

from mt.config import TermsConfig
from mt.constraints.annotate import annotate, strip_tags
from mt.data.lexicon import Lexicon, invent_target
from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.models.load import encode_sources
from mt.training.data.length_tagging import OwnLength, with_tags
from mt.training.data.packed_pairs import PackedPairs
from mt.training.data.ragged import Ragged

__all__ = ["AnnotatedSegments", "FoundTerm", "Segment", "find_phrases", "find_terms"]

# More phrases than this in one segment is not what a request looks like.
_MOST_PHRASES = 4


@dataclass(frozen=True)
class FoundTerm:
    """``source[start:end]`` is translated by ``reference[target_start:target_end]``."""

    start: int
    end: int
    target_start: int
    target_end: int

    def overlaps(self, other: FoundTerm) -> bool:
        """Whether the two share a piece of either side."""
        return (self.start < other.end and other.start < self.end) or (
            self.target_start < other.target_end and other.target_start < self.target_end
        )


@dataclass(frozen=True)
class Segment:
    """A training pair, its glossary's terms, and other phrases that stand on both sides."""

    source: str
    reference: str
    terms: Sequence[FoundTerm] = ()
    phrases: Sequence[FoundTerm] = field(default=())

    def wanted(self, found: Sequence[FoundTerm]) -> list[tuple[int, int, str]]:
        """Return (start, end, target) for ``annotate``: what is asked for is what was written."""
        return [(term.start, term.end, self.reference[term.target_start : term.target_end]) for term in found]


def find_terms(source: str, reference: str, glossary: Glossary) -> list[FoundTerm]:
    """Find the glossary's terms that the human translation really uses."""
    return [
        FoundTerm(check.match.start, check.match.end, check.start, check.end)
        for check in check_terms(reference, glossary.match(source))
        if check.met and check.start is not None and check.end is not None
    ]


def find_phrases(source: str, reference: str, lexicon: Lexicon) -> list[FoundTerm]:
    """Find a lexicon's pairs that stand on both sides."""
    found = []
    ends: dict[str, int] = {}
    for start, end, target in lexicon.find_pairs(source, reference):
        # The lexicon tells the string alone; one that stands there twice is taken in turn.
        place = re.compile(rf"(?<!\w){re.escape(target)}(?!\w)").search(reference, ends.get(target, 0))
        if place is not None:
            ends[target] = place.end()
            found.append(FoundTerm(start, end, place.start(), place.end()))
    return found


class AnnotatedSegments:
    """Segments as packed pairs, annotated anew for each epoch.

    A pair with a side of more than ``longest`` tokens is left out; where only the annotated form is
    too long, the plain one is used.

    Args:
        segments: with what may be asked for in each.
        tokenizer: with the term tags, languages set.
        terms: the shares.
        prefix: text that the model is given before every source.
        longest: the positions the model has.
        seed: with the epoch's number, all that the draw depends on.
        inventions: a lexicon whose targets may be asked for in another's place; None for none.
        own_length: puts the tag of a pair's own length in the place of the prefix; None where that is no such tag.

    Attributes:
        left_out: segments that were too long.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        tokenizer: PreTrainedTokenizerBase,
        terms: TermsConfig,
        *,
        prefix: str,
        longest: int,
        seed: int,
        inventions: Lexicon | None = None,
        own_length: OwnLength | None = None,
    ) -> None:
        self._tokenizer, self._terms, self._prefix, self._longest = tokenizer, terms, prefix, longest
        self._seed, self._inventions, self._own_length = seed, inventions, own_length
        sources = encode_sources(tokenizer, [strip_tags(segment.source) for segment in segments], prefix)
        targets: list[list[int]] = (
            tokenizer(text_target=[segment.reference for segment in segments])["input_ids"] if segments else []
        )
        fits = [max(len(source), len(target)) <= longest for source, target in zip(sources, targets, strict=True)]
        self.left_out = fits.count(False)
        self._segments = [segment for segment, fit in zip(segments, fits, strict=True) if fit]
        self._sources = [source for source, fit in zip(sources, fits, strict=True) if fit]
        self._targets = [target for target, fit in zip(targets, fits, strict=True) if fit]

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def with_terms(self) -> int:
        """Segments that have terms of the glossary to ask for."""
        return sum(bool(segment.terms) for segment in self._segments)

    @property
    def with_any(self) -> int:
        """Segments that have terms or phrases to ask for."""
        return sum(bool(segment.terms or segment.phrases) for segment in self._segments)

    @property
    def target_tokens(self) -> int:
        """Target tokens of a pass over the segments."""
        return sum(map(len, self._targets))

    def __call__(self, epoch: int) -> PackedPairs:
        """Draw the pairs of an epoch: each in one form, annotated or plain."""
        # A string seeds a generator alike in every process.
        rng = random.Random(f"{self._seed} {epoch}")
        drawn = [self._draw(segment, rng) for segment in self._segments]
        asked = [number for number, (wanted, _) in enumerate(drawn) if wanted]
        changed = [number for number in asked if drawn[number][1] != self._segments[number].reference]
        annotated = encode_sources(
            self._tokenizer,
            [annotate(self._segments[number].source, drawn[number][0]) for number in asked],
            self._prefix,
        )
        references = [drawn[number][1] for number in changed]
        invented = dict(
            zip(changed, self._tokenizer(text_target=references)["input_ids"] if changed else [], strict=True)
        )
        sources, targets = list(self._sources), list(self._targets)
        forms: list[list[int]] = [[] for _ in sources]
        for number, ids in zip(asked, annotated, strict=True):
            target = invented.get(number, targets[number])
            if max(len(ids), len(target)) <= self._longest:
                sources[number], forms[number], targets[number] = [], ids, target
        if self._own_length is not None:
            lengths = zip(map(len, self._sources), map(len, targets), strict=True)
            tags = [self._own_length.tag(source, target) for source, target in lengths]
            sources, forms = with_tags(sources, tags), with_tags(forms, tags)
        return PackedPairs(
            source=Ragged.of(sources),
            annotated=Ragged.of(forms),
            target=Ragged.of(targets),
            origin=np.zeros(len(sources), np.uint8),
            weights=(1.0,),
        )

    def _draw(self, segment: Segment, rng: random.Random) -> tuple[list[tuple[int, int, str]], str]:
        """Choose what is asked for: (start, end, target) of each, and the reference that has it."""
        terms = self._terms
        if not (segment.terms or segment.phrases) or rng.random() >= terms.annotated_share:
            return [], segment.reference
        chosen = [term for term in segment.terms if rng.random() >= terms.drop_share]
        phrases = [phrase for phrase in segment.phrases if rng.random() < terms.sampled_share]
        rng.shuffle(phrases)
        for phrase in phrases[:_MOST_PHRASES]:
            if not any(phrase.overlaps(other) for other in chosen):
                chosen.append(phrase)
        if not chosen or self._inventions is None or rng.random() >= terms.invented_share:
            return segment.wanted(chosen), segment.reference
        return self._invent(segment, chosen, rng, self._inventions)

    def _invent(
        self, segment: Segment, chosen: Sequence[FoundTerm], rng: random.Random, inventions: Lexicon
    ) -> tuple[list[tuple[int, int, str]], str]:
        """Put a made-up target in the place of one term's, wherever that is asked for."""
        picked = rng.choice(chosen)
        string = segment.source[picked.start : picked.end]
        invention = invent_target(rng, inventions)
        wanted, reference, position = [], "", 0
        for term in sorted(chosen, key=lambda term: term.target_start):
            written = segment.reference[term.target_start : term.target_end]
            target = invention if segment.source[term.start : term.end] == string else written
            reference += segment.reference[position : term.target_start] + target
            position = term.target_end
            wanted.append((term.start, term.end, target))
        return wanted, reference + segment.reference[position:]
