"""``evaluate``: translate where needed, score several systems on one test set and test their differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from mt.errors import DataError
from mt.evaluation.comparison import Comparison, System
from mt.evaluation.significance import SMALL_SAMPLE, Names, PairedResult, Resampling, paired_tests, rank_systems
from mt.evaluation.systems import ModelSystem, read_system, translate_system
from mt.evaluation.test_sets import TestSet, check_text, read_test_set
from mt.glossary.glossary import Glossary, GlossaryLike
from mt.metrics.base import Metric, Score, check_lengths
from mt.metrics.checks import quality_checks
from mt.metrics.corpus_scores import METRICS, Scorer
from mt.metrics.term_metric import TermCorpus
from mt.metrics.terms import TERM_METRICS, TermScores


@dataclass(frozen=True)
class ComparisonOptions:
    """How systems are compared."""

    metrics: Sequence[str | Metric | Any] | None = None  # names or objects; by default all, of terms with a glossary
    baseline: str | None = None  # the system the others are tested against; by default the first
    labels: Mapping[str, str] = field(default_factory=dict)  # system -> where its output comes from
    title: str = "Translation comparison"
    resampling: Resampling = field(default_factory=Resampling)
    seen: frozenset[str] | None = None  # source terms of the training text, to tell them from unseen ones
    progress: Callable[[str], None] = lambda text: None


def evaluate(
    test_set: TestSet | str | Path | Mapping[str, Sequence[str]],
    systems: Mapping[str, str | Path | Sequence[str] | Sequence[Path]],
    *,
    glossary: GlossaryLike | None = None,
    metrics: Sequence[str | Metric] | None = None,
    options: ComparisonOptions | None = None,
) -> Comparison:
    """Score systems on a test set and test whether their differences are significant.

    Args:
        test_set: a file of JSON lines with ``zh``, ``en`` and term dictionaries; a dict with the lists ``sources``
            and ``references``, and ``documents`` and ``ids`` if known; or a :class:`TestSet`.
        systems: name -> its translations as a list of strings or a file with one per line, or a model to translate
            with (a folder or hub name; ``MODEL+hybrid``, ``+soft`` or ``+hard`` uses the glossary).
        glossary: the terms to measure; by default those of the test set.
        metrics: names such as ``bleu``, ``chrf++``, ``ter``, ``term_success`` and ``term_accuracy``, or metrics of
            :mod:`mt.metrics` or sacrebleu; by default all.
        options: baseline, labels, number of resamples and the like.

    Returns:
        The scores (``.scores``), all results as plain values (``.to_dict()``), and a table (``str()``).

    Raises:
        DataError, GlossaryError, ModelError: something cannot be read or does not fit, or a metric is unknown.

    Examples:
        >>> from mt import evaluate
        >>> data = {"sources": ["鲁进赴成都。"], "references": ["Lu Jin left for Chengdu."]}
        >>> result = evaluate(data, {"base": ["Lu went to Chengdu."]}, glossary={"鲁进": "Lu Jin", "成都": "Chengdu"})
        >>> result.scores["base"]["term_accuracy"]
        50.0
    """
    if isinstance(test_set, str | Path):
        test_set = read_test_set([test_set])
    elif not isinstance(test_set, TestSet):
        if not {"sources", "references"} <= set(test_set) <= {"sources", "references", "documents", "ids"}:
            hint = "give sources and references, and documents and ids if known"
            raise DataError(f"the test set has {', '.join(map(str, test_set))}", hint=hint)
        test_set = TestSet(**test_set)  # type: ignore[arg-type]
    if glossary is not None:
        test_set = replace(test_set, glossary=Glossary.coerce(glossary), dictionaries={})
    elif test_set.glossary is None:
        test_set = test_set.with_terms()
    read = {name: read_system(name, value, test_set) for name, value in systems.items()}
    options = options or ComparisonOptions()
    return compare(test_set, read, options if metrics is None else replace(options, metrics=metrics))


def compare(
    test_set: TestSet,
    systems: Mapping[str, Sequence[str] | ModelSystem],
    options: ComparisonOptions | None = None,
    cache: Path | None = None,
) -> Comparison:
    """Score systems (name -> translations or model, in the order to show them) and test them against each other.

    What models translate is kept in the folder ``cache``, so that an interrupted evaluation continues. Errors are those
    of :func:`evaluate`.
    """
    options = options or ComparisonOptions()
    _check(systems, test_set, options)
    scorer, score_terms = _scorers(test_set, options)
    labels = dict(options.labels)
    translations = {}
    for name, system in systems.items():
        if isinstance(system, ModelSystem):
            options.progress(f"translating with {system}")
            labels.setdefault(name, f"translated here by {system}")
            system = translate_system(system, test_set, cache=cache, progress=options.progress)
        translations[name] = tuple(system)
    scores: dict[str, dict[str, Score]] = {}
    terms: dict[str, TermScores | None] = {}
    for name, hypotheses in translations.items():
        options.progress(f"scoring {name}")
        terms[name] = own = score_terms(hypotheses) if score_terms else None
        scores[name] = scorer.score(hypotheses) | (own.scores if own else {})
    if len(systems) > 1:
        options.progress("testing significance")
    baseline = options.baseline or next(iter(systems))
    tests = _tests(scores, baseline, options.resampling)
    references = test_set.streams[0]
    found = tuple(
        System(
            name=name,
            hypotheses=hypotheses,
            label=labels.get(name, ""),
            scores=scores[name],
            terms=terms[name],
            checks=quality_checks(test_set.sources, hypotheses, references),
            against={metric: results[baseline, name] for metric, results in tests.items() if name != baseline},
        )
        for name, hypotheses in translations.items()
    )
    ceiling = score_terms(references) if score_terms else None
    return Comparison(
        title=options.title,
        test_set=test_set,
        systems=found,
        baseline=baseline,
        ceiling=ceiling,
        reference_checks=quality_checks(test_set.sources, references, references),
        resampling=options.resampling,
        notes=tuple(_notes(found, ceiling, len(references))),
        rankings={metric: rank_systems(results) for metric, results in tests.items() if len(systems) > 2},
    )


def _check(systems: Mapping[str, Sequence[str] | ModelSystem], test_set: TestSet, options: ComparisonOptions) -> None:
    if not systems:
        raise DataError("no systems to compare", hint="give at least one")
    for kind, names in (("label", options.labels), ("baseline", (options.baseline,))):
        for name in names:
            if name is not None and name not in systems:
                raise DataError(f"{kind}: no system '{name}'", hint=f"choose from {', '.join(systems)}")
    if options.resampling.samples < 1 or options.resampling.seed < 0:
        given = f"{options.resampling.samples} bootstrap samples with seed {options.resampling.seed}"
        raise DataError(given, hint="at least 1 sample is needed, and a seed from 0")
    for name, system in systems.items():
        if isinstance(system, ModelSystem):
            if system.mode is not None and test_set.glossary is None:
                raise DataError(f"system '{name}' needs a glossary", hint="give --glossary or --terms")
        else:
            check_lengths(len(test_set.sources), **{f"system '{name}'": system})
            check_text(f"system '{name}'", system)


def default_metrics(test_set: TestSet) -> list[Any]:
    """What is measured when no metrics are chosen: those of the text, and with a glossary those of its terms."""
    return [*METRICS, *(TERM_METRICS if test_set.glossary is not None else ())]


def _scorers(
    test_set: TestSet, options: ComparisonOptions
) -> tuple[Scorer, Callable[[Sequence[str]], TermScores] | None]:
    """Make the chosen metrics ready to score systems: those of the text, and those of the terms if any."""
    chosen = default_metrics(test_set) if options.metrics is None else options.metrics
    of_terms = [metric for metric in chosen if isinstance(metric, str) and metric in TERM_METRICS]
    others = [metric for metric in chosen if metric not in of_terms]
    scorer = Scorer(test_set.streams, others, test_set.sources, test_set.documents)
    if not of_terms:
        return scorer, None
    if test_set.glossary is None:
        raise DataError(f"{of_terms[0]} needs a glossary", hint="give one")
    given = (test_set.sources, test_set.glossary, test_set.documents, test_set.dictionaries)
    return scorer, partial(TermScores, TermCorpus(test_set.streams, *given), metrics=of_terms, seen=options.seen)


def _tests(
    scores: Mapping[str, Mapping[str, Score]], baseline: str, resampling: Resampling
) -> dict[str, dict[Names, PairedResult]]:
    """By each metric test all systems against the baseline, and all pairs of three systems or more."""
    pairs = [(baseline, name) for name in scores if name != baseline]
    if len(scores) > 2:
        pairs += [pair for pair in combinations(scores, 2) if baseline not in pair]
    tests = {}
    for metric, score in scores[baseline].items():
        # A metric that could not be measured has nothing to test, a single document nothing to resample.
        if pairs and score.score is not None and (metric not in TERM_METRICS or len(score.statistics) > 1):
            systems = {name: own[metric].statistics for name, own in scores.items()}
            lower = score.lower_is_better
            tests[metric] = paired_tests(systems, score.score_rows, pairs, resampling, lower_is_better=lower)
    return tests


def _notes(systems: Sequence[System], ceiling: TermScores | None, size: int) -> Iterator[str]:
    yield from (f"{system.name}: {system.label}" for system in systems if system.label)
    if size < SMALL_SAMPLE and len(systems) > 1:
        yield (
            f"The test set has only {size} segment{'s' * (size > 1)}: differences between systems may be "
            f"chance, and no significance test on fewer than {SMALL_SAMPLE} segments means much."
        )
    for system in systems:
        if empty := sum(not text.strip() for text in system.hypotheses):
            yield f"{system.name}: {empty} of {size} translations are empty."
    if ceiling and not ceiling.total:
        yield "No glossary term occurs in the source, so there are no term scores."
    elif ceiling and ceiling.values.get("term_success", 0) is None:
        yield (
            "WMT25 term success compares strings exactly, and no glossary term of the source has a translation in the "
            "reference: the source may be in another script than the glossary."
        )
