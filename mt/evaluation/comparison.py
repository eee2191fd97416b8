"""What a comparison of systems holds, and what its figures mean."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mt.errors import DataError
from mt.evaluation.ranking import Ranking
from mt.evaluation.significance import SMALL_SAMPLE, PairedResult
from mt.metrics.corpus_scores import LOWER_IS_BETTER, METRICS, Score
from mt.metrics.terms import TERM_METRICS, TermScores
from mt.metrics.wmt25 import share

__all__ = ["ALL_METRICS", "ALPHA", "Comparison", "System", "better", "segments_hash", "verdict"]

ALL_METRICS = (*METRICS, "comet", *TERM_METRICS)
# Both tests must be below this for a difference to be called significant.
ALPHA = 0.05


@dataclass(frozen=True)
class System:
    """One system's output and figures.

    Attributes:
        name: as the user called it.
        hypotheses: one string a segment.
        label: where the output comes from, such as "trained on this text"; shown in every output.
        scores: sacrebleu metric -> its score.
        terms: term figures, or None without a glossary.
        against: metric -> the comparison with the baseline; empty for the baseline itself.
        faults: see :data:`mt.metrics.checks.FAULTS`; percent.
        corrected: metric -> randomisation p-value, corrected by Holm for the number of systems.
    """

    name: str
    hypotheses: tuple[str, ...] = field(repr=False)
    label: str
    scores: dict[str, Score]
    terms: TermScores | None
    against: dict[str, PairedResult]
    corrected: dict[str, float]
    faults: dict[str, float | None]

    @property
    def figures(self) -> dict[str, float | None]:
        """Every metric -> 0 to 100 (TER may exceed it), None where it could not be measured."""
        figures: dict[str, float | None] = {metric: score.score for metric, score in self.scores.items()}
        return figures | (self.terms.figures if self.terms else {})


@dataclass(frozen=True)
class Comparison:
    """What :func:`mt.evaluation.compare.compare` found."""

    title: str
    sources: tuple[str, ...] = field(repr=False)
    references: tuple[tuple[str, ...], ...] = field(repr=False)
    documents: tuple[str, ...] | None = field(repr=False)
    ids: tuple[str, ...] | None = field(repr=False)
    systems: tuple[System, ...]
    baseline: str
    ceiling: TermScores | None
    reference_faults: dict[str, float | None]
    signatures: dict[str, str]
    sha256: str
    glossary: dict[str, Any] | None
    seed: int
    samples: int
    notes: tuple[str, ...]
    # Metric -> all pairs of systems and their ranks, of three systems or more.
    rankings: dict[str, Ranking] = field(default_factory=dict)
    # System -> training step, of those that are checkpoints of one run.
    steps: dict[str, int] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics measured, in the order they are shown."""
        return tuple(metric for metric in ALL_METRICS if metric in self.signatures)

    def system(self, name: str) -> System:
        """The system of that name.

        Raises:
            DataError: there is none.
        """
        for system in self.systems:
            if system.name == name:
                return system
        names = ", ".join(system.name for system in self.systems)
        raise DataError(f"no system '{name}'", hint=f"choose from {names}")

    def by_document(self) -> dict[str, dict[str, dict[str, float | None]]]:
        """Document -> system -> metric -> score of that document alone; empty without documents.

        Of the term metrics only ``term_exclusive``, the one that is counted by segment.
        """
        places: dict[str, list[int]] = {}
        for number, document in enumerate(self.documents or ()):
            places.setdefault(document, []).append(number)
        found: dict[str, dict[str, dict[str, float | None]]] = {}
        for document, rows in places.items():
            found[document] = {}
            for system in self.systems:
                figures: dict[str, float | None] = {
                    metric: score.from_statistics(score.statistics[rows].sum(0).tolist())
                    for metric, score in system.scores.items()
                }
                if system.terms:
                    met, total = system.terms.statistics["term_exclusive"][rows].sum(0).tolist()
                    figures["term_exclusive"] = share((met, total)) if total else None
                found[document][system.name] = figures
        return found

    def as_dict(self) -> dict[str, Any]:
        """The content of ``scores.json``: plain values, without the segments."""
        from sacrebleu import __version__

        systems: dict[str, Any] = {}
        for system in self.systems:
            systems[system.name] = dict(system.figures)
            if system.terms:
                systems[system.name] |= _term_details(system.terms)
            systems[system.name] |= {
                "faults": system.faults,
                "label": system.label,
                "sha256": segments_hash(system.hypotheses),
            }
        value: dict[str, Any] = {
            "title": self.title,
            "systems": systems,
            "signatures": self.signatures,
            "significance": {
                "baseline": self.baseline,
                "alpha": ALPHA,
                "least_segments": SMALL_SAMPLE,
                "systems": {
                    system.name: {
                        metric: result.as_dict()
                        | {"randomisation_p_holm": system.corrected[metric], "verdict": verdict(metric, result)}
                        for metric, result in system.against.items()
                    }
                    for system in self.systems
                    if system.against
                },
            },
            "ranking": {metric: ranking.as_dict() for metric, ranking in self.rankings.items()},
            "checkpoints": self.steps,
            "test_set": {
                "sha256": self.sha256,
                "segments": len(self.sources),
                "documents": len(set(self.documents)) if self.documents else None,
                "references": len(self.references),
            },
            "documents": self.by_document(),
            "seed": self.seed,
            "samples": self.samples,
            "notes": list(self.notes),
            "versions": {"sacrebleu": __version__},
        }
        value["reference"] = {"faults": self.reference_faults}
        if self.ceiling:
            value["reference"] |= dict(self.ceiling.figures)
            value["reference"] |= _term_details(self.ceiling)
            value["glossary"] = self.glossary
        return value


def _term_details(terms: TermScores) -> dict[str, Any]:
    details: dict[str, Any] = {"terms_met": terms.met, "terms_total": terms.total, "macro": terms.macro}
    return details | terms.details


def better(metric: str, difference: float) -> bool:
    """Whether a difference by ``metric`` is for the better; TER counts errors."""
    return difference < 0 if metric in LOWER_IS_BETTER else difference > 0


def verdict(metric: str, result: PairedResult) -> str:
    """'better', 'worse' or 'same' than the baseline, by both tests; 'too few segments' otherwise."""
    if not result.reliable:
        return "too few segments"
    if max(result.bootstrap_p, result.randomisation_p) >= ALPHA:
        return "same"
    return "better" if better(metric, result.difference) else "worse"


def segments_hash(lines: Sequence[str]) -> str:
    """SHA-256 of the segments, each closed by a line feed: that of the files set one after another."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8") + b"\n")
    return digest.hexdigest()
