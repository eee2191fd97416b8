"""Which weights of a run become the final ones: chosen by validation, and averaged, by a stated rule.

An evaluation is a dictionary of a ``step`` and its validation metrics; that at step 0 is the base's, for comparison,
and never chosen. Every decision is a function of the evaluations so far, which a checkpoint holds: a resumed run
decides as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mt.config import AdaptationConfig, TrainingConfig
from mt.errors import ConfigError

Evaluation = dict[str, float]

_GENERAL = "general_chrf"


@dataclass(frozen=True)
class SelectionRule:
    """How the final weights are chosen.

    Attributes:
        metric_for_best_model: ``last``, or the validation metric that decides.
        average, average_checkpoints: which evaluated weights are averaged, and how many.
        patience: validations without improvement after which to stop; 0 for no early stopping.
        max_general_drop: chrF by which general translations may fall below the base's; None for no limit.
    """

    metric_for_best_model: str = "last"
    average: str = "none"
    average_checkpoints: int = 1
    patience: int = 0
    max_general_drop: float | None = None

    @classmethod
    def of(cls, training: TrainingConfig, adaptation: AdaptationConfig) -> SelectionRule:
        """Take the rule from a configuration."""
        return cls(
            training.metric_for_best_model,
            training.average,
            training.average_checkpoints,
            training.early_stopping_patience or 0,
            adaptation.max_general_drop,
        )

    @property
    def selects(self) -> bool:
        """Whether the final weights may be others than those of the last step."""
        return self.metric_for_best_model != "last" or self.average != "none"

    @property
    def _metric(self) -> str:
        return "" if self.metric_for_best_model == "last" else f"validation_{self.metric_for_best_model}"

    def check(self, metrics: Collection[str]) -> None:
        """Refuse to select by a metric that validation does not give.

        Raises:
            ConfigError: the metric is not among those given.
        """
        for name, field in (
            (self._metric, "training.metric_for_best_model"),
            ("" if self.max_general_drop is None else _GENERAL, "adaptation.max_general_drop"),
        ):
            if name and name not in metrics:
                given = ", ".join(sorted(metrics)) or "nothing"
                raise ConfigError(
                    f"needs {name}, which validation does not give (it gives {given})",
                    field=field,
                    hint="hold out validation documents (with terms, for term_success), or choose another, or last",
                )

    def ranked(self, evaluations: Sequence[Evaluation]) -> list[Evaluation]:
        """Return the evaluations that may be chosen, best first (newest first for ``last``).

        With equal term success the higher chrF wins, then the earlier step. If the limit on the general drop leaves
        none, all are ranked by their general chrF instead.
        """
        candidates = [evaluation for evaluation in evaluations if evaluation["step"] > 0]
        if self.metric_for_best_model == "last":
            return sorted(candidates, key=lambda evaluation: -evaluation["step"])
        base = next((evaluation for evaluation in evaluations if evaluation["step"] == 0), None)
        if self.max_general_drop is not None and base is not None:
            least = base[_GENERAL] - self.max_general_drop
            within = [evaluation for evaluation in candidates if evaluation[_GENERAL] >= least]
            if not within:
                return sorted(candidates, key=lambda evaluation: (-evaluation[_GENERAL], evaluation["step"]))
            candidates = within
        return sorted(candidates, key=self._key)

    def _key(self, evaluation: Evaluation) -> tuple[float, ...]:
        value = evaluation[self._metric]
        if self.metric_for_best_model == "loss":
            return value, evaluation["step"]
        tie = -evaluation["validation_chrf"] if self.metric_for_best_model == "term_success" else 0.0
        return -value, tie, evaluation["step"]

    def selected(self, evaluations: Sequence[Evaluation]) -> list[int]:
        """Return the steps whose weights make the final ones, in order; empty before the first validation."""
        ranked = self.ranked(evaluations)
        if not ranked:
            return []
        if self.average == "best":
            return sorted(int(evaluation["step"]) for evaluation in ranked[: self.average_checkpoints])
        steps = sorted(int(one["step"]) for one in evaluations if 0 < one["step"] <= ranked[0]["step"])
        return steps[-self.average_checkpoints :] if self.average == "last" else steps[-1:]

    def needed(self, evaluations: Sequence[Evaluation]) -> set[int]:
        """Return the steps whose weights the final ones may still be made of."""
        if not self.selects:
            return set()
        steps = set(self.selected(evaluations))
        if self.average == "last":
            # A better evaluation may come, and be averaged with those before it.
            recent = sorted(int(evaluation["step"]) for evaluation in evaluations if evaluation["step"] > 0)
            steps |= set(recent[-self.average_checkpoints :])
        return steps

    def out_of_patience(self, evaluations: Sequence[Evaluation]) -> bool:
        """Whether to stop early."""
        if not self.patience or len(evaluations) <= self.patience:
            return False
        ranked = self.ranked(evaluations)
        return bool(ranked) and sum(one["step"] > ranked[0]["step"] for one in evaluations) >= self.patience

    def __str__(self) -> str:
        """Describe the rule, for the model card."""
        if self.metric_for_best_model == "last":
            text = "the last step"
        else:
            which = "lowest" if self.metric_for_best_model == "loss" else "highest"
            text = f"the checkpoint with the {which} {self._metric.replace('_', ' ')}"
            if self.metric_for_best_model == "term_success":
                text += " (then the highest chrF)"
            if self.max_general_drop is not None:
                text += (
                    f" among those whose general chrF is at most {self.max_general_drop:g} below the base's "
                    "(with the highest general chrF if there are none)"
                )
        if self.average == "last":
            text += f", averaged with up to {self.average_checkpoints - 1} checkpoints before it"
        if self.average == "best":
            text += f", averaged with the {self.average_checkpoints - 1} next best"
        if self.patience:
            text += f"; stops after {self.patience} validations without improvement"
        return text
