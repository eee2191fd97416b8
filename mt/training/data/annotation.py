"""Which terms of a training segment are requested: drawn again for every epoch.

Only what the human translation really has is requested, so a model is never taught a target that is not there. Left
out at random (``terms.drop_share``) are other terms of the glossary, so that terms that are not requested are
translated freely; pairs of phrases that are no terms (``terms.sampled_share``) and invented targets, put into both
sides (``terms.invented_share``), teach to obey any term at all (Dinu et al. 2019; Bergmanis & Pinnis 2021).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from mt.config import TermsConfig
from mt.constraints.annotate import annotate, escape_tags
from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.training.data.length_tagging import OwnLength
from mt.training.data.lexicon import Lexicon, invent_target
from mt.training.data.packed_pairs import PackedPairs, PairEncoder

# Requests do not have more phrases per segment than this.
_MAX_PHRASES = 4


@dataclass(frozen=True)
class FoundTerm:
    """``source[start:end]`` is translated by ``reference[target_start:target_end]``."""

    start: int
    end: int
    target_start: int
    target_end: int

    def overlaps(self, other: FoundTerm) -> bool:
        """Whether the two share characters of either side."""
        return (self.start < other.end and other.start < self.end) or (
            self.target_start < other.target_end and other.target_start < self.target_end
        )


@dataclass(frozen=True)
class Segment:
    """A training pair, its terms of the glossary, and other phrases found on both sides."""

    source: str
    reference: str
    terms: Sequence[FoundTerm] = ()
    phrases: Sequence[FoundTerm] = ()

    def requested(self, terms: Sequence[FoundTerm]) -> list[tuple[int, int, str]]:
        """Return (start, end, target) of terms for ``annotate``, each target as the reference has it."""
        return [(term.start, term.end, self.reference[term.target_start : term.target_end]) for term in terms]


def find_terms(source: str, reference: str, glossary: Glossary) -> list[FoundTerm]:
    """Find the glossary's terms that the human translation really uses."""
    return [
        FoundTerm(check.match.start, check.match.end, check.start, check.end)
        for check in check_terms(reference, glossary.match(source))
        if check.met and check.start is not None and check.end is not None
    ]


class AnnotatedSegments:
    """Segments as packed pairs, annotated again for each epoch.

    A pair with a side longer than the base's positions is left out; if only the annotated form is, the plain one is
    used.

    Args:
        segments: with the terms that may be requested.
        encoder: of the base.
        terms: shares of segments and terms.
        seed: with the number of the epoch, all that the draw depends on.
        inventions: a lexicon whose targets may replace a term's.
        own_length: replaces the prefix by the tag of the pair's own length, where it is such a tag.

    Attributes:
        left_out: how many segments were too long.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        encoder: PairEncoder,
        terms: TermsConfig,
        seed: int,
        *,
        inventions: Lexicon | None = None,
        own_length: OwnLength | None = None,
    ) -> None:
        self._encoder, self._terms, self._seed = encoder, terms, seed
        self._inventions, self._own_length = inventions, own_length
        sources = encoder.sources([escape_tags(segment.source) for segment in segments])
        targets = encoder.targets([segment.reference for segment in segments])
        kept = [
            (segment, source, target)
            for segment, source, target in zip(segments, sources, targets, strict=True)
            if encoder.fits(source, target)
        ]
        self.left_out = len(segments) - len(kept)
        self._segments = [segment for segment, _, _ in kept]
        self._sources = [source for _, source, _ in kept]
        self._targets = [target for _, _, target in kept]

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def target_tokens(self) -> int:
        """Target tokens of one pass over the segments."""
        return sum(map(len, self._targets))

    def __str__(self) -> str:
        """Count the segments, and those with something to request."""
        terms = sum(bool(segment.terms) for segment in self._segments)
        either = sum(bool(segment.terms or segment.phrases) for segment in self._segments)
        return f"{len(self)} segments, {terms} with terms of the glossary, {either} with terms or phrases"

    def __call__(self, epoch: int) -> PackedPairs:
        """Draw the pairs of an epoch, each in one form, annotated or plain."""
        # A string seeds the generator equally in every process.
        rng = random.Random(f"{self._seed} {epoch}")
        drawn = [self._draw(segment, rng) for segment in self._segments]
        annotated = [number for number, (requested, _) in enumerate(drawn) if requested]
        changed = [number for number in annotated if drawn[number][1] != self._segments[number].reference]
        texts = [annotate(self._segments[number].source, drawn[number][0]) for number in annotated]
        invented = dict(zip(changed, self._encoder.targets([drawn[number][1] for number in changed]), strict=True))
        sources, targets = list(self._sources), list(self._targets)
        forms: list[list[int]] = [[] for _ in sources]
        for number, ids in zip(annotated, self._encoder.sources(texts), strict=True):
            target = invented.get(number, targets[number])
            if self._encoder.fits(ids, target):
                sources[number], forms[number], targets[number] = [], ids, target
        pairs = PackedPairs.of(sources, forms, targets)
        return pairs if self._own_length is None else self._own_length.tagged(pairs, list(map(len, self._sources)))

    def _draw(self, segment: Segment, rng: random.Random) -> tuple[list[tuple[int, int, str]], str]:
        """Choose what is requested, (start, end, target) of each, and the reference that has it."""
        terms = self._terms
        if not (segment.terms or segment.phrases) or rng.random() >= terms.annotated_share:
            return [], segment.reference
        chosen = [term for term in segment.terms if rng.random() >= terms.drop_share]
        phrases = [phrase for phrase in segment.phrases if rng.random() < terms.sampled_share]
        rng.shuffle(phrases)
        for phrase in phrases[:_MAX_PHRASES]:
            if not any(phrase.overlaps(other) for other in chosen):
                chosen.append(phrase)
        if not chosen or self._inventions is None or rng.random() >= terms.invented_share:
            return segment.requested(chosen), segment.reference
        return self._invent(segment, chosen, rng, self._inventions)

    def _invent(
        self, segment: Segment, chosen: Sequence[FoundTerm], rng: random.Random, inventions: Lexicon
    ) -> tuple[list[tuple[int, int, str]], str]:
        """Replace the target of one term by an invented one, wherever it is requested."""
        picked = rng.choice(chosen)
        string = segment.source[picked.start : picked.end]
        invention = invent_target(rng, inventions)
        requested, reference, position = [], "", 0
        for term in sorted(chosen, key=lambda term: term.target_start):
            written = segment.reference[term.target_start : term.target_end]
            target = invention if segment.source[term.start : term.end] == string else written
            reference += segment.reference[position : term.target_start] + target
            position = term.target_end
            requested.append((term.start, term.end, target))
        return requested, reference + segment.reference[position:]
