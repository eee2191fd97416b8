"""The typed configuration: defaults, overlaid by a YAML file, overlaid by ``section.key=value`` arguments.

One module per section. Every key has its type, range, default and description there and nowhere else; the JSON schema
and the reference page are made from them (:mod:`mt.config.schema`).
"""

from mt.config.adaptation import AdaptationConfig, CorpusSource
from mt.config.data import DataConfig
from mt.config.decoding import DecodingConfig
from mt.config.evaluation import EvaluationConfig
from mt.config.load import load_config, save_config
from mt.config.lora import LoraConfig
from mt.config.model import ModelConfig
from mt.config.run import RunConfig
from mt.config.section import Section
from mt.config.terms import TermsConfig
from mt.config.training import TrainingConfig
from mt.config.tree import Config

__all__ = [
    "AdaptationConfig",
    "Config",
    "CorpusSource",
    "DataConfig",
    "DecodingConfig",
    "EvaluationConfig",
    "LoraConfig",
    "ModelConfig",
    "RunConfig",
    "Section",
    "TermsConfig",
    "TrainingConfig",
    "load_config",
    "save_config",
]
