"""What a fine-tuning publishes: whatever translates the held-out documents best, be it the base itself.

Candidates are the base, the best checkpoint, the average of the best ones (Vaswani et al. 2017) and interpolations of
the base's weights and the better of those two (WiSE-FT: Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"). Each is measured as it will be used: by the ``Translator``, with the beams, prefix and glossary of the
configuration. Where requests begin with a length tag, the winner's neighbouring tags are candidates as well.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.config import Config, TrainingConfig
from mt.glossary.glossary import Glossary
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.translation import Translation
from mt.inference.translator import Translator
from mt.metrics.corpus_scores import Scorer
from mt.models.load import load_model, source_prefix
from mt.models.options import ModelOptions
from mt.models.tags import LENGTH_TAGS
from mt.training.saving.selection import averaged

_log = logging.getLogger(__name__)

# Shares of the trained weights in interpolations with the base's.
_SHARES = (0.75, 0.5, 0.25)
# The same of models of folds, of which each must be translated with.
_FOLD_SHARES = (0.5,)
_NAMES = {"chrf": "chrF", "chrf++": "chrF++", "bleu": "BLEU", "term_success": "term success"}

Weights = dict[str, torch.Tensor]
Metrics = dict[str, float]
Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase]
_Pair = tuple[str, str]


@dataclass(frozen=True)
class Publication:
    """What is published, in a sentence, with its metrics and the base's on what was held out."""

    sentence: str
    metrics: Metrics = field(default_factory=dict)
    base_metrics: Metrics = field(default_factory=dict)
    # Candidate -> its value of the metric that decides.
    compared: Metrics = field(default_factory=dict)
    is_base: bool = False


@dataclass(frozen=True)
class HeldOut:
    """Held-out segments to translate, the documents they are from, and general segments."""

    config: Config
    pairs: Sequence[_Pair]
    documents: Sequence[str]
    general: Sequence[_Pair] = ()
    glossary: Glossary | None = None

    def translated(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[Translation]:
        """Translate with the glossary."""
        translator = self._translator(model, tokenizer, self.glossary)
        return translator.translate([zh for zh, _ in self.pairs], documents=self.documents)

    def as_used(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Metrics:
        """Translate with the glossary, and score: BLEU, chrF, chrF++, and term success if there are terms."""
        found = self.translated(model, tokenizer)
        scores = Scorer([en for _, en in self.pairs], ("chrf", "chrf++", "bleu")).score(list(map(str, found)))
        metrics = {f"validation_{name}": score.score for name, score in scores.items()}
        terms = [term for translation in found for term in translation.terms]
        if terms:
            met = sum(term.status != "unsatisfied" for term in terms)
            metrics["validation_term_success"] = 100.0 * met / len(terms)
        return metrics

    def guards(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Metrics:
        """Score without the glossary, if there is one, and on the general segments: in neither may the base be lost."""
        translator = self._translator(model, tokenizer, None)
        metrics = {}
        for name, pairs in (("plain", self.pairs if self.glossary is not None else ()), ("general", self.general)):
            if pairs:
                outputs = list(map(str, translator.translate([zh for zh, _ in pairs])))
                metrics[f"{name}_chrf"] = Scorer([en for _, en in pairs], ("chrf",)).score(outputs)["chrf"].score
        return metrics

    def _translator(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, glossary: Glossary | None
    ) -> Translator:
        return Translator(TorchEngine(model, tokenizer, self.config.decoding), glossary)


@dataclass(frozen=True)
class _Candidate:
    """Weights, None for the base's own, and a prefix of requests, None for the one the model has."""

    name: str
    weights: Weights | None
    prefix: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


class _Contest:
    """Measures candidates and holds the best one so far, at first the base."""

    def __init__(self, held: HeldOut, base: Loaded, trained: Loaded) -> None:
        self._held, self._base, self._trained = held, base, trained
        self._metric = f"validation_{held.config.training.metric_for_best_model}"
        self.base_metrics = held.as_used(*base) | held.guards(*base)
        self.best = _Candidate("the base", None, metrics=self.base_metrics)
        self.compared = {"the base": self.value(self.best)}

    def value(self, candidate: _Candidate) -> float:
        """Return the metric that decides, 0 where no term is there to be met."""
        return candidate.metrics.get(self._metric, 0.0)

    def key(self, candidate: _Candidate) -> tuple[float, float]:
        """What candidates are ordered by: of equal ones that with the higher chrF is better."""
        return self.value(candidate), candidate.metrics["validation_chrf"]

    def measure(self, name: str, weights: Weights | None, prefix: str | None = None) -> _Candidate:
        """Measure a candidate; it is the best one if it beats that and loses nothing without glossary or in general."""
        candidate = _Candidate(name, weights, prefix)
        model = self.load(candidate)
        candidate = _Candidate(name, weights, prefix, self._held.as_used(*model))
        self.compared[name] = self.value(candidate)
        _log.info("%s: %s %.2f", name, self._metric.replace("_", " "), self.value(candidate))
        if self.key(candidate) > self.key(self.best):
            candidate = _Candidate(name, weights, prefix, {**candidate.metrics, **self._held.guards(*model)})
            if self._loses_nothing(candidate.metrics):
                self.best = candidate
        return candidate

    def load(self, candidate: _Candidate) -> Loaded:
        """Put a candidate's weights and prefix into a model."""
        model, tokenizer = self._base if candidate.weights is None else self._trained
        if candidate.weights is not None:
            model.load_state_dict(candidate.weights, strict=False)
        if candidate.prefix is not None:
            ModelOptions.read(model.config).replace(prefix=candidate.prefix).write(model.config)
        return model, tokenizer

    def _loses_nothing(self, metrics: Mapping[str, float]) -> bool:
        base, allowed = self.base_metrics, self._held.config.adaptation.max_general_drop
        if metrics.get("plain_chrf", 0.0) < base.get("plain_chrf", 0.0):
            return False
        return allowed is None or metrics["general_chrf"] >= base["general_chrf"] - allowed

    def sentence(self) -> str:
        """Say what is published, and why."""
        name = _NAMES[self._metric.removeprefix("validation_")]
        on = f"{name} on the {len(self._held.pairs)} held-out segments"
        base = self.compared["the base"]
        if self.best.weights is None and self.best.prefix is None:
            return f"No candidate beat the base ({on}: {base:.2f}): the base itself is published, unchanged."
        return f"Published is {self.best.name}: {on} {self.value(self.best):.2f}, the base {base:.2f}."


def compares(training: TrainingConfig) -> bool:
    """Whether translations choose what is published, if something is held out."""
    return training.metric_for_best_model != "last" and training.validation_segments > 0


def not_compared(training: TrainingConfig, held_out: bool) -> str:
    """Say that the last weights are published, and why they were not compared with the base."""
    why = "No validation documents were held out"
    if held_out:
        last = training.metric_for_best_model == "last"
        why = f"training.{'metric_for_best_model is last' if last else 'validation_segments is 0'}"
    return f"{why}, so nothing was compared: published are the weights of the last step, better than the base or not."


def choose(
    held: HeldOut, trained: Loaded, initial: Weights, paths: Mapping[str, Path]
) -> tuple[Publication, PreTrainedModel, PreTrainedTokenizerBase]:
    """Measure the candidates; return what there is to say of the best one, its model and its tokenizer.

    Args:
        held: what to measure on.
        trained: the model under training, whose weights change, and its tokenizer.
        initial: the weights that it began with, of all that is trained.
        paths: checkpoint's name -> file of its weights, the best first.
    """
    contest = _Contest(held, load_untouched(held.config, trained[0].device), trained)
    trained[0].eval()
    first, *others = paths
    tuned = contest.measure(first, averaged([paths[first]]))
    if others:
        mean = contest.measure(f"the average of {', '.join(paths)}", averaged([*paths.values()]))
        tuned = max(tuned, mean, key=contest.key)
    assert tuned.weights is not None
    for share in _SHARES:
        name = f"{share:.0%} of {tuned.name} and {1 - share:.0%} of the base"
        contest.measure(name, interpolated(initial, tuned.weights, share))
    if held.config.model.source_prefix == "auto":
        _fit_length_tag(contest, source_prefix(trained[0].config))
    best = contest.best
    made = Publication(
        contest.sentence(), {**best.metrics}, contest.base_metrics, contest.compared, best.weights is None
    )
    return made, *contest.load(best)


def _fit_length_tag(contest: _Contest, prefix: str) -> None:
    """Move from the best candidate's length tag to its neighbours as long as translations become better."""
    if prefix not in LENGTH_TAGS:
        return
    best, begin = contest.best, LENGTH_TAGS.index(prefix)
    for step in (-1, 1):
        place = begin + step
        while place in range(len(LENGTH_TAGS)):
            tag = LENGTH_TAGS[place]
            contest.measure(f"{best.name} with {tag}", best.weights, tag)
            if contest.best.prefix != tag:
                break
            place += step
        if contest.best is not best:
            break
    # What was measured last may have another.
    contest.load(_Candidate("", best.weights, contest.best.prefix or prefix))


def load_untouched(config: Config, device: torch.device) -> Loaded:
    """Load the base as it is, without tags added."""
    shape = config.model
    prefix = None if shape.source_prefix == "auto" else shape.source_prefix
    model, tokenizer = load_model(
        shape.base, source_language=shape.source_language, target_language=shape.target_language, prefix=prefix
    )
    return model.eval().to(device), tokenizer


def fold_outputs(held: HeldOut, trained: Loaded, initial: Weights) -> dict[str, list[str]]:
    """Translate a fold by the model trained on the others: share of the trained weights -> outputs."""
    model, tokenizer = trained
    last = {name: model.state_dict()[name].clone() for name in initial}
    outputs = {"0": list(map(str, held.translated(*load_untouched(held.config, model.device))))}
    for share in (*_FOLD_SHARES, 1.0):
        model.load_state_dict(interpolated(initial, last, share), strict=False)
        outputs[f"{share:g}"] = list(map(str, held.translated(model.eval(), tokenizer)))
    return outputs | {"reference": [en for _, en in held.pairs]}


def cross_validated(folds: Sequence[Mapping[str, Sequence[str]]], metric: str) -> tuple[float, Publication]:
    """Choose the share of the trained weights that translated the folds best: 0, the base's, unless another beats it.

    Args:
        folds: of each, what :func:`fold_outputs` returned.
        metric: that decides; chrF instead of term success, which the glossary's guarantee makes equal.
    """
    metric = "chrf" if metric == "term_success" else metric
    joined = {key: [text for fold in folds for text in fold[key]] for key in folds[0]}
    references = joined.pop("reference")
    scorer = Scorer(references, (metric,))
    scores = {float(share): scorer.score(outputs)[metric].score for share, outputs in joined.items()}
    best = max(scores, key=lambda share: (scores[share], -share))
    compared = {f"{share:.0%} of the trained weights": score for share, score in scores.items()}
    on = f"{_NAMES[metric]} on the {len(references)} segments of the folds"
    if best:
        mixed = f" and {1 - best:.0%} of the base's" if best < 1 else ""
        sentence = f"Published are {best:.0%} of the trained weights{mixed}: {on} {scores[best]:.2f}, "
        sentence += f"the base {scores[0.0]:.2f}."
    else:
        sentence = f"Nothing beat the base ({on}: {scores[0.0]:.2f}): the base itself is published, unchanged."
    metrics, base = ({f"folds_{metric}": scores[share]} for share in (best, 0.0))
    return best, Publication(sentence, metrics, base, compared, not best)


def interpolated(base: Weights, tuned: Weights, share: float) -> Weights:
    """Return (1 - share) of the base's weights and ``share`` of the tuned ones, computed in double precision."""
    return {
        name: torch.lerp(base[name].double(), tensor.double(), share).to(tensor.dtype)
        if name in base and tensor.is_floating_point()
        else tensor
        for name, tensor in tuned.items()
    }
