"""The configuration tree: one typed dataclass a section, defaults < YAML file < ``key=value``.

Every key has a type and a default here and nowhere else. Unknown keys are refused with the nearest
valid name; values are checked for type when loaded and for sense by each section's ``check``.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml

from mt.config.corpus import CorpusConfig, CorpusSource, FilterConfig
from mt.config.training import AdaptationConfig, LoraConfig, TermsConfig, TrainingConfig
from mt.config.tree import at_least, build, in_range, lay_over
from mt.errors import ConfigError
from mt.io.files import write_text
from mt.io.starter import resolve_model

__all__ = [
    "AdaptationConfig",
    "Config",
    "CorpusConfig",
    "CorpusSource",
    "DataConfig",
    "DecodingConfig",
    "EvaluationConfig",
    "FilterConfig",
    "LoraConfig",
    "ModelConfig",
    "RunConfig",
    "TermsConfig",
    "TrainingConfig",
    "load_config",
    "save_config",
]


@dataclass(frozen=True)
class RunConfig:
    """Where everything a run makes is kept, and its seed."""

    dir: str = "runs/run"
    seed: int = 1


@dataclass(frozen=True)
class DataConfig:
    """Documents to prepare (``zhen-mt prepare``)."""

    # Files, folders or glob patterns of human-translated documents.
    documents: list[str] = field(default_factory=list)
    # How segments are kept apart: fixed shares of documents, or cross-validation.
    folds: Literal["none", "paragraphs", "documents"] = "none"
    validation_share: float = 0.1
    test_share: float = 0.1
    # Put lost English apostrophes back ("Peoples" -> "People's"); otherwise only reported.
    restore_apostrophes: bool = False
    # Above this share of dropped segments `prepare` fails instead of going on with the rest.
    max_drop_share: float = 0.2

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        for name in ("validation_share", "test_share", "max_drop_share"):
            in_range(f"data.{name}", getattr(self, name), 0.0, 1.0)
        if self.validation_share + self.test_share >= 1.0:
            raise ConfigError(
                "validation_share and test_share together leave nothing to train on",
                field="data",
                hint="make their sum less than 1",
            )


@dataclass(frozen=True)
class ModelConfig:
    """The sequence-to-sequence model: a base to go on from, or the shape of a new one."""

    # Local folder or hub name; empty to train from scratch in the shape below.
    base: str = ""
    # Codes of a multilingual base's tokenizer (NLLB: zho_Hans, eng_Latn); found by themselves when empty.
    source_language: str = ""
    target_language: str = ""
    # Text before every source, saved with the model; auto for what the base is used to (T5's task prefix), of length
    # tags the one with which validation documents come out as long as their references.
    source_prefix: str = "auto"
    vocab_size: int = 12000
    d_model: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 2
    attention_heads: int = 4
    ffn_dim: int = 1024
    # -1 for the base's own, and none in a new model. A base trained without any is unsettled by it (docs/training.md).
    dropout: float = -1.0

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        if self.dropout != -1.0:
            in_range("model.dropout", self.dropout, 0.0, 0.9)


@dataclass(frozen=True)
class DecodingConfig:
    """How a translation is searched for."""

    num_beams: int = 4
    # Exponent of the length that a hypothesis's score is divided by: above 1 favours long ones. -1 for what the
    # model's generation_config.json says (the starter's: 0.4, and 1 where it says nothing).
    length_penalty: float = -1.0
    # Longest output, as a multiple of the source's tokens, plus 10.
    max_length_ratio: float = 2.0
    # Forbid repeating any run of so many tokens; 0 allows all. Weak models loop without it.
    no_repeat_ngram_size: int = 0
    # Segments decoded together, in padded source tokens.
    batch_tokens: int = 4096
    # Sentences of so many Chinese characters are translated clause by clause from the start: a weak model leaves out
    # less. 0 for never, -1 for what the model's configuration says (the starter's does; others: never).
    clause_characters: int = -1
    # Annotate large numbers (1218亿) in sources with what English calls them (121.8 billion), as if they were terms:
    # request does, ignore does not, auto is what the model's configuration says (the starter's: request; others:
    # ignore).
    numbers: Literal["auto", "request", "ignore"] = "auto"
    # The same for the names of Chinese persons (李克强) in pinyin (Li Keqiang).
    names: Literal["auto", "request", "ignore"] = "auto"

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        at_least("decoding", self, 1, "num_beams", "batch_tokens")
        if self.length_penalty < 0 and self.length_penalty != -1:
            raise ConfigError("must be 0 or more, or -1 for the model's own", field="decoding.length_penalty")
        if self.clause_characters < -1:
            raise ConfigError("must be 0 or more, or -1 for the model's own", field="decoding.clause_characters")
        if self.max_length_ratio <= 0:
            raise ConfigError("must be above 0", field="decoding.max_length_ratio")


@dataclass(frozen=True)
class EvaluationConfig:
    """What is compared, and how surely."""

    # Which of the prepared splits is measured; with folds every segment is, by its own fold's model.
    split: Literal["test", "validation", "train"] = "test"
    bootstrap_samples: int = 1000
    # Heading of the report; the run's folder when empty.
    title: str = ""


@dataclass(frozen=True)
class Config:
    """All of it. ``zhen-mt run CONFIG`` uses every section, the single commands what they need."""

    run: RunConfig = field(default_factory=RunConfig)
    data: DataConfig = field(default_factory=DataConfig)
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    filter: FilterConfig = field(default_factory=FilterConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    lora: LoraConfig = field(default_factory=LoraConfig)
    terms: TermsConfig = field(default_factory=TermsConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    adaptation: AdaptationConfig = field(default_factory=AdaptationConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)

    def check(self) -> None:
        """Raise ``ConfigError`` for sections that do not go together."""
        if self.data.folds != "none" and self.training.metric_for_best_model != "last":
            raise ConfigError(
                "needs validation documents, and cross-validation holds none out",
                field="training.metric_for_best_model",
                hint="set it to last, or data.folds: none",
            )
        if self.adaptation.max_general_drop and self.training.metric_for_best_model == "last":
            raise ConfigError(
                "bounds a choice, and the last point is taken",
                field="adaptation.max_general_drop",
                hint="set training.metric_for_best_model",
            )
        if self.lora.rank and not self.model.base:
            raise ConfigError("needs a base to go on from", field="lora.rank", hint="set model.base, or lora.rank: 0")
        if self.lora.rank and self.training.optimizer == "muon":
            # Muon makes updates orthogonal, which suits whole weight matrices, not the factors of a low-rank one.
            raise ConfigError("is not for LoRA", field="training.optimizer", hint="choose adamw, or lora.rank: 0")


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a YAML file, lay ``section.key=value`` overrides over it, check all of it.

    Raises:
        ConfigError: the file is missing or not YAML, a key is unknown, a value has the wrong type
            or makes no sense.
    """
    path = Path(path)
    try:
        tree = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError("no such file", path=path, hint="give a YAML file, such as configs/demo.yaml") from None
    except IsADirectoryError:
        raise ConfigError("is a folder", path=path, hint="give a YAML file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 (byte {error.start})", path=path, hint="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", path=path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ConfigError(f"is not YAML: {problem}", path=path, line=mark.line + 1 if mark else None) from None
    if tree is None:
        raise ConfigError("is empty", path=path, hint="give it at least one section, such as 'data:'")
    if not isinstance(tree, dict):
        raise ConfigError("is not a mapping of sections", path=path, hint="begin with a section, such as 'data:'")
    for override in overrides:
        lay_over(tree, override)
    config = build(Config, tree, "", path)
    config = dataclasses.replace(
        config, model=dataclasses.replace(config.model, base=resolve_model(config.model.base, path.parent))
    )
    for part in (*(getattr(config, section.name) for section in dataclasses.fields(Config)), config):
        check = getattr(part, "check", None)
        if check is not None:
            try:
                check()
            except ConfigError as error:
                raise ConfigError(error.message, path=path, field=error.field, hint=error.hint) from None
    return typing.cast(Config, config)


def save_config(config: Config, path: str | Path) -> None:
    """Write the resolved tree, every default spelled out, as YAML that ``load_config`` reads back."""
    write_text(path, yaml.safe_dump(dataclasses.asdict(config), sort_keys=False, allow_unicode=True))
