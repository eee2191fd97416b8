"""``evaluate``: systems, as lists, files or models to translate with, scored on a test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mt.errors import DataError
from mt.evaluation.compare import ComparisonOptions, check_names, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.systems import ModelSystem, read_system, translate_system
from mt.evaluation.test_sets import TestSet, read_test_set
from mt.glossary.glossary import Glossary, GlossaryLike
from mt.metrics.base import Metric


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
    data = _as_test_set(test_set)
    if glossary is not None:
        data = replace(data, glossary=Glossary.coerce(glossary), dictionaries={})
    elif data.glossary is None:
        data = data.with_terms()
    read = {name: read_system(name, value, data) for name, value in systems.items()}
    options = options or ComparisonOptions()
    return translate_and_compare(data, read, options if metrics is None else replace(options, metrics=metrics))


def translate_and_compare(
    test_set: TestSet,
    systems: Mapping[str, Sequence[str] | ModelSystem],
    options: ComparisonOptions,
    cache: Path | None = None,
) -> Comparison:
    """Translate with the models, keeping finished translations in the folder ``cache``, and compare."""
    check_names(systems, options)
    labels = dict(options.labels)
    translations: dict[str, Sequence[str]] = {}
    for name, system in systems.items():
        if isinstance(system, ModelSystem):
            options.progress(f"translating with {system}")
            translations[name] = translate_system(system, test_set, cache=cache, progress=options.progress)
            labels.setdefault(name, f"translated here by {system}")
        else:
            translations[name] = system
    return compare(test_set, translations, replace(options, labels=labels))


def _as_test_set(value: TestSet | str | Path | Mapping[str, Sequence[str]]) -> TestSet:
    if isinstance(value, TestSet):
        return value
    if isinstance(value, str | Path):
        return read_test_set([value])
    if not {"sources", "references"} <= set(value) <= {"sources", "references", "documents", "ids"}:
        raise DataError(
            f"the test set has {', '.join(map(str, value))}",
            hint="give sources and references, and documents and ids if known",
        )
    return TestSet(**value)  # type: ignore[arg-type]
