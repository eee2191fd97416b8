"""Requests decoded with their terms annotated, their protected spans masked, and either as constraints."""

from collections.abc import Callable, Sequence
from functools import partial

from mt.constraints.annotate import annotate, plain_spans, tagged_spans
from mt.constraints.constraint import Constraint
from mt.inference.engines.base import Engine, Unmet
from mt.inference.request import Request


class Searcher:
    """Decodes requests with an engine; ``with_terms`` if terms are requested, not only reported."""

    def __init__(self, engine: Engine, *, with_terms: bool) -> None:
        self._engine = engine
        self._with_terms = with_terms

    def too_long(self, segment: str) -> bool:
        """Whether a segment has more tokens than the model takes."""
        limit = self._engine.settings.longest_input
        # No character has more than four bytes, and few tokenizers more than five tokens for one.
        return len(segment) > limit // 5 and len(self._engine.tokens([segment])[0]) > limit

    def segment(self, request: Request) -> str:
        """Annotate a sentence with its entities and, where the model can read and should heed them, its terms."""
        soft = self._with_terms and self._engine.settings.knows_tags
        spans = [*(request.term_spans if soft else ()), *request.entity_spans]
        return annotate(
            request.masks.source, [(*request.masks.span(start, end), target) for start, end, target in spans]
        )

    def search(
        self,
        requests: Sequence[Request],
        *,
        hard: bool = False,
        copies: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Decode some requests, and check their terms and entities.

        Args:
            requests: to decode.
            hard: whether their terms are constraints.
            copies: whether all their protected spans are; otherwise those of sentences with several, of which a model
                by itself loses one in twenty, if the engine searches under constraints as fast as without.
            progress: called with the number decoded.
        """
        requests = [request for request in requests if not request.left]
        several = self._engine.searches_constrained
        constrained = [
            request
            for request in requests
            if (hard and request.matches) or copies or (several and len(request.masks.tokens) > 1)
        ]
        known = set(map(id, constrained))
        free = [request for request in requests if id(request) not in known]
        self._search_all(free, None, progress)
        self._search_all(
            constrained,
            lambda request, segment: [
                *(self._constraints(request, segment) if hard else ()),
                *self._copy_constraints(request, segment, written=copies),
            ],
            progress and (lambda done: progress(len(free) + done)),
            hard=hard,
            copies=copies,
        )

    def _search_all(
        self,
        requests: Sequence[Request],
        constrain: Callable[[Request, str], list[Constraint]] | None,
        progress: Callable[[int], None] | None,
        *,
        hard: bool = False,
        copies: bool = False,
    ) -> None:
        if not requests:
            return
        segments = [self.segment(request) for request in requests]
        choices = {
            number: partial(request.choose, terms=self._with_terms)
            for number, request in enumerate(requests)
            if request.entities or (self._with_terms and request.matches)
        }
        with self._engine.lock:
            constraints, unmet = None, list[Unmet]()
            if constrain is not None:
                constraints = [constrain(request, segment) for request, segment in zip(requests, segments, strict=True)]
                unmet = [partial(request.unmet, terms=hard, copies=copies) for request in requests]
            hypotheses = self._engine.decode(
                segments, constraints=constraints, unmet=unmet, choices=choices, progress=progress
            )
        for request, hypothesis in zip(requests, hypotheses, strict=True):
            request.accept(hypothesis, constrained=hard, respell=self._with_terms)

    def _constraints(self, request: Request, segment: str) -> list[Constraint]:
        """Spell the requested target of each mention, or, where that cannot be spelled, any target of the term."""
        engine, speller = self._engine, self._engine.speller
        if engine.settings.knows_tags:
            tagged = tagged_spans(engine.tokenizer, engine.tokens([segment])[0])
            # Entities are tagged too, among the terms.
            terms = set(request.term_spans)
            annotated = sorted([*request.term_spans, *request.entity_spans])
            spans = [span for span, term in zip(tagged, annotated, strict=True) if term in terms]
        else:
            matched = [request.masks.span(match.start, match.end) for match in request.matches]
            spans = plain_spans(engine.tokenizer, segment, matched, engine.settings.prefix)
        constraints = []
        for match, target, span in zip(request.matches, request.requested, spans, strict=True):
            constraint = speller.term(match.term, target, span)
            constraints.append(constraint if constraint.alternatives else speller.term(match.term, None, span))
        return constraints

    def _copy_constraints(self, request: Request, segment: str, *, written: bool) -> list[Constraint]:
        """Spell the tokens of the masked spans and, if ``written``, the digits and names that are to be copied."""
        forms: list[tuple[str, ...]] = [(token,) for token in request.masks.tokens]
        forms += [entity.forms for entity in request.entities if entity.copied and written]
        found = [segment.find(own[0]) for own in forms]
        places = [(max(start, 0), max(start, 0) + len(own[0])) for start, own in zip(found, forms, strict=True)]
        spans = plain_spans(self._engine.tokenizer, segment, places, self._engine.settings.prefix)
        return [
            self._engine.speller.constraint([(form, True) for form in own], span if start >= 0 else None)
            for own, span, start in zip(forms, spans, found, strict=True)
        ]
