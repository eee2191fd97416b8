"""An evaluation of files and models: everything is read and counted first, only then is anything translated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mt.errors import DataError
from mt.evaluation.run_checkpoints import assembled, averaged, find_checkpoints
from mt.evaluation.test_sets import (
    EvaluationSet,
    TermDictionary,
    Unit,
    glossaries_of,
    read_dictionaries,
    read_set,
)
from mt.evaluation.translating import ModelSystem, parse_model, translate_system
from mt.io.files import sha256

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison
    from mt.glossary.glossary import Glossary

__all__ = ["EvaluationJob", "is_model", "read_job"]

_NO_TERMS = "none"


@dataclass
class EvaluationJob:
    """What is to be measured.

    Attributes:
        data: the test set.
        glossaries: the terms of each segment; None without terms.
        dictionaries: for WMT25 success, the chosen one first; empty where the glossary serves.
        files: system -> its translations, read.
        models: system -> the model to translate with.
        order: the systems as the user named them.
        glossary: the one glossary of all segments, where there is one.
        steps: system -> the training step of the checkpoint it is.
        trained: the run the checkpoints belong to.
    """

    data: EvaluationSet
    glossaries: list[Glossary] | None
    dictionaries: dict[str, list[TermDictionary]]
    files: dict[str, list[str]]
    models: dict[str, ModelSystem]
    order: list[str]
    glossary: Glossary | None = None
    steps: dict[str, int] = field(default_factory=dict)
    trained: Path | None = None

    def run(
        self,
        *,
        baseline: str | None = None,
        labels: Mapping[str, str] | None = None,
        seed: int = 1,
        samples: int = 1000,
        title: str = "",
        seen: Sequence[str | Path] = (),
        cache: Path | None = None,
        comet: str | Path | None = None,
        progress: Callable[[str], None] | None = None,
        sentences: Callable[[str], Callable[[int, int], None]] | None = None,
    ) -> Comparison:
        """Translate what is to be translated, and compare.

        Args:
            baseline, labels, seed, samples, title, progress: as :func:`mt.evaluation.compare.compare` takes them.
            seen: training text, to tell terms that were seen from those that were not.
            cache: folder for finished translations.
            comet: folder of a COMET model (:mod:`mt.evaluation.comet`), against the first reference.
            sentences: makes, for a system, what is told the sentences translated and their number.

        Raises:
            DataError: as :func:`mt.evaluation.compare.compare` has it.
            ModelError: a model cannot be loaded.
        """
        from mt.evaluation.compare import compare
        from mt.evaluation.seen_terms import seen_terms

        learnt = _comet(comet, self.data) if comet is not None else None
        known = seen_terms(seen, self.glossaries) if seen and self.glossaries is not None else None
        notes = dict(labels or {})
        hypotheses = dict(self.files)
        for name, model in self.models.items():
            told = f"{model.model}+{model.mode}" if model.mode else model.model
            if progress:
                progress(f"translating with {told}")
            with self._folder(name, model) as ready:
                hypotheses[name] = translate_system(
                    ready,
                    self.data.sources,
                    self.glossaries,
                    self.data.documents,
                    cache=cache,
                    progress=sentences(told) if sentences else None,
                )
            weights = ", averaged weights" if name in self.steps and averaged(Path(model.model)) else ""
            notes.setdefault(name, f"translated here by {told}{weights}")
        return compare(
            self.data.sources,
            self.data.references,
            {name: hypotheses[name] for name in self.order},
            self.glossary if self.glossary is not None else self.glossaries,
            self.data.documents,
            baseline,
            notes,
            seed,
            samples,
            ids=self.data.ids,
            title=title,
            dictionaries=self.dictionaries,
            seen=known,
            steps=self.steps,
            comet=learnt,
            progress=progress,
        )

    @contextmanager
    def _folder(self, name: str, model: ModelSystem) -> Iterator[ModelSystem]:
        """Yield the model; a checkpoint is first made a folder that can be loaded."""
        if name not in self.steps or self.trained is None:
            yield model
            return
        with assembled(self.trained, Path(model.model)) as folder:
            yield ModelSystem(str(folder), model.mode)


def read_job(
    sources: Sequence[str],
    references: Sequence[str],
    systems: Mapping[str, Sequence[str]],
    *,
    glossary: str | None = None,
    terms: str | None = None,
    documents: str | None = None,
    unit: Unit = "line",
    checkpoints: str | None = None,
) -> EvaluationJob:
    """Read a test set, its terms, and the systems' files.

    Args:
        sources, references, documents, unit: as :func:`mt.evaluation.test_sets.read_set` takes them.
        systems: name -> a file, several (one for each source file), or one model, ``MODEL`` or ``MODEL+MODE``.
        glossary: a term base for all segments.
        terms: one of the set's own dictionaries by name, ``none``, or a file of a dictionary a line; without it
            and without a glossary the set's ``proper`` dictionary, if it has one.
        checkpoints: the folder of a training run, ``RUN`` or ``RUN+MODE``: each of its checkpoints is a system.

    Raises:
        DataError: a file is missing or does not fit, or there are no such terms.
        GlossaryError: the term base cannot be read.
    """
    from mt.glossary.glossary import Glossary

    data = read_set(sources, references, documents, unit)
    whole = Glossary.load(glossary) if glossary else None
    dictionaries = {} if whole is not None else _dictionaries(data, terms)
    glossaries = None
    if whole is not None:
        if terms is not None:
            raise DataError("--glossary and --terms exclude each other", hint="give either")
        glossaries = [whole] * len(data.sources)
    elif dictionaries:
        glossaries = glossaries_of(next(iter(dictionaries.values())))
    files: dict[str, list[str]] = {}
    models: dict[str, ModelSystem] = {}
    steps: dict[str, int] = {}
    run = parse_model(checkpoints) if checkpoints else None
    if run is not None:
        for step, path in find_checkpoints(run.model).items():
            steps[f"step {step:,}"] = step
            models[f"step {step:,}"] = ModelSystem(str(path), run.mode)
    for name, values in systems.items():
        if name in steps:
            raise DataError(f"--system names '{name}', as a checkpoint is called", hint="give it another name")
        if is_model(values[0]):
            if len(values) > 1:
                raise DataError(f"system '{name}' is a model and more", hint="give each model a name of its own")
            models[name] = parse_model(values[0])
        elif len(values) > 1 and data.layout is None:
            raise DataError(f"--system names '{name}' twice", hint="give each its own name")
        else:
            files[name] = data.read_system(values)
    for name, model in models.items():
        if model.mode is not None and glossaries is None:
            raise DataError(f"system '{name}' asks for the glossary", hint="give --glossary or --terms")
    order = [*systems, *steps]
    trained = Path(run.model) if run is not None else None
    return EvaluationJob(data, glossaries, dictionaries, files, models, order, whole, steps, trained)


def _comet(folder: str | Path, data: EvaluationSet) -> tuple[str, Callable[[Sequence[str]], Sequence[float]]]:
    from mt.evaluation.comet import Comet

    model = Comet.load(folder)
    signature = f"comet:{Path(folder).name}|sha256:{sha256(Path(folder) / 'model.safetensors')[:16]}|nrefs:1"
    return signature, lambda hypotheses: model.score(data.sources, hypotheses, data.references[0])


def _dictionaries(data: EvaluationSet, terms: str | None) -> dict[str, list[TermDictionary]]:
    """All dictionaries of the set, the chosen one first; none if none is wanted."""
    chosen = terms if terms is not None else data.default_dictionary()
    if chosen is None or (chosen == _NO_TERMS and chosen not in data.dictionaries):
        return {}
    found = dict(data.dictionaries)
    if chosen not in found:
        if not Path(chosen).is_file():
            names = ", ".join([*found, _NO_TERMS])
            raise DataError(f"--terms {chosen} is no file nor a dictionary of the set", hint=f"choose from {names}")
        return {Path(chosen).name: read_dictionaries(chosen, len(data.sources))} | found
    return {chosen: found.pop(chosen)} | found


def is_model(value: str) -> bool:
    """Tell a model (folder, or hub name such as 'Helsinki-NLP/opus-mt-zh-en') from a file of translations."""
    if Path(value).is_file():
        return False
    name = parse_model(value).model
    path = Path(name)
    if name != value or path.is_dir():
        return True
    # Not there: a missing file looks like one (an ending of letters, or a folder that exists), a hub name does not.
    looks_like_file = re.fullmatch(r"\.[A-Za-z]+", path.suffix) or (path.parent != Path() and path.parent.is_dir())
    return not looks_like_file and re.fullmatch(r"[\w.-]+/[\w.-]+", name) is not None
