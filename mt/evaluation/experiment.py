"""``evaluate_run``: a run's base, its fine-tuned model, and the latter with the glossary, on held-out text."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from mt.config import Config
from mt.data.dataset import load_prepared
from mt.data.manifest import read_manifest
from mt.errors import DataError
from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.report.outputs import write
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet
from mt.glossary.glossary import Glossary
from mt.glossary.mentions import MentionPolicy
from mt.inference.translator import Translator
from mt.io.text import read_json
from mt.metrics.terms import seen_terms
from mt.training.run import fold_model

BASE, TUNED, WITH_GLOSSARY = "base", "fine-tuned", "fine-tuned + glossary"


class _Part(NamedTuple):
    """Consecutive segments of one document that one model translates."""

    document: str
    model: str
    rows: list[dict[str, Any]]


def evaluate_run(config: Config, progress: Callable[[str], None] = lambda text: None) -> Comparison:
    """Translate the held-out segments of a run and compare; writes ``run.dir/report``.

    With folds every segment is held out: the model of its own fold translates it. Otherwise the split
    ``evaluation.split`` is scored, and if that is the training split, every output says so.
    """
    run = Path(config.run.dir)
    parts = list(_parts(config, run))
    rows = [row for part in parts for row in part.rows]
    glossary = Glossary.load(config.terms.glossary) if config.terms.glossary else None

    base = [part._replace(model=config.model.base) for part in parts]
    systems = {BASE: _translate(config, base, None, progress), TUNED: _translate(config, parts, None, progress)}
    label = _label(config, run)
    labels = {BASE: "before fine-tuning", TUNED: label}
    if glossary is not None:
        systems[WITH_GLOSSARY] = _translate(config, parts, glossary, progress)
        labels[WITH_GLOSSARY] = f"{label}; glossary terms requested and, where missed, constrained"
    test_set = TestSet(
        [row["translation"]["zh"] for row in rows],
        [row["translation"]["en"] for row in rows],
        documents=[row["document"] for row in rows],
        ids=[row["id"] for row in rows],
        glossary=glossary,
    )
    samples = config.evaluation.bootstrap_samples
    options = ComparisonOptions(
        baseline=BASE,
        labels=labels,
        title=config.evaluation.title or f"Evaluation of {config.run.dir}",
        resampling=Resampling(samples, 10 * samples, config.run.seed),
        seen=_seen(run, glossary),
        progress=progress,
    )
    comparison = compare(test_set, systems, options)
    if published := published_sentence(run):
        comparison = replace(comparison, notes=(*comparison.notes, published))
    write(comparison, run / "report")
    return comparison


def published_sentence(run: Path) -> str:
    """Return what the manifest of a run's model says of the choice of its weights; empty for a model without."""
    path = run / "model" / "manifest.json"
    return str(read_json(path).get("published", "")) if path.is_file() else ""


def _seen(run: Path, glossary: Glossary | None) -> frozenset[str] | None:
    """The terms that occurred in the training split; unknown with folds, for each model had another one."""
    if glossary is None:
        return None
    train = load_prepared(run / "data")["train"]
    if train[0]["fold"] >= 0:
        return None
    return seen_terms(((row["translation"]["zh"], row["translation"]["en"]) for row in train), [glossary])


def _parts(config: Config, run: Path) -> Iterator[_Part]:
    prepared = load_prepared(run / "data")
    folds = prepared["train"][0]["fold"] >= 0
    split = "train" if folds else config.evaluation.split
    if split not in prepared or not len(prepared[split]):
        hint = "choose another evaluation.split (train, where nothing is held out)"
        raise DataError(f"has no segments in its {split} split", path=run / "data", hint=hint)
    rows = list(prepared[split])
    for (document, fold), group in groupby(rows, key=lambda row: (row["document"], row["fold"])):
        model = fold_model(run, fold) if folds else run / "model"
        if not (model / "config.json").is_file():
            hint = "run zhen-mt train first"
            if folds and (run / "manifest.json").is_file():
                hint = "see report/; to keep it: training.keep_fold_models=true --overwrite"
            raise DataError("there is no trained model", path=model, hint=hint)
        yield _Part(document, str(model), list(group))


def _label(config: Config, run: Path) -> str:
    folds = (read_manifest(run / "data") or {}).get("folds")
    if folds:
        how = f"in {len(folds['sizes'])} folds of whole {folds['by']}"
        return f"cross-validated {how}: each segment translated by a model that never saw it"
    if config.evaluation.split == "train":
        return "MEASURED ON ITS OWN TRAINING TEXT"
    return f"held-out {config.evaluation.split} split"


def _translate(
    config: Config, parts: list[_Part], glossary: Glossary | None, progress: Callable[[str], None]
) -> list[str]:
    """Translate all parts in document order."""
    outputs: list[str] = []
    loaded: tuple[str, Translator] | None = None
    mentions = MentionPolicy()
    document = None
    for part in parts:
        if loaded is None or loaded[0] != part.model:
            progress(f"translating with {part.model}" + (" and the glossary" if glossary else ""))
            # In torch: a fold's model translates too little to be worth converting.
            translator = Translator.from_pretrained(part.model, glossary, decoding=config.decoding, engine="torch")
            loaded = part.model, translator
        if part.document != document:
            # Full names are introduced once per document, whichever fold's model comes to it first.
            document = part.document
            mentions.reset()
        texts = [row["translation"]["zh"] for row in part.rows]
        outputs += map(str, loaded[1].translate(texts, mentions=mentions))
    return outputs
