"""The result of comparing systems: scores, significance, ranks, and all that makes them reproducible."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sacrebleu

from mt.errors import DataError
from mt.evaluation.report.markup import text_width, visible
from mt.evaluation.significance import ALPHA, SMALL_SAMPLE, PairedResult, Resampling, holm
from mt.evaluation.test_sets import TestSet
from mt.glossary.glossary import Glossary
from mt.io.files import sha256
from mt.metrics.base import Score
from mt.metrics.terms import TERM_METRICS, TermScores

_NAMES = {
    "bleu": "BLEU",
    "chrf++": "chrF++",
    "chrf": "chrF",
    "ter": "TER",
    "comet": "COMET",
    "term_success": "Term success",
    "term_accuracy": "Term accuracy",
    "term_consistency": "Consistency",
}
# Verdict of a significance test -> what is printed behind the score.
SIGNS = {"better": "▲", "worse": "▼", "same": "≈"}
# What the terminal shows of all metrics; the rest is in the report.
_COLUMNS = ("bleu", "chrf++", "ter", "comet", "term_success", "term_accuracy")


@dataclass(frozen=True)
class System:
    """One system's output and scores."""

    name: str
    hypotheses: tuple[str, ...] = field(repr=False)
    label: str  # where the output comes from, such as "trained on this text"; shown wherever its scores are
    scores: dict[str, Score]  # by metric
    terms: TermScores | None  # None without a glossary
    checks: dict[str, float | None]  # :data:`mt.metrics.checks.CHECKS`, in percent
    against: dict[str, PairedResult]  # metric -> the comparison with the baseline; empty for the baseline itself

    @property
    def values(self) -> dict[str, float | None]:
        """Metric -> 0 to 100 (TER may exceed it), None where it could not be measured."""
        return {metric: score.score for metric, score in self.scores.items()}


@dataclass(frozen=True)
class Comparison:
    """What :func:`mt.evaluation.compare.compare` found; ``str()`` is a table for a terminal."""

    title: str
    test_set: TestSet = field(repr=False)
    systems: tuple[System, ...]
    baseline: str  # the system the others are tested against
    ceiling: TermScores | None  # the term scores of the human reference; None without a glossary
    reference_checks: dict[str, float | None]
    resampling: Resampling
    notes: tuple[str, ...]  # what must be read with the scores
    rankings: dict[str, dict[str, Any]]  # metric -> :func:`rank_systems` of three systems or more

    def __str__(self) -> str:
        """Lay out the main scores, with signatures and what must be read with them."""
        columns = [metric for metric in self.metrics if metric in _COLUMNS] or list(self.metrics)
        rows = [["system", *map(metric_name, columns)]]
        for system in self.systems:
            row = [system.name]
            for metric in columns:
                result = system.against.get(metric)
                row.append(f"{_number(system.values[metric])} {SIGNS.get(result.verdict, ' ') if result else ' '}")
            rows.append(row)
        if self.ceiling:
            values = self.ceiling.values
            rows.append(["(human reference)", *(f"{_number(values.get(metric))}  " for metric in columns)])
        widths = [max(text_width(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = []
        for row in rows:
            cells = [row[0] + " " * (widths[0] - text_width(row[0]))]
            cells += [" " * (width - text_width(text)) + text for text, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join(cells).rstrip())
        lines.append("")
        if any(system.against for system in self.systems):
            lines.append(f"against {self.baseline}: ▲ significantly better, ▼ worse, ≈ no significant difference")
        lines += [f"{metric_name(metric)}: {self.signatures[metric]}" for metric in columns]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(visible(line) for line in lines)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics measured, in the order they are shown."""
        return tuple(self.systems[0].scores)

    @property
    def signatures(self) -> dict[str, str]:
        """Metric -> how it was computed."""
        return {metric: score.signature for metric, score in self.systems[0].scores.items()}

    @property
    def scores(self) -> dict[str, dict[str, float | None]]:
        """System -> metric -> 0 to 100 (TER may exceed it), None where it could not be measured."""
        return {system.name: system.values for system in self.systems}

    @property
    def sha256(self) -> str:
        """Hash of the test set: sources, then each reference."""
        return segments_hash([*self.test_set.sources, *(line for stream in self.test_set.streams for line in stream)])

    @cached_property
    def glossary(self) -> dict[str, Any] | None:
        """Path, number of terms and hash of the glossary."""
        glossary, path = self.test_set.glossary, None
        if glossary is None:
            return None
        if isinstance(glossary, Glossary):
            path, terms = glossary.path, list(glossary)
        else:
            terms = list({(term.source, term.targets): term for own in glossary for term in own}.values())
        digest = sha256(path) if path is not None and path.is_file() else None
        return {"path": None if path is None else str(path), "terms": len(terms), "sha256": digest}

    def system(self, name: str) -> System:
        """Return the system of that name; a :class:`DataError` where there is none."""
        found = {system.name: system for system in self.systems}
        if name not in found:
            raise DataError(f"no system '{name}'", hint=f"choose from {', '.join(found)}")
        return found[name]

    def corrected(self, metric: str) -> dict[str, float]:
        """Correct the systems' p-values of randomisation for their number (Holm): system -> p-value."""
        return holm({own.name: own.against[metric].randomisation_p for own in self.systems if metric in own.against})

    def by_document(self) -> dict[str, dict[str, dict[str, float | None]]]:
        """Document -> system -> metric (of the terms only ``term_accuracy``) -> score of that document alone."""
        places: dict[str, list[int]] = {}
        for number, document in enumerate(self.test_set.documents or ()):
            places.setdefault(document, []).append(number)
        kept = [metric for metric in self.metrics if metric not in TERM_METRICS or metric == "term_accuracy"]
        size = len(self.test_set.sources)
        return {
            document: {
                system.name: {
                    metric: _part_score(metric, system.scores[metric], numbers)
                    for metric in kept
                    if len(system.scores[metric].statistics) == size
                }
                for system in self.systems
            }
            for document, numbers in places.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """The content of ``scores.json``: plain values, without the segments."""
        ceiling, documents = self.ceiling, self.test_set.documents
        return {
            "title": self.title,
            "systems": {
                system.name: {
                    "label": system.label,
                    "scores": system.values,
                    **(_term_details(system.terms) if system.terms else {}),
                    "checks": system.checks,
                    "sha256": segments_hash(system.hypotheses),
                }
                for system in self.systems
            },
            "reference": {
                **({"scores": ceiling.values, **_term_details(ceiling)} if ceiling else {}),
                "checks": self.reference_checks,
            },
            "signatures": self.signatures,
            "significance": {
                "baseline": self.baseline,
                "alpha": ALPHA,
                "min_segments": SMALL_SAMPLE,
                "systems": {
                    system.name: {
                        metric: result.to_dict() | {"randomisation_p_holm": self.corrected(metric)[system.name]}
                        for metric, result in system.against.items()
                    }
                    for system in self.systems
                    if system.against
                },
            },
            "ranking": self.rankings,
            "test_set": {
                "sha256": self.sha256,
                "segments": len(self.test_set.sources),
                "documents": len(set(documents)) if documents else None,
                "references": len(self.test_set.streams),
            },
            "documents": self.by_document(),
            "glossary": self.glossary,
            "seed": self.resampling.seed,
            "bootstrap_samples": self.resampling.samples,
            "notes": list(self.notes),
            "versions": {"sacrebleu": sacrebleu.__version__},
        }


def _part_score(metric: str, score: Score, numbers: list[int]) -> float | None:
    """Score some of the segments; None where they have no terms to judge."""
    total = score.statistics[numbers].sum(0)
    return None if metric in TERM_METRICS and not total[1] else float(score.score_rows(total[None])[0])


def _term_details(terms: TermScores) -> dict[str, Any]:
    return {"terms_met": terms.met, "terms_total": terms.total, **terms.details}


def segments_hash(lines: Sequence[str]) -> str:
    """SHA-256 of the segments, each followed by a line feed: that of the concatenated files."""
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def metric_name(metric: str) -> str:
    """What people call a metric."""
    return _NAMES.get(metric, metric)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
