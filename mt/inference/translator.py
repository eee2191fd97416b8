"""``Translator``: translates texts so that the glossary's terms are in the output, and reports on every term."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack, get_args, overload

from mt.config import DecodingConfig
from mt.errors import GlossaryError
from mt.glossary.glossary import Glossary, GlossaryLike
from mt.glossary.matching.source_matcher import TermMatch
from mt.glossary.mentions import MentionPolicy
from mt.glossary.term import Policy
from mt.inference.assemble import assemble
from mt.inference.clauses import replace_by_parts, should_split, split_long, split_overlong, split_sentence
from mt.inference.engines.base import Engine, Hypothesis
from mt.inference.engines.load import EngineName, load_engine
from mt.inference.request import Request
from mt.inference.requested_entities import find_requested, outside_masks, row_of_names, without_overlaps
from mt.inference.search import Searcher
from mt.inference.sentences import Sentence, check_texts, split_texts
from mt.inference.terms import match_texts, sentence_terms
from mt.inference.translation import Translation
from mt.io.starter import resolve_model
from mt.text.stop_words import table_headings

_log = logging.getLogger(__name__)

# soft: annotate, check, and annotate again clause by clause what misses a term; hybrid: the same, then decode with
# hard constraints what still misses one; hard: constrain every segment with terms from the start; off: find and
# report terms, request none.
GlossaryMode = Literal["hybrid", "soft", "hard", "off"]
# Called with the number of sentences done and of all.
Progress = Callable[[int, int], None]


class DecodingOptions(TypedDict, total=False):
    """Keyword options of :meth:`Translator.from_pretrained`: a whole ``decoding``, and fields of it to change."""

    decoding: DecodingConfig | None
    num_beams: int
    length_penalty: float | None
    max_length_ratio: float
    no_repeat_ngram_size: int
    batch_tokens: int
    clause_characters: int | None
    numbers: Literal["auto", "request", "ignore"]
    names: Literal["auto", "request", "ignore"]
    protect: list[str]


class _Options(TypedDict, total=False):
    documents: Sequence[Any] | None
    glossaries: Sequence[Glossary | None] | None
    mentions: MentionPolicy | None
    progress: Progress | None


class Translator:
    """A model with a glossary. May be used from several threads.

    Args:
        engine: what decodes.
        glossary: its terms are requested and reported; None for plain translation.
        glossary_mode: how they are requested (``GlossaryMode``).
        policy: which mentions are full names and which acronyms (``MentionPolicy``).

    Raises:
        GlossaryError: there is no such mode or policy, or the glossary cannot be read.
    """

    def __init__(
        self,
        engine: Engine,
        glossary: GlossaryLike | None = None,
        *,
        glossary_mode: GlossaryMode = "hybrid",
        policy: Policy = "first-full",
    ) -> None:
        for name, value, allowed in (
            ("glossary mode", glossary_mode, get_args(GlossaryMode)),
            ("policy", policy, get_args(Policy)),
        ):
            if value not in allowed:
                raise GlossaryError(f"there is no {name} '{value}'", hint=f"choose {', '.join(allowed)}")
        self.engine = engine
        self.glossary = Glossary.coerce(glossary)
        self.glossary_mode: GlossaryMode = glossary_mode
        self.policy: Policy = policy

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path,
        glossary: GlossaryLike | None = None,
        *,
        glossary_mode: GlossaryMode = "hybrid",
        policy: Policy = "first-full",
        device: str = "auto",
        engine: EngineName = "auto",
        **options: Unpack[DecodingOptions],
    ) -> Translator:
        """Load a model and a glossary.

        Args:
            model: a folder, or a hub name.
            glossary: a ``Glossary``, a dictionary, a file, or several of these, of which the first has priority.
            glossary_mode, policy: as in :class:`Translator`.
            device: ``auto``, ``cpu`` or ``cuda``.
            engine: ``auto`` is torch on a GPU, else CTranslate2, whose int8 weights are made once and kept in a cache
                folder (tiny models stay in torch).
            options: decoding options such as ``num_beams``: the fields of :class:`mt.config.DecodingConfig`.

        Raises:
            ModelError: the model cannot be loaded.
            GlossaryError: the glossary cannot be read.
            ConfigError: a decoding option is unknown or out of range.
        """
        decoding = (options.pop("decoding", None) or DecodingConfig()).replace(**options)
        # The glossary first: it is quick, and its errors come at once.
        terms = Glossary.coerce(glossary)
        loaded = load_engine(resolve_model(model), decoding, device, engine)
        return cls(loaded, terms, glossary_mode=glossary_mode, policy=policy)

    @overload
    def translate(self, texts: str, **options: Unpack[_Options]) -> Translation: ...
    @overload
    def translate(self, texts: list[str] | tuple[str, ...], **options: Unpack[_Options]) -> list[Translation]: ...
    def translate(
        self,
        texts: str | Iterable[str],
        *,
        documents: Sequence[Any] | None = None,
        glossaries: Sequence[Glossary | None] | None = None,
        mentions: MentionPolicy | None = None,
        progress: Progress | None = None,
    ) -> Translation | list[Translation]:
        """Translate a text, or a list of texts as one document, sentence by sentence; line ends are kept.

        Args:
            texts: one text or several.
            documents: for each text, the document it belongs to, any value; texts of a document follow each other.
            glossaries: for each text, its terms instead of those of the translator's own glossary.
            mentions: the state of a document begun in earlier calls; advanced by this one.
            progress: called with the number of sentences done and of all.

        Raises:
            TypeError: ``texts`` is neither a string nor a list of strings.
            ValueError: ``documents`` or ``glossaries`` has another length than ``texts``.
        """
        given = check_texts(texts)
        for name, values in (("documents", documents), ("glossaries", glossaries)):
            if values is not None and len(values) != len(given):
                raise ValueError(f"{len(given)} texts but {len(values)} {name}: give one for each text")
        glossaries = [self.glossary] * len(given) if glossaries is None else glossaries
        terms = match_texts(given, glossaries)
        patterns = [re.compile(pattern) for pattern in self.engine.settings.decoding.protect]
        spans = [[(match.start, match.end) for match in own] for own in terms]
        sentences = split_texts(given, patterns, documents, spans)
        with_terms = [sentence_terms(own, terms[own.text], glossaries[own.text]) for own in sentences]
        requests = self._requests(with_terms, documents, mentions or MentionPolicy(self.policy))
        translations = assemble(given, self._decode(requests, progress), patterns)
        return translations[0] if isinstance(texts, str) else translations

    def _requests(
        self,
        with_terms: Sequence[tuple[Sentence, list[TermMatch]]],
        documents: Sequence[Any] | None,
        policy: MentionPolicy,
    ) -> list[Request]:
        """Find entities, and decide which target is requested for each mention of a term."""
        requests = []
        settings = self.engine.settings
        sentences = [sentence for sentence, _ in with_terms]
        found = find_requested(sentences, documents, numbers=settings.numbers, names=settings.names)
        document = documents[sentences[0].text] if documents is not None and sentences else None
        for (sentence, matches), entities in zip(with_terms, found, strict=True):
            if documents is not None and documents[sentence.text] != document:
                document = documents[sentence.text]
                policy.reset()
            matches = outside_masks(matches, entities)
            requested = [policy.target_for(match.term) for match in matches]
            request = Request(sentence, matches, requested, without_overlaps(entities, matches))
            # A target half as long as the model's positions leaves no room for a sentence.
            request.refuse_terms(lambda target: self._searcher.too_long(2 * target))
            if not matches and (heading := table_headings().get(sentence.source)):
                request.leave(heading)
            elif not matches and (names := row_of_names(sentence.source, entities)):
                request.left = True
                request.accept(Hypothesis(names, 0.0), constrained=False, respell=False)
            requests.append(request)
        return requests

    def _decode(self, requests: list[Request], progress: Progress | None) -> list[Request]:
        """Translate requests; those that were split come back as their parts."""
        settings = self.engine.settings
        if settings.decoding.clause_characters:
            requests = split_long(requests, settings.decoding.clause_characters)
        requests = self._fitting(requests)
        total = len(requests)

        def report(done: int) -> None:
            if progress is not None:
                progress(done, total)

        hard = self.glossary_mode == "hard" and self.engine.searches_constrained
        self._searcher.search(requests, hard=hard, progress=report)
        if self.glossary_mode in ("hybrid", "soft") and settings.knows_tags:
            # Where the first pass requested no term, that it misses one says nothing of the model.
            requests = self._retry_by_clause(requests)
        if self.glossary_mode in ("hybrid", "hard") and not hard:
            missing = [request for request in requests if request.misses_term]
            _log.debug("%d of %d sentences miss a term and are decoded again", len(missing), total)
            self._searcher.search(missing, hard=True)
        return self._restore_copies(requests)

    def _restore_copies(self, requests: list[Request]) -> list[Request]:
        """Decode again, under constraint, what lost a protected span; then translate around the spans still lost."""
        missing = [request for request in requests if request.misses_copy]
        _log.debug("%d of %d sentences lost a protected span and are decoded again", len(missing), len(requests))
        hard = self.glossary_mode in ("hybrid", "hard")
        retried = [replace(request, lost=tuple(span is None for span in request.found)) for request in missing]
        self._searcher.search(retried, hard=hard, copies=True)
        better = {
            id(old): new
            for old, new in zip(missing, retried, strict=True)
            if new.terms_met >= old.terms_met and (new.complete, new.copied) > (old.complete, old.copied)
        }
        requests = [better.get(id(request), request) for request in requests]
        parts = {
            number: request.parts_around_spans() for number, request in enumerate(requests) if not request.complete
        }
        self._searcher.search([part for own in parts.values() for part in own], hard=hard)
        return replace_by_parts(requests, parts)

    def _fitting(self, requests: Sequence[Request]) -> list[Request]:
        """Cut what is longer than the model's positions; a part that cannot be cut is left as it is."""
        longest = 4 * (self.engine.settings.decoding.clause_characters or self.engine.settings.longest_input)
        searcher, fitting = self._searcher, set[int]()

        def fits(request: Request) -> bool:
            found = len(request.sentence.source) <= longest and not searcher.too_long(searcher.segment(request))
            if found:
                fitting.add(id(request))
            return found

        parts = [part for request in requests for part in split_overlong(request, fits)]
        for part in parts:
            if id(part) not in fitting and searcher.too_long(searcher.segment(part)):
                line, source = part.sentence.line + 1, part.sentence.source
                _log.warning("line %d: longer than the model can read, left as it is: %.40s…", line, source)
                part.leave()
        return parts

    def _retry_by_clause(self, requests: Sequence[Request]) -> list[Request]:
        """Split the sentences that miss a term or an entity, and translate their parts."""
        parts = {number: split_sentence(request) for number, request in enumerate(requests) if should_split(request)}
        self._searcher.search([part for own in parts.values() for part in own])
        return replace_by_parts(requests, parts)

    @property
    def _searcher(self) -> Searcher:
        return Searcher(self.engine, with_terms=self.glossary_mode != "off")
