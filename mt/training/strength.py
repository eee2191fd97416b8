"""How strongly to train on so many segments: the values of the keys that a configuration leaves null."""

from dataclasses import dataclass

from mt.config import Config


@dataclass(frozen=True)
class Strength:
    """What is chosen for up to ``segments`` segments: passes over them, rates, shares."""

    segments: float
    num_train_epochs: int
    learning_rate: float
    general_share: float
    eval_steps: float


# Few segments are soon learnt by heart: fewer passes, at a lower rate, beside more general text.
RULE = (
    Strength(50, 4, 5e-5, 0.5, 0.25),
    Strength(300, 6, 1e-4, 0.5, 0.2),
    Strength(1500, 8, 1.5e-4, 0.5, 0.125),
    Strength(float("inf"), 10, 2e-4, 0.3, 0.1),
)
# LoRA's matrices begin at zero and are trained several times faster (Hu et al. 2022).
_LORA_FACTOR = 2.5


def with_strength(config: Config, segments: int) -> tuple[Config, str]:
    """Fill in what the number of training segments decides; also return what is to be said of it."""
    training, adaptation = config.training, config.adaptation
    rule = next(rule for rule in RULE if segments <= rule.segments)
    chosen: dict[str, float] = {}
    if not (training.max_steps or training.num_train_epochs or training.max_minutes):
        chosen["num_train_epochs"] = rule.num_train_epochs
    if training.learning_rate is None:
        chosen["learning_rate"] = rule.learning_rate * (_LORA_FACTOR if config.lora.rank else 1.0)
    if training.eval_steps is None and training.metric_for_best_model != "last":
        chosen["eval_steps"] = rule.eval_steps
    said = {f"training.{key}": value for key, value in chosen.items()}
    if adaptation.general_share is None and adaptation.mixed:
        adaptation = adaptation.replace(general_share=rule.general_share)
        said["adaptation.general_share"] = rule.general_share
    values = ", ".join(f"{key}={value:g}" for key, value in said.items())
    resolved = config.replace(training=training.replace(**chosen), adaptation=adaptation)
    return resolved, f"{segments} segments, so {values}" if values else ""
