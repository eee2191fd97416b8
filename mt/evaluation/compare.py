"""Score several systems on one test set and test their differences."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from mt.errors import DataError
from mt.evaluation.comparison import Comparison, System
from mt.evaluation.significance import SMALL_SAMPLE, Names, PairedResult, Resampling, paired_tests, rank_systems
from mt.evaluation.test_sets import TestSet, check_text
from mt.glossary.glossary import Glossary
from mt.io.files import sha256
from mt.metrics.base import Metric, Score, check_lengths
from mt.metrics.checks import quality_checks
from mt.metrics.corpus_scores import METRICS, bind_metrics, measure
from mt.metrics.term_metric import TermCorpus
from mt.metrics.terms import TERM_METRICS, TermScorer, TermScores


@dataclass(frozen=True)
class ComparisonOptions:
    """How systems are compared.

    Attributes:
        metrics: names, or metrics of :mod:`mt.metrics` or sacrebleu; by default all that need no model, and the term
            metrics where there is a glossary.
        baseline: the system the others are tested against; by default the first.
        labels: system -> where its output comes from ("trained on this text"), shown wherever its scores are.
        title: heading of the report.
        resampling: of the significance tests.
        seen: source terms that occurred in the training text with their target, to tell them from unseen ones.
        progress: called with a line of text now and then.
    """

    metrics: Sequence[str | Metric | Any] | None = None
    baseline: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    title: str = "Translation comparison"
    resampling: Resampling = field(default_factory=Resampling)
    seen: frozenset[str] | None = None
    progress: Callable[[str], None] = lambda text: None


def compare(
    test_set: TestSet, systems: Mapping[str, Sequence[str]], options: ComparisonOptions | None = None
) -> Comparison:
    """Score systems (name -> translations, in the order to show them) and test them against each other.

    Raises:
        DataError: lengths differ, there is no system, the baseline, a label or a metric is unknown, or text is not
            Unicode.
    """
    options = options or ComparisonOptions()
    check_names(systems, options)
    if options.resampling.samples < 1:
        raise DataError(f"{options.resampling.samples} bootstrap samples", hint="at least 1 is needed")
    if options.resampling.seed < 0:
        raise DataError(f"the seed {options.resampling.seed} is negative", hint="give a whole number from 0")
    for name, hypotheses in systems.items():
        check_lengths(len(test_set.sources), **{f"system '{name}'": hypotheses})
        check_text(f"system '{name}'", hypotheses)
    metrics, term_scorer = _scorers(test_set, options)
    scores: dict[str, dict[str, Score]] = {}
    terms: dict[str, TermScores | None] = {}
    for name, hypotheses in systems.items():
        options.progress(f"scoring {name}")
        terms[name] = own = term_scorer.score(hypotheses) if term_scorer else None
        scores[name] = {key: measure(metric, hypotheses) for key, metric in metrics.items()}
        scores[name] |= own.scores if own else {}
    if len(systems) > 1:
        options.progress("testing significance")
    baseline = options.baseline if options.baseline is not None else next(iter(systems))
    tests = _tests(scores, baseline, options.resampling)
    references = test_set.streams[0]
    found = tuple(
        System(
            name=name,
            hypotheses=tuple(hypotheses),
            label=options.labels.get(name, ""),
            scores=scores[name],
            terms=terms[name],
            checks=quality_checks(test_set.sources, hypotheses, references),
            against={metric: results[baseline, name] for metric, results in tests.items() if name != baseline},
        )
        for name, hypotheses in systems.items()
    )
    ceiling = term_scorer.score(references) if term_scorer else None
    return Comparison(
        title=options.title or ComparisonOptions.title,
        test_set=test_set,
        systems=found,
        baseline=baseline,
        ceiling=ceiling,
        reference_checks=quality_checks(test_set.sources, references, references),
        signatures={metric: score.signature for metric, score in found[0].scores.items()},
        resampling=options.resampling,
        glossary=_describe(test_set.glossary) if test_set.glossary is not None else None,
        notes=tuple(_notes(found, ceiling, len(references))),
        rankings={metric: rank_systems(results) for metric, results in tests.items() if len(systems) > 2},
    )


def check_names(systems: Collection[str], options: ComparisonOptions) -> None:
    """Refuse a label or a baseline that names no system."""
    if not systems:
        raise DataError("no systems to compare", hint="give at least one")
    named = [("label", name) for name in options.labels]
    named += [("baseline", options.baseline)] if options.baseline is not None else []
    for kind, name in named:
        if name not in systems:
            raise DataError(f"{kind}: no system '{name}'", hint=f"choose from {', '.join(systems)}")


def _scorers(test_set: TestSet, options: ComparisonOptions) -> tuple[dict[str, Any], TermScorer | None]:
    """Make the chosen metrics ready to score systems: those of the text, and those of the terms if any."""
    chosen = options.metrics
    if chosen is None:
        chosen = [*METRICS, *(TERM_METRICS if test_set.glossary is not None else ())]
    of_terms = [metric for metric in chosen if isinstance(metric, str) and metric in TERM_METRICS]
    others = [metric for metric in chosen if metric not in of_terms]
    metrics = bind_metrics(others, test_set.streams, test_set.sources, test_set.documents)
    if not of_terms:
        return metrics, None
    if test_set.glossary is None:
        raise DataError(f"{of_terms[0]} needs a glossary", hint="give one")
    corpus = TermCorpus(
        test_set.streams, test_set.sources, test_set.glossary, test_set.documents, test_set.dictionaries
    )
    return metrics, TermScorer(corpus, options.seen, of_terms)


def _tests(
    scores: Mapping[str, Mapping[str, Score]], baseline: str, resampling: Resampling
) -> dict[str, dict[Names, PairedResult]]:
    """By each metric test all systems against the baseline, and all pairs of three systems or more."""
    pairs = [(baseline, name) for name in scores if name != baseline]
    if len(scores) > 2:
        pairs += [pair for pair in combinations(scores, 2) if baseline not in pair]
    # A metric that could not be measured has nothing to test, a single document nothing to resample.
    return {
        metric: paired_tests(
            {name: own[metric].statistics for name, own in scores.items()},
            score.score_rows,
            pairs,
            resampling,
            lower_is_better=score.lower_is_better,
        )
        for metric, score in scores[baseline].items()
        if pairs and score.score is not None and (metric not in TERM_METRICS or len(score.statistics) > 1)
    }


def _notes(systems: Sequence[System], ceiling: TermScores | None, size: int) -> Iterator[str]:
    for system in systems:
        if system.label:
            yield f"{system.name}: {system.label}"
    if size < SMALL_SAMPLE and len(systems) > 1:
        yield (
            f"The test set has only {size} segment{'' if size == 1 else 's'}: differences between systems may be "
            f"chance, and no significance test on fewer than {SMALL_SAMPLE} segments means much."
        )
    for system in systems:
        empty = sum(not text.strip() for text in system.hypotheses)
        if empty:
            yield f"{system.name}: {empty} of {size} translations are empty."
    if ceiling and not ceiling.total:
        yield "No glossary term occurs in the source, so there are no term scores."
    elif ceiling and ceiling.values.get("term_success", 0) is None:
        yield (
            "WMT25 term success compares strings exactly, and no glossary term of the source has a translation in the "
            "reference: the source may be in another script than the glossary."
        )


def _describe(glossary: Glossary | Sequence[Glossary]) -> dict[str, Any]:
    if not isinstance(glossary, Glossary):
        terms = {(term.source, term.targets) for own in {id(own): own for own in glossary}.values() for term in own}
        return {"path": None, "terms": len(terms), "sha256": None}
    path = glossary.path
    return {
        "path": None if path is None else str(path),
        "terms": len(glossary.terms),
        "sha256": sha256(path) if path is not None and path.is_file() else None,
    }
