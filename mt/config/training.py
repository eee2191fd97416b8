"""The ``training`` section."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mt.config.section import NOT_IN_WEIGHTS, AtLeastZero, Count, Natural, Positive, Section, Share
from mt.errors import ConfigError

_Half = Annotated[float, Field(ge=0, le=0.5)]


class TrainingConfig(Section):
    """The optimisation, and which checkpoint is kept."""

    batch_tokens: Count = 4096
    """Size of a batch in tokens: the larger of its padded source and target sides."""
    gradient_accumulation_steps: Count = 1
    """Batches whose gradients are added up before each update."""
    max_steps: Count | None = None
    """Stop after this many updates; null for no limit. The first limit reached ends the run."""
    num_train_epochs: Count | None = None
    """Stop after this many passes over the documents; null for no limit."""
    max_minutes: Positive | None = None
    """Stop after this many minutes of training; null for no limit."""
    learning_rate: Positive = 3e-4
    """Highest learning rate."""
    weight_decay: AtLeastZero = 0.0
    """Decoupled weight decay."""
    warmup_steps: Natural = 100
    """Updates over which the learning rate rises from 0."""
    lr_scheduler_type: Literal["constant", "inverse_sqrt", "cosine", "linear", "wsd"] = "linear"
    """Learning rate after the warm-up; `wsd` (warm-up, stable, decay) is constant and falls to 0 at the end."""
    cooldown_share: Share = 0.2
    """Share of the run, at its end, over which the learning rate of `wsd` falls."""
    label_smoothing_factor: _Half | None = None
    """Label smoothing; null for what the base was trained with where its configuration says so, and none otherwise."""
    max_grad_norm: Positive = 1.0
    """Gradients with a larger norm are scaled down to it."""
    torch_compile: Annotated[bool, NOT_IN_WEIGHTS] = False
    """Compile the layers where a GPU trains them: half a minute at the start, then faster steps."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Arithmetic of the forward pass; `auto` is bf16 where the device computes it fast."""
    checkpoint_minutes: Annotated[Positive | None, NOT_IN_WEIGHTS] = 10.0
    """Minutes between checkpoints to resume from; null for none before the end."""
    save_total_limit: Annotated[Count, NOT_IN_WEIGHTS] = 2
    """Checkpoints to resume from that are kept."""
    logging_steps: Annotated[Count, NOT_IN_WEIGHTS] = 50
    """Updates between two lines of the log."""
    eval_steps: Count | None = None
    """Updates between two validations; null for no validation."""
    validation_segments: Natural = 200
    """Validation segments translated at each validation, for chrF and term success; 0 for the loss alone."""
    generation_num_beams: Count = 1
    """Beams that they are translated with."""
    metric_for_best_model: Literal["last", "loss", "chrf", "chrf++", "term_success"] = "last"
    """Which validated checkpoint is saved as the model: the last, or the best by this metric."""
    early_stopping_patience: Count | None = None
    """Stop after this many validations without a better one; null for never."""
    average: Literal["none", "last", "best"] = "none"
    """Average the weights of several validated checkpoints: of the chosen one and those before it (`last`), or of the
    best ones (`best`)."""
    average_checkpoints: Count = 4
    """Checkpoints averaged."""
    report_to: Annotated[list[str], NOT_IN_WEIGHTS] = []
    """Where metrics are logged as well, as the Trainer's `report_to`: tensorboard, wandb, mlflow, … (if installed)."""

    @model_validator(mode="after")
    def _check_selection(self) -> Self:
        for name, used in (
            ("metric_for_best_model", self.metric_for_best_model != "last"),
            ("average", self.average != "none"),
            ("early_stopping_patience", self.early_stopping_patience is not None),
        ):
            if used and self.eval_steps is None:
                raise ConfigError(
                    "needs validations, and there are none", field=f"training.{name}", hint="set training.eval_steps"
                )
        if self.metric_for_best_model == "last" and (self.average == "best" or self.early_stopping_patience):
            raise ConfigError(
                "does not say which checkpoint is better",
                field="training.metric_for_best_model",
                hint="choose loss, chrf, chrf++ or term_success",
            )
        if self.metric_for_best_model in ("chrf", "chrf++", "term_success") and not self.validation_segments:
            raise ConfigError(
                f"must be above 0 to choose a checkpoint by {self.metric_for_best_model}",
                field="training.validation_segments",
            )
        return self
