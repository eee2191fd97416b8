"""The ``training`` section."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mt.config.section import NOT_IN_WEIGHTS, AtLeastZero, Count, Natural, Positive, Section, Share
from mt.errors import ConfigError

Metric = Literal["chrf", "chrf++", "bleu", "term_success", "last"]
_Half = Annotated[float, Field(ge=0, le=0.5)]


class TrainingConfig(Section):
    """The optimisation, and how the published weights are chosen.

    ``training: auto`` and the default null of a key choose by the number of segments (``mt.training.strength``).
    """

    batch_tokens: Count = 2048
    """Size of a batch in tokens: the larger of its padded source and target sides."""
    gradient_accumulation_steps: Count = 1
    """Batches whose gradients are added up before each update."""
    max_steps: Count | None = None
    """Stop after this many updates; null for no limit. The first limit reached ends the run."""
    num_train_epochs: Count | None = None
    """Stop after this many passes over the documents; null for no limit, or by the number of segments where no other
    limit is set."""
    max_minutes: Positive | None = None
    """Stop after this many minutes of training; null for no limit."""
    learning_rate: Positive | None = None
    """Highest learning rate; null to choose it by the number of segments."""
    weight_decay: AtLeastZero = 0.0
    """Decoupled weight decay."""
    warmup_ratio: _Half = 0.1
    """Share of the run over which the learning rate rises from 0."""
    lr_scheduler_type: Literal["constant", "cosine", "linear", "wsd"] = "linear"
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
    """Minutes between checkpoints to resume from; null for none before the end. Only the newest is kept."""
    keep_checkpoints: Annotated[bool, NOT_IN_WEIGHTS] = False
    """Keep the last checkpoint, and the weights that were compared, after the model has been written."""
    keep_fold_models: Annotated[bool, NOT_IN_WEIGHTS] = False
    """Keep the models of cross-validation after `zhen-mt run` has evaluated them."""
    logging_steps: Annotated[Count, NOT_IN_WEIGHTS] = 50
    """Updates between two lines of the log."""
    eval_steps: Positive | None = None
    """Updates between two validations, or below 1 their share of the run; null for a fifth of a run on few segments and
    a tenth of others."""
    validation_segments: Natural = 200
    """Validation segments translated, in training and to choose what is published; 0 for the loss alone."""
    generation_num_beams: Count = 1
    """Beams that they are translated with in training; the choice at the end uses `decoding`."""
    metric_for_best_model: Metric = "chrf"
    """Metric by which the published weights are chosen, on the validation documents, among the base, checkpoints, their
    average and interpolations of base and trained weights; `last` takes the last step's without comparing."""
    early_stopping_patience: Count | None = None
    """Stop after this many validations without a better one; null for never."""
    report_to: Annotated[list[str], NOT_IN_WEIGHTS] = []
    """Where metrics are logged as well, as the Trainer's `report_to`: tensorboard, wandb, mlflow, … (if installed)."""

    @model_validator(mode="before")
    @classmethod
    def _accept_auto(cls, values: Any) -> Any:
        return {} if values == "auto" else values

    @model_validator(mode="after")
    def _check_patience(self) -> Self:
        if self.metric_for_best_model == "last" and self.early_stopping_patience:
            raise ConfigError(
                "does not say which checkpoint is better",
                field="training.metric_for_best_model",
                hint="choose chrf, chrf++, bleu or term_success",
            )
        return self
