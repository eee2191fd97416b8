"""The keys of training: terms, optimisation, low-rank adaptation, and what keeps a base from forgetting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mt.config.corpus import CorpusSource
from mt.config.tree import at_least, in_range
from mt.errors import ConfigError

__all__ = ["AdaptationConfig", "LoraConfig", "TermsConfig", "TrainingConfig"]


@dataclass(frozen=True)
class LoraConfig:
    """Fine-tuning a few weights beside the base's frozen ones (LoRA); merged into them when the model is saved."""

    # Rank of the trained matrices; 0 trains all the weights.
    rank: int = 0
    # What the matrices' product is scaled by, divided by the rank.
    alpha: int = 32
    dropout: float = 0.05
    # Names of the linear layers to adapt; empty for all of attention and feed-forward.
    targets: list[str] = field(default_factory=list)
    # Keep the matrices by themselves as well, in the model folder's adapter/.
    keep_adapter: bool = False

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        at_least("lora", self, 0, "rank")
        at_least("lora", self, 1, "alpha")
        in_range("lora.dropout", self.dropout, 0.0, 1.0)


@dataclass(frozen=True)
class TermsConfig:
    """Soft constraints: which glossary is annotated, and on what share of the training segments."""

    glossary: str = ""
    # Share of the segments that have terms which carry annotation in an epoch.
    annotated_share: float = 0.6
    # Share of single terms left out of an annotated segment, so that the model needs none.
    drop_share: float = 0.2
    # Share of annotated segments whose target is replaced by an invented word on both sides:
    # teaches to copy what was never seen.
    invented_share: float = 0.1
    # Fine-tuning: pairs of phrases that are no terms, found by association in the training pairs
    # themselves, are annotated too: this share of those a segment has. Teaches to obey any term.
    sampled_share: float = 0.3
    # Fine-tuning: headword -> gloss pairs, from which such phrases are taken as well; empty for none.
    lexicon: str = ""

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        for name in ("annotated_share", "drop_share", "invented_share", "sampled_share"):
            in_range(f"terms.{name}", getattr(self, name), 0.0, 1.0)


@dataclass(frozen=True)
class TrainingConfig:
    """The optimisation."""

    # A step's batch, in tokens: the larger of padded source and target sides.
    batch_tokens: int = 4096
    gradient_accumulation_steps: int = 1
    # Stop after so many steps, epochs or minutes, whichever comes first; 0 is no limit.
    max_steps: int = 0
    num_train_epochs: int = 0
    max_minutes: float = 0.0
    optimizer: Literal["adamw", "muon"] = "adamw"
    learning_rate: float = 3e-4
    # For the matrices, when the optimiser is muon; learning_rate then serves all the rest.
    muon_learning_rate: float = 2e-3
    weight_decay: float = 0.0
    warmup_steps: int = 100
    lr_scheduler_type: Literal["constant", "inverse_sqrt", "cosine", "linear", "wsd"] = "linear"
    # wsd (warm-up, stable, decay): share of the run, at its end, over which the rate falls to 0.
    cooldown_share: float = 0.2
    # -1: what the base was trained with, if we trained it (its configuration says so); none otherwise.
    label_smoothing_factor: float = -1.0
    max_grad_norm: float = 1.0
    # Share of the source's pieces written as two shorter ones, drawn anew each epoch (subword regularisation):
    # where the same text is seen many times. 0 for none.
    split_share: float = 0.0
    # Share of the words the decoder reads that are blanked or exchanged (mt/training/optim/target_noise.py): likewise.
    target_noise: float = 0.0
    # Weights averaged exponentially over the steps, kept beside the trained ones; 0 for none.
    ema_decay: float = 0.0
    # Compile the layers (torch.compile) where a GPU trains them: half a minute at the start, then faster steps.
    torch_compile: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    # Minutes between checkpoints (0 for only at the end) and how many are kept.
    checkpoint_minutes: float = 10.0
    save_total_limit: int = 2
    # Steps between log lines and between validations (0 for none).
    logging_steps: int = 50
    eval_steps: int = 0
    # Fine-tuning: validation segments translated at each validation, for chrF and term success
    # (0 for the loss alone), and the beams they are translated with.
    validation_segments: int = 200
    generation_num_beams: int = 1
    # Which validated point the weights are of: the last, or the best by a validation figure.
    metric_for_best_model: Literal["last", "loss", "chrf", "chrf++", "term_success"] = "last"
    # Stop after so many validations without a better one; 0 never does.
    early_stopping_patience: int = 0
    # Average the weights of so many validated points: the chosen and those before it, or the best ones.
    average: Literal["none", "last", "best"] = "none"
    average_checkpoints: int = 4
    # Where else figures go, as the Trainer's report_to: tensorboard, wandb, mlflow, … (if installed).
    report_to: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        at_least(
            "training",
            self,
            1,
            "batch_tokens",
            "gradient_accumulation_steps",
            "save_total_limit",
            "logging_steps",
            "generation_num_beams",
            "average_checkpoints",
        )
        at_least(
            "training",
            self,
            0,
            "max_steps",
            "num_train_epochs",
            "max_minutes",
            "warmup_steps",
            "checkpoint_minutes",
            "eval_steps",
            "validation_segments",
            "early_stopping_patience",
        )
        if self.learning_rate <= 0:
            raise ConfigError("must be above 0", field="training.learning_rate")
        in_range("training.cooldown_share", self.cooldown_share, 0.0, 1.0)
        in_range("training.ema_decay", self.ema_decay, 0.0, 0.99999)
        in_range("training.split_share", self.split_share, 0.0, 0.5)
        in_range("training.target_noise", self.target_noise, 0.0, 0.5)
        if self.label_smoothing_factor != -1.0:
            in_range("training.label_smoothing_factor", self.label_smoothing_factor, 0.0, 0.5)
        for name, wanted in (
            ("metric_for_best_model", self.metric_for_best_model != "last"),
            ("average", self.average != "none"),
            ("early_stopping_patience", self.early_stopping_patience > 0),
        ):
            if wanted and not self.eval_steps:
                raise ConfigError(
                    "goes by validations, and there are none",
                    field=f"training.{name}",
                    hint="give training.eval_steps a value above 0",
                )
        if self.metric_for_best_model == "last" and (self.average == "best" or self.early_stopping_patience):
            raise ConfigError(
                "does not say which point is better",
                field="training.metric_for_best_model",
                hint="choose loss, chrf, chrf++ or term_success",
            )
        if self.metric_for_best_model in ("chrf", "chrf++", "term_success") and not self.validation_segments:
            raise ConfigError("must be above 0 to choose by translations", field="training.validation_segments")


@dataclass(frozen=True)
class AdaptationConfig:
    """Fine-tuning on little data without forgetting the rest."""

    # General pairs mixed in (Chu et al. 2017): tab-separated files, plain or .xz, or the train folder
    # of a packed corpus with the base's vocabulary. Weights are relative to each other.
    general: list[CorpusSource] = field(default_factory=list)
    # Share of an epoch's target tokens that is general; an epoch is one pass over the documents.
    general_share: float = 0.5
    # Most pairs taken of each general file, evenly over it.
    general_pairs: int = 50000
    # General validation: a tab-separated file (zh, en), or a Chinese and an English one, line by line.
    validation: list[str] = field(default_factory=list)
    validation_pairs: int = 200
    # Points whose general chrF is further below the base's are chosen only if all are; 0 for no bound.
    max_general_drop: float = 0.0

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        in_range("adaptation.general_share", self.general_share, 0.0, 0.95)
        at_least("adaptation", self, 0, "max_general_drop")
        at_least("adaptation", self, 1, "general_pairs", "validation_pairs")
        if len(self.validation) > 2:
            raise ConfigError(
                f"names {len(self.validation)} files",
                field="adaptation.validation",
                hint="give one tab-separated file, or a Chinese and an English one",
            )
        if self.max_general_drop and not self.validation:
            raise ConfigError(
                "needs a general validation set", field="adaptation.max_general_drop", hint="give adaptation.validation"
            )
