"""All sections together, and the checks between them."""

from typing import Annotated, Self

from pydantic import model_validator

from mt.config.adaptation import AdaptationConfig
from mt.config.data import DataConfig
from mt.config.decoding import DecodingConfig
from mt.config.evaluation import EvaluationConfig
from mt.config.lora import LoraConfig
from mt.config.model import ModelConfig
from mt.config.run import RunConfig
from mt.config.section import NOT_IN_WEIGHTS, Section
from mt.config.terms import TermsConfig
from mt.config.training import TrainingConfig
from mt.errors import ConfigError


class Config(Section):
    """The whole configuration: ``zhen-mt run`` uses every section, the other commands what they need."""

    run: RunConfig = RunConfig()
    data: Annotated[DataConfig, NOT_IN_WEIGHTS] = DataConfig()
    model: ModelConfig = ModelConfig()
    lora: LoraConfig = LoraConfig()
    terms: TermsConfig = TermsConfig()
    training: TrainingConfig = TrainingConfig()
    adaptation: AdaptationConfig = AdaptationConfig()
    decoding: DecodingConfig = DecodingConfig()
    evaluation: Annotated[EvaluationConfig, NOT_IN_WEIGHTS] = EvaluationConfig()

    @model_validator(mode="after")
    def _check_sections_together(self) -> Self:
        if self.training.metric_for_best_model == "term_success" and self.terms.glossary is None:
            raise ConfigError(
                "needs a glossary", field="training.metric_for_best_model", hint="set terms.glossary, or choose chrf"
            )
        if self.adaptation.max_general_drop is not None and self.training.metric_for_best_model == "last":
            problem = "limits the choice of a checkpoint, and the last one is taken"
            raise ConfigError(problem, field="adaptation.max_general_drop", hint="set training.metric_for_best_model")
        return self
