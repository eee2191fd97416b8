"""``Translator``: texts in, glossary-true texts out, with an account of every term."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import torch

from mt.config import DecodingConfig
from mt.constraints.annotate import annotate, strip_tags
from mt.constraints.constraint import Constraint
from mt.constraints.source_spans import plain_spans, tagged_spans
from mt.errors import GlossaryError
from mt.glossary.check import TermCheck, check_terms
from mt.glossary.entries import Glossary, Policy
from mt.glossary.match import TermMatch
from mt.glossary.policy import MentionPolicy
from mt.inference.ct2_engine import Ct2Engine
from mt.inference.export import CT2_FOLDER
from mt.inference.outcome import TermOutcome, Translation
from mt.inference.sentences import Sentence, join, take_apart
from mt.inference.torch_engine import Choice, Hypothesis, TorchEngine

__all__ = ["GlossaryMode", "Translator"]

_log = logging.getLogger(__name__)

# hybrid: annotate, check, and decode again under hard constraints what misses a term; soft: annotate
# only; hard: constrain every segment with terms from the start; off: find and report terms, ask for none.
GlossaryMode = Literal["hybrid", "soft", "hard", "off"]


@dataclass
class _Request:
    """A sentence with its terms, what is wanted for each, and what came of it."""

    sentence: Sentence
    matches: list[TermMatch]
    wanted: list[str]
    hypothesis: Hypothesis
    checks: list[TermCheck]
    constrained: bool = False
    reasons: dict[int, str] | None = None

    @property
    def missing(self) -> bool:
        return any(not check.met for check in self.checks)


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
            raise GlossaryError(f"no glossary mode '{glossary_mode}'", mend="choose hybrid, soft, hard or off")
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
        self._decode(requests, progress)
        translations = _assemble(given, requests)
        if details:
            return translations[0] if single else translations
        return translations[0].text if single else [translation.text for translation in translations]

    def _requests(
        self,
        sentences: Sequence[Sentence],
        documents: Sequence[Any] | None,
        glossaries: Sequence[Glossary | None],
        policy: MentionPolicy,
    ) -> list[_Request]:
        requests = []
        document = documents[sentences[0].text] if documents is not None and sentences else None
        for sentence in sentences:
            if documents is not None and documents[sentence.text] != document:
                document = documents[sentence.text]
                policy.reset()
            glossary = glossaries[sentence.text]
            matches = glossary.match(sentence.source) if glossary is not None else []
            wanted = [policy.target_for(match.term) for match in matches]
            requests.append(_Request(sentence, matches, wanted, Hypothesis("", 0.0), []))
        return requests

    def _decode(self, requests: Sequence[_Request], progress: Callable[[int, int], None] | None) -> None:
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
            if self.glossary_mode == "hybrid":
                missing = [request for request in requests if request.missing]
                if missing:
                    _log.debug("%d of %d sentences miss a term and are decoded again", len(missing), total)
                    self._search(missing, hard=True, progress=None)

    def _search(self, requests: Sequence[_Request], *, hard: bool, progress: Callable[[int], None] | None) -> None:
        """Decode some requests and check their terms."""
        if not requests:
            return
        soft = self.glossary_mode != "off" and self.engine.knows_tags
        segments = [
            annotate(request.sentence.source, _spans(request)) if soft else strip_tags(request.sentence.source)
            for request in requests
        ]
        constraints = None
        if hard:
            constraints = [
                self._constraints(request, segment, soft) for request, segment in zip(requests, segments, strict=True)
            ]
        choices = {}
        if self.glossary_mode != "off":
            choices = {number: _most_met(request) for number, request in enumerate(requests) if request.matches}
        hypotheses, reasons = self.engine.decode(segments, constraints=constraints, choices=choices, progress=progress)
        for number, (request, hypothesis) in enumerate(zip(requests, hypotheses, strict=True)):
            request.hypothesis = hypothesis
            request.checks = check_terms(hypothesis.text, request.matches)
            request.constrained = hard
            if hard:
                request.reasons = {index: reason for (segment, index), reason in reasons.items() if segment == number}

    def _constraints(self, request: _Request, segment: str, soft: bool) -> list[Constraint]:
        """Spell what is wanted for each mention, or, where that cannot be, any target of the term."""
        engine, speller = self.engine, self.engine.speller
        if soft:
            spans = tagged_spans(engine.tokenizer, engine.tokens([segment])[0])
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


def _most_met(request: _Request) -> Choice:
    """Choose the hypothesis that meets the most terms; of equals the best."""

    def choose(texts: Sequence[str]) -> int:
        most, chosen = -1, 0
        for number, text in enumerate(texts):
            met = sum(check.met for check in check_terms(text, request.matches))
            if met > most:
                most, chosen = met, number
            if met == len(request.matches):
                break
        return chosen

    return choose


def _has_gpu(device: str) -> bool:
    return device == "auto" and torch.cuda.is_available()


def _spans(request: _Request) -> list[tuple[int, int, str]]:
    return [(match.start, match.end, wanted) for match, wanted in zip(request.matches, request.wanted, strict=True)]


def _assemble(texts: Sequence[str], requests: Sequence[_Request]) -> list[Translation]:
    """Put sentences together into texts, their terms placed in the texts as given and as put out."""
    sentences = [request.sentence for request in requests]
    joined, starts = join(texts, sentences, [request.hypothesis.text for request in requests])
    outcomes: list[list[TermOutcome]] = [[] for _ in texts]
    scores: list[list[tuple[float, int]]] = [[] for _ in texts]
    for request, start in zip(requests, starts, strict=True):
        number = request.sentence.text
        scores[number].append((request.hypothesis.score, len(request.hypothesis.text)))
        for index, (match, check) in enumerate(zip(request.matches, request.checks, strict=True)):
            outcomes[number].append(_outcome(request, index, match, check, start))
    return [
        Translation(text, _mean(parts), tuple(terms))
        for text, parts, terms in zip(joined, scores, outcomes, strict=True)
    ]


def _outcome(request: _Request, index: int, match: TermMatch, check: TermCheck, start: int) -> TermOutcome:
    source_start, source_end = request.sentence.span(match.start, match.end)
    if check.met and check.start is not None and check.end is not None:
        return TermOutcome(
            match.term,
            source_start,
            source_end,
            check.target,
            start + check.start,
            start + check.end,
            "constrained" if request.constrained else "model",
        )
    reason = (request.reasons or {}).get(index)
    if reason is None:
        reason = (
            "not in the output, and no hard constraint was asked for"
            if not request.constrained
            else "the constrained search did not spell it as a word of its own"
        )
    return TermOutcome(match.term, source_start, source_end, None, None, None, "unsatisfied", reason)


def _mean(parts: Sequence[tuple[float, int]]) -> float:
    weight = sum(length for _, length in parts)
    return sum(score * length for score, length in parts) / weight if weight else 0.0
