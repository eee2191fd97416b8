"""The typed configuration: defaults, overlaid by a YAML file, overlaid by ``section.key=value`` arguments.

One module per section. Every key has its type, range, default and description there and nowhere else; the JSON schema
(scripts/config_schema.py) and the reference page are made from them.
"""

from mt.config.adaptation import AdaptationConfig as AdaptationConfig
from mt.config.adaptation import CorpusSource as CorpusSource
from mt.config.data import DataConfig as DataConfig
from mt.config.decoding import DecodingConfig as DecodingConfig
from mt.config.evaluation import EvaluationConfig as EvaluationConfig
from mt.config.load import load_config as load_config
from mt.config.load import save_config as save_config
from mt.config.lora import LoraConfig as LoraConfig
from mt.config.model import ModelConfig as ModelConfig
from mt.config.run import RunConfig as RunConfig
from mt.config.section import Section as Section
from mt.config.terms import TermsConfig as TermsConfig
from mt.config.training import TrainingConfig as TrainingConfig
from mt.config.tree import Config as Config
