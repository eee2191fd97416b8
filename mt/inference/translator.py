"""``Translator``: texts in, glossary-true texts out, with an account of every term."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, overload

import torch

from mt.config import DecodingConfig
from mt.constraints.annotate import annotate
from mt.constraints.constraint import Constraint
from mt.constraints.source_spans import plain_spans, tagged_spans
from mt.errors import GlossaryError
from mt.glossary.glossary import Glossary
from mt.glossary.mentions import MentionPolicy
from mt.glossary.term import Policy
from mt.inference.clauses import clauses, overburdened, with_parts, without_long
from mt.inference.engines.ctranslate2_engine import Ct2Engine
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.export import CT2_FOLDER
from mt.inference.request import Request, assemble
from mt.inference.requested_entities import find_asked, without_overlaps
from mt.inference.sentences import Sentence, take_apart
from mt.inference.translation import Translation
from mt.io.starter import resolve_model

__all__ = ["GlossaryMode", "Translator"]

_log = logging.getLogger(__name__)

# soft: annotate, check, and annotate again clause by clause what misses a term; hybrid: the same, then decode
# under hard constraints what still misses one; hard: constrain every segment with terms from the start; off: find
# and report terms, ask for none.
GlossaryMode = Literal["hybrid", "soft", "hard", "off"]


class Translator:
    """A model with a glossary.

    Args:
        engine: what decodes.
        glossary: its terms are asked for and reported; None for plain translation.
        glossary_mode: how they are asked for (``GlossaryMode``).
        policy: how full names and acronyms share out over a document (``MentionPolicy``).
    """

    def __init__(
        self,
        engine: TorchEngine | Ct2Engine,
        glossary: Glossary | None = None,
        *,
        glossary_mode: GlossaryMode = "hybrid",
        policy: Policy = "first-full",
    ) -> None:
        if glossary_mode not in ("hybrid", "soft", "hard", "off"):
            raise GlossaryError(f"no glossary mode '{glossary_mode}'", hint="choose hybrid, soft, hard or off")
        self.engine = engine
        self.glossary = glossary
        self.glossary_mode: GlossaryMode = glossary_mode
        self.policy: Policy = policy

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path,
        glossary: str | Path | Glossary | None = None,
        *,
        glossary_mode: GlossaryMode = "hybrid",
        policy: Policy = "first-full",
        decoding: DecodingConfig | None = None,
        device: str = "auto",
    ) -> Translator:
        """Load a model folder (or cached hub name) and a term base.

        A folder of ``zhen-mt export`` is decoded by CTranslate2 where there is no GPU.

        Raises:
            ModelError: the model cannot be loaded.
            GlossaryError: the term base cannot be read.
        """
        model = resolve_model(model)
        # The glossary first: it is quick, and the user hears of its faults at once.
        terms = glossary if isinstance(glossary, Glossary) or glossary is None else Glossary.load(glossary)
        engine: TorchEngine | Ct2Engine
        if device in ("auto", "cpu") and (Path(model) / CT2_FOLDER).is_dir() and not _has_gpu(device):
            engine = Ct2Engine(model, decoding or DecodingConfig())
        else:
            engine = TorchEngine.load(model, decoding or DecodingConfig(), device)
        return cls(engine, terms, glossary_mode=glossary_mode, policy=policy)

    @overload
    def translate(
        self,
        texts: str,
        *,
        details: Literal[False] = ...,
        documents: Sequence[Any] | None = ...,
        glossaries: Sequence[Glossary] | None = ...,
        mentions: MentionPolicy | None = ...,
        progress: Callable[[int, int], None] | None = ...,
    ) -> str: ...
    @overload
    def translate(
        self,
        texts: list[str] | tuple[str, ...],
        *,
        details: Literal[False] = ...,
        documents: Sequence[Any] | None = ...,
        glossaries: Sequence[Glossary] | None = ...,
        mentions: MentionPolicy | None = ...,
        progress: Callable[[int, int], None] | None = ...,
    ) -> list[str]: ...
    @overload
    def translate(
        self,
        texts: str,
        *,
        details: Literal[True],
        documents: Sequence[Any] | None = ...,
        glossaries: Sequence[Glossary] | None = ...,
        mentions: MentionPolicy | None = ...,
        progress: Callable[[int, int], None] | None = ...,
    ) -> Translation: ...
    @overload
    def translate(
        self,
        texts: list[str] | tuple[str, ...],
        *,
        details: Literal[True],
        documents: Sequence[Any] | None = ...,
        glossaries: Sequence[Glossary] | None = ...,
        mentions: MentionPolicy | None = ...,
        progress: Callable[[int, int], None] | None = ...,
    ) -> list[Translation]: ...
    def translate(
        self,
        texts: str | Sequence[str],
        *,
        details: bool = False,
        documents: Sequence[Any] | None = None,
        glossaries: Sequence[Glossary] | None = None,
        mentions: MentionPolicy | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> str | list[str] | Translation | list[Translation]:
        """Translate a text, or a list of texts as one document.

        Line ends are kept; sentences are translated one by one, and a term's first mention in the document
        may be asked for in full.

        Args:
            texts: one text or a list.
            details: return ``Translation`` objects instead of strings.
            documents: for each text, the document it belongs to (any value; texts of a document stand
                together); by default all are one document.
            glossaries: for each text, the terms it is held to instead of the translator's own glossary (test
                sets give terms segment by segment).
            mentions: the state of a document begun in earlier calls; advanced by this one.
            progress: told the sentences done and their number.
        """
        single = isinstance(texts, str)
        given = [texts] if isinstance(texts, str) else list(texts)
        sentences = take_apart(given)
        terms = [self.glossary] * len(given) if glossaries is None else list(glossaries)
        requests = self._requests(sentences, documents, terms, mentions or MentionPolicy(self.policy))
        requests = self._decode(requests, progress)
        translations = assemble(given, requests)
        if details:
            return translations[0] if single else translations
        return translations[0].text if single else [translation.text for translation in translations]

    def _requests(
        self,
        sentences: Sequence[Sentence],
        documents: Sequence[Any] | None,
        glossaries: Sequence[Glossary | None],
        policy: MentionPolicy,
    ) -> list[Request]:
        requests = []
        asked = find_asked(sentences, documents, figures=self.engine.numbers, names=self.engine.names)
        document = documents[sentences[0].text] if documents is not None and sentences else None
        for sentence, readings in zip(sentences, asked, strict=True):
            if documents is not None and documents[sentence.text] != document:
                document = documents[sentence.text]
                policy.reset()
            glossary = glossaries[sentence.text]
            matches = glossary.match(sentence.source) if glossary is not None else []
            wanted = [policy.target_for(match.term) for match in matches]
            requests.append(Request(sentence, matches, wanted, without_overlaps(readings, matches)))
        return requests

    def _decode(self, requests: Sequence[Request], progress: Callable[[int, int], None] | None) -> list[Request]:
        """Translate requests; those that were taken apart come back as their parts."""
        if self.engine.clause_characters:
            requests = without_long(requests, self.engine.clause_characters)
        total = len(requests)

        def tell(done: int) -> None:
            if progress is not None:
                progress(done, total)

        if self.glossary_mode == "hard":
            plain = [request for request in requests if not request.matches]
            terms = [request for request in requests if request.matches]
            self._search(plain, hard=False, progress=tell)
            self._search(terms, hard=True, progress=lambda done: tell(len(plain) + done))
        else:
            self._search(requests, hard=False, progress=tell)
            if self.glossary_mode != "off" and self.engine.knows_tags:
                # Where the first pass asked for no term, that it misses one says nothing of the model.
                requests = self._lighten(requests)
            if self.glossary_mode == "hybrid":
                missing = [request for request in requests if request.missing]
                if missing:
                    _log.debug("%d of %d sentences miss a term and are decoded again", len(missing), total)
                    self._search(missing, hard=True, progress=None)
        return list(requests)

    def _lighten(self, requests: Sequence[Request]) -> list[Request]:
        """Take apart what is overburdened with terms, and translate its parts."""
        parts = {number: clauses(request) for number, request in enumerate(requests) if overburdened(request)}
        self._search([part for own in parts.values() for part in own], hard=False, progress=None)
        return with_parts(requests, parts)

    def _search(self, requests: Sequence[Request], *, hard: bool, progress: Callable[[int], None] | None) -> None:
        """Decode some requests and check their terms."""
        if not requests:
            return
        soft = self.glossary_mode != "off" and self.engine.knows_tags
        segments = [
            annotate(request.sentence.source, [*(request.spans if soft else ()), *request.reading_spans])
            for request in requests
        ]
        constraints = None
        if hard:
            constraints = [
                self._constraints(request, segment, soft) for request, segment in zip(requests, segments, strict=True)
            ]
        asks = self.glossary_mode != "off"
        choices = {
            number: partial(request.choose, terms=asks)
            for number, request in enumerate(requests)
            if request.readings or (asks and request.matches)
        }
        hypotheses, reasons = self.engine.decode(segments, constraints=constraints, choices=choices, progress=progress)
        for number, (request, hypothesis) in enumerate(zip(requests, hypotheses, strict=True)):
            request.take(hypothesis, constrained=hard, respell=asks)
            request.reasons = {index: reason for (segment, index), reason in reasons.items() if segment == number}

    def _constraints(self, request: Request, segment: str, soft: bool) -> list[Constraint]:
        """Spell what is wanted for each mention, or, where that cannot be, any target of the term."""
        engine, speller = self.engine, self.engine.speller
        if soft:
            tagged = tagged_spans(engine.tokenizer, engine.tokens([segment])[0])
            # Figures and names are tagged too, among the terms.
            asked = sorted([*request.spans, *request.reading_spans])
            terms = set(request.spans)
            spans = [span for span, term in zip(tagged, asked, strict=True) if term in terms]
        else:
            matched = [(match.start, match.end) for match in request.matches]
            spans = plain_spans(engine.tokenizer, segment, matched, engine.prefix)
        constraints = []
        for match, wanted, span in zip(request.matches, request.wanted, spans, strict=True):
            spelled = speller.term(match.term, wanted, source_span=span)
            if spelled.unspellable:
                spelled = speller.term(match.term, source_span=span)
            constraints.append(spelled.constraint)
        return constraints


def _has_gpu(device: str) -> bool:
    return device == "auto" and torch.cuda.is_available()
