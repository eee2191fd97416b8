"""An evaluation of files and models: everything is read and checked first, only then is anything translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from mt.errors import DataError
from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.json_lines import Unit
from mt.evaluation.run_checkpoints import assembled, averaged, find_checkpoints
from mt.evaluation.seen_terms import seen_terms
from mt.evaluation.systems import ModelSystem, parse_model, read_system
from mt.evaluation.test_sets import TestSet, read_test_set
from mt.evaluation.translating import translate_system
from mt.glossary.glossary import Glossary, GlossaryLike
from mt.metrics.base import Metric
from mt.metrics.corpus_scores import METRICS
from mt.metrics.terms import TERM_METRICS


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate, as files and names.

    Attributes:
        sources, references, documents, unit: as :func:`mt.evaluation.test_sets.read_test_set` takes them.
        systems: name -> a file, several (one for each source file), or one model, ``MODEL`` or ``MODEL+MODE``.
        checkpoints: the folder of a training run, ``RUN`` or ``RUN+MODE``: each of its checkpoints is a system.
        terms: as :meth:`mt.evaluation.test_sets.TestSet.with_terms` takes it.
        seen: training text, to tell terms that occurred in it from others.
        comet: folder of a COMET model.
    """

    sources: Sequence[str]
    references: Sequence[str] = ()
    systems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    documents: str | None = None
    unit: Unit = "line"
    checkpoints: str | None = None
    glossary: str | None = None
    terms: str | None = None
    seen: Sequence[str] = ()
    comet: str | None = None

    def read(self) -> EvaluationJob:
        """Read the test set, its terms, and the systems' files.

        Raises:
            DataError, GlossaryError: a file is missing or does not fit, or there are no such terms.
        """
        if self.glossary is not None and self.terms is not None:
            raise DataError("--glossary and --terms exclude each other", hint="give either")
        test_set = read_test_set(self.sources, self.references, self.documents, self.unit)
        if self.glossary is None:
            test_set = test_set.with_terms(self.terms)
        else:
            test_set = replace(test_set, glossary=Glossary.load(self.glossary), dictionaries={})
        systems: dict[str, Sequence[str] | ModelSystem] = {
            name: read_system(name, [Path(value) for value in values], test_set)
            for name, values in self.systems.items()
        }
        job = EvaluationJob(test_set, systems, seen=self.seen, comet=self.comet)
        return job.with_checkpoints(self.checkpoints) if self.checkpoints is not None else job


@dataclass(frozen=True)
class EvaluationJob:
    """An evaluation, read and checked; ``steps`` has the training steps of those systems that are checkpoints."""

    test_set: TestSet
    systems: Mapping[str, Sequence[str] | ModelSystem]
    steps: Mapping[str, int] = field(default_factory=dict)
    seen: Sequence[str] = ()
    comet: str | None = None

    def with_checkpoints(self, checkpoints: str) -> EvaluationJob:
        """Add the checkpoints of a training run, ``RUN`` or ``RUN+MODE``, as systems."""
        run = parse_model(checkpoints)
        if run.mode is not None and self.test_set.glossary is None:
            raise DataError(f"--checkpoints {checkpoints} needs a glossary", hint="give --glossary or --terms")
        systems, steps = dict(self.systems), {}
        for step, path in find_checkpoints(run.model).items():
            name = f"step {step:,}"
            if name in systems:
                raise DataError(f"--system names '{name}', as a checkpoint is called", hint="give it another name")
            systems[name] = ModelSystem(str(path), run.mode, Path(run.model))
            steps[name] = step
        return replace(self, systems=systems, steps=steps)

    def run(self, options: ComparisonOptions | None = None, cache: Path | None = None) -> Comparison:
        """Translate with the models, keeping finished translations in the folder ``cache``, and compare.

        Raises:
            DataError, ModelError: what is compared does not fit, or a model cannot be loaded.
        """
        options = options or ComparisonOptions()
        metrics = options.metrics
        if self.comet is not None:
            from mt.evaluation.comet import Comet

            terms = TERM_METRICS if self.test_set.glossary is not None else ()
            metrics = [*METRICS, Comet(self.comet), *terms] if metrics is None else [*metrics, Comet(self.comet)]
        seen = options.seen
        if self.seen and self.test_set.glossaries is not None:
            seen = seen_terms(self.seen, self.test_set.glossaries)
        labels = dict(options.labels)
        translations: dict[str, Sequence[str]] = {}
        for name, system in self.systems.items():
            if not isinstance(system, ModelSystem):
                translations[name] = system
                continue
            options.progress(f"translating with {system}")
            path = Path(system.model)
            with assembled(system.run, path) if system.run is not None else nullcontext(path) as folder:
                ready = replace(system, model=str(folder) if system.run is not None else system.model)
                translations[name] = translate_system(ready, self.test_set, cache=cache, progress=options.progress)
            weights = ", averaged weights" if system.run is not None and averaged(path) else ""
            labels.setdefault(name, f"translated here by {system}{weights}")
        options = replace(options, metrics=metrics, labels=labels, seen=seen, steps=self.steps or options.steps)
        return compare(self.test_set, translations, options)


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
        >>> result = evaluate(
        ...     {
        ...         "sources": ["鲁进赴成都。", "他介绍了情况。"],
        ...         "references": ["Lu Jin left for Chengdu.", "He reported."],
        ...     },
        ...     {"base": ["Lu went to Chengdu.", "He reported."], "tuned": ["Lu Jin went to Chengdu.", "He reported."]},
        ...     glossary={"鲁进": "Lu Jin", "成都": "Chengdu"},
        ...     metrics=["chrf++", "term_accuracy"],
        ... )
        >>> result.scores["tuned"]["term_accuracy"]
        100.0
        >>> print(str(result).split("\\n\\n")[0])
        system             chrF++  Term accuracy
        base               58.0           50.0
        tuned              64.9          100.0
        (human reference)     –          100.0
    """
    data = _as_test_set(test_set)
    if glossary is not None:
        data = replace(data, glossary=Glossary.coerce(glossary), dictionaries={})
    elif data.glossary is None:
        data = data.with_terms()
    read = {name: read_system(name, value, data) for name, value in systems.items()}
    options = options or ComparisonOptions()
    return EvaluationJob(data, read).run(options if metrics is None else replace(options, metrics=metrics))


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
