"""``Metric`` and ``Score``: sacrebleu's, extended to metrics that read the source text.

A metric turns each segment (or document) into a row of sufficient statistics, and sums of rows into a score, so
that corpus scores, segment scores and significance tests come from one pass over the text.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import sacrebleu.metrics.base

from mt.errors import DataError
from mt.metrics.row_scores import Array, RowsScorer

# One list of segments, or several of equal length where there are several references.
References = Sequence[str] | Sequence[Sequence[str]]


class Score(sacrebleu.metrics.base.Score):
    """One system's score by one metric; ``format()`` and ``str()`` as sacrebleu has them.

    ``score`` is None where nothing could be measured. ``statistics`` are sufficient ones, shape (segments, counts);
    document metrics have one row per document. ``score_rows`` turns rows of their sums into scores.
    """

    def __init__(self, name: str, score: float | None, statistics: Array, score_rows: RowsScorer) -> None:
        super().__init__(name, score)
        self.statistics, self.score_rows = statistics, score_rows
        self.score_segments = score_rows  # of single segments: BLEU has effective order there, as sacrebleu advises
        self.signature = ""
        self.lower_is_better = False

    @cached_property
    def segments(self) -> tuple[float, ...]:
        """The score of each segment (or document) alone."""
        return tuple(self.score_segments(self.statistics).tolist())

    def format(self, width: int = 2, score_only: bool = False, signature: str = "", is_json: bool = False) -> str:
        """Format as sacrebleu does; a score that could not be measured is ``nan``, and ``null`` in JSON."""
        if self.score is not None:
            return str(super().format(width, score_only, signature, is_json))
        unmeasured = sacrebleu.metrics.base.Score(self.name, float("nan"))
        return str(unmeasured.format(width, score_only, signature, is_json)).replace("NaN", "null")


class Metric(sacrebleu.metrics.base.Metric):
    """A metric with sacrebleu's interface that also reads the sources, and the documents they belong to.

    What is given to the constructor is analysed once, for :meth:`corpus_score` without references.
    """

    key: str  # in scores.json and on the command line
    name: str  # in a formatted score
    settings: Mapping[str, str]  # the metric's own pairs of the signature

    def __init__(
        self,
        references: References | None = None,
        sources: Sequence[str] | None = None,
        documents: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.num_refs = self.size = 0
        if references is not None:
            self.bind(references, sources, documents)

    def bind(self, references: References, sources: Sequence[str] | None, documents: Sequence[str] | None) -> None:
        """Analyse what hypotheses are scored against."""
        streams = as_streams(references)
        if sources is None:
            raise DataError(f"{self.name} needs the source text", hint="give sources=[…]")
        check_lengths(len(streams[0]), sources=sources, documents=documents, **numbered(streams))
        self.num_refs, self.size = len(streams), len(streams[0])
        self.references, self.sources, self.documents = streams, sources, documents

    @abstractmethod
    def statistics(self, hypotheses: Sequence[str]) -> Array:
        """Count sufficient statistics of the bound test set, shape (segments or documents, counts)."""

    @abstractmethod
    def score_rows(self, rows: Array) -> Array:
        """Score rows of summed statistics, shape (rows, counts) → (rows,)."""

    def corpus_score(
        self,
        hypotheses: Sequence[str],
        references: References | None = None,
        n_bootstrap: int = 1,
        *,
        sources: Sequence[str] | None = None,
        documents: Sequence[str] | None = None,
    ) -> Score:
        """Score a system; ``references`` (with ``sources``), if any, replace those given before.

        Over 1, ``n_bootstrap`` resamples estimate a 95% confidence interval, as in sacrebleu.

        Raises:
            DataError: the sources are missing, or lengths differ.
        """
        if references is not None:
            self.bind(references, sources, documents)
        elif not self.num_refs:
            raise DataError(f"{self.name} has no references", hint="give references and sources")
        check_lengths(self.size, hypotheses=hypotheses)
        score: Score = super().corpus_score(tuple(hypotheses), None, n_bootstrap)
        score.signature = str(self.get_signature())
        return score

    def sentence_score(self, hypothesis: str, references: Sequence[str], *, source: str) -> Score:
        """Score one segment against its references (a list of strings)."""
        self._check_sentence_score_args(hypothesis, references)
        return self.corpus_score([hypothesis], [[reference] for reference in references], sources=[source])

    def get_signature(self) -> Any:
        """How scores are computed, as ``key:value|…|version:…``; known once there are references."""
        signature = sacrebleu.metrics.base.Signature(self.__dict__)
        signature._abbr.update((key, key) for key in self.settings)
        signature.info |= {**self.settings, "version": f"zhen-mt-{version('zhen-mt')}"}
        return signature

    # What sacrebleu's own code, such as ``sacrebleu.significance.PairedTest``, calls.

    def _extract_corpus_statistics(self, hypotheses: Sequence[str], references: Any) -> Array:
        if references is not None:
            raise DataError(f"{self.name} needs the source text", hint="give references and sources to the constructor")
        check_lengths(self.size, hypotheses=hypotheses)
        return self.statistics(hypotheses)

    def _aggregate_and_compute(self, stats: Any) -> Score:
        rows = np.asarray(stats, np.float64)
        return Score(self.name, float(self.score_rows(rows.sum(0, keepdims=True))[0]), rows, self.score_rows)

    def _compute_score_from_stats(self, stats: Any) -> Score:
        return Metric._aggregate_and_compute(self, np.asarray(stats)[None])

    def _preprocess_segment(self, sent: str) -> str:
        return sent

    def _extract_reference_info(self, refs: Sequence[str]) -> dict[str, Any]:
        raise NotImplementedError("bind() reads the references")

    def _compute_segment_statistics(self, hypothesis: str, ref_kwargs: dict[str, Any]) -> list[float]:
        raise NotImplementedError("statistics() counts whole test sets")


def as_streams(references: References) -> tuple[tuple[str, ...], ...]:
    """Bring one reference (a list of segments) or several (a list of such lists) to the latter form."""
    if isinstance(references, str):
        raise DataError("references are one string", hint="give a list of segments")
    items = list(references)
    if items and all(isinstance(item, str) for item in items):
        return (tuple(items),)  # type: ignore[arg-type]
    if not items or any(isinstance(item, str) for item in items):
        hint = "give a list of segments, or a list of such lists for several references"
        raise DataError("references mix segments and lists" if items else "no references", hint=hint)
    return tuple(tuple(stream) for stream in items)


def numbered(streams: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
    """Name reference streams for :func:`check_lengths`."""
    return {f"reference {number}": stream for number, stream in enumerate(streams, 1)}


def check_lengths(expected: int, **streams: Sequence[Any] | None) -> None:
    """Refuse streams (but None) that do not have ``expected`` segments, or none at all, naming the first."""
    for name, stream in streams.items():
        if isinstance(stream, str):
            raise DataError(f"{name} is one string", hint="give a list of segments")
        if stream is not None and len(stream) != expected:
            counts = f"{name} has {len(stream)} segments, the reference {expected}"
            raise DataError(counts, hint="give one segment per line, in the same order")
    if expected == 0:
        raise DataError("no segments to score", hint="give at least one")
