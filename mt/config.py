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

from mt.config_tree import build, lay_over
from mt.errors import ConfigError
from mt.files import write_text

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
            _in_range(f"data.{name}", getattr(self, name), 0.0, 1.0)
        if self.validation_share + self.test_share >= 1.0:
            raise ConfigError(
                "validation_share and test_share together leave nothing to train on",
                field="data",
                mend="make their sum less than 1",
            )


@dataclass(frozen=True)
class CorpusSource:
    """One bilingual file of a large corpus (tab-separated, plain or .xz)."""

    path: str = ""
    # Average copies of each pair in an epoch; 0.5 takes half, another half each epoch.
    weight: float = 1.0
    # Columns that hold Chinese and English, counted from 0.
    zh: int = 0
    en: int = 1
    licence: str = ""
    # Of a filtered corpus, only the pairs nearer to the domain than filter.near_score, or only the others;
    # name the file twice to give each its weight.
    part: Literal["all", "near", "far"] = "all"


@dataclass(frozen=True)
class CorpusConfig:
    """A large corpus to train a starter model from scratch; packed once as token ids."""

    sources: list[CorpusSource] = field(default_factory=list)
    # Headword -> gloss pairs, from which terms to annotate are found in the pairs.
    lexicon: str = ""
    # Validation pairs, as two line-aligned files.
    validation_zh: str = ""
    validation_en: str = ""
    validation_pairs: int = 500
    # Folder of the packed token ids; made when absent.
    packed: str = "work/packed"
    # Longest side, in tokens.
    max_tokens: int = 160


@dataclass(frozen=True)
class FilterConfig:
    """What is kept of a large corpus, and what is made of it (``scripts/filter_corpus.py``)."""

    # Folder of the filtered pairs and the report, made when absent; empty to pack `corpus.sources` after
    # the rules alone.
    folder: str = ""
    # Least score of the word alignment and least fluency of the target, in nats a word (docs/data.md).
    min_alignment: float = 0.0
    min_fluency: float = -9.0
    # Pairs each of the two alignment models is trained on; each scores what the other was trained on.
    alignment_pairs: int = 250_000
    # Pairs that may share one side.
    most_copies: int = 3
    # Test sets: a pair of which one side stands in these files, a segment or a tab-separated cell a line, is dropped.
    held_out: list[str] = field(default_factory=list)
    # Text of the domain, measured against and not trained on unless `corpus.sources` has it too.
    domain: list[CorpusSource] = field(default_factory=list)
    # Pairs of this domain score and more are `part: near`.
    near_score: float = 0.0
    # CC-CEDICT with its notes, for names to put into real segments; empty for none.
    entities: str = ""
    # Synthetic pairs made of each pair near the domain that has a name, and their weight in training.
    synthetic_copies: int = 4
    synthetic_weight: float = 1.0
    # Above this share of dropped pairs in a source, a warning.
    warn_drop_share: float = 0.4

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        _in_range("filter.warn_drop_share", self.warn_drop_share, 0.0, 1.0)
        for name in ("alignment_pairs", "most_copies", "synthetic_copies"):
            if getattr(self, name) < 1:
                raise ConfigError("must be at least 1", field=f"filter.{name}")


@dataclass(frozen=True)
class ModelConfig:
    """The sequence-to-sequence model: a base to go on from, or the shape of a new one."""

    # Local folder or hub name; empty to train from scratch in the shape below.
    base: str = ""
    # Codes of a multilingual base's tokenizer (NLLB: zho_Hans, eng_Latn); found by themselves when empty.
    source_language: str = ""
    target_language: str = ""
    # Text before every source, saved with the model; auto for what the base is used to (T5's task prefix).
    source_prefix: str = "auto"
    vocab_size: int = 12000
    d_model: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 2
    attention_heads: int = 4
    ffn_dim: int = 1024
    dropout: float = 0.0
    # Where the trained folder goes besides the run folder; empty for the run folder alone.
    publish: str = ""


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
        if self.rank < 0:
            raise ConfigError("must not be negative", field="lora.rank")
        if self.alpha < 1:
            raise ConfigError("must be at least 1", field="lora.alpha")
        _in_range("lora.dropout", self.dropout, 0.0, 1.0)


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
            _in_range(f"terms.{name}", getattr(self, name), 0.0, 1.0)


@dataclass(frozen=True)
class TrainingConfig:
    """The optimisation."""

    # A step's batch, in tokens: the larger of padded source and target sides.
    batch_tokens: int = 4096
    accumulate: int = 1
    # Stop after so many steps, epochs or minutes, whichever comes first; 0 is no limit.
    steps: int = 0
    epochs: int = 0
    minutes: float = 0.0
    # Stop after so many minutes of this session, to go on with --resume; 0 for none.
    session_minutes: float = 0.0
    optimizer: Literal["adamw", "muon"] = "adamw"
    learning_rate: float = 3e-4
    # For the matrices, when the optimiser is muon; learning_rate then serves all the rest.
    muon_learning_rate: float = 2e-3
    weight_decay: float = 0.0
    warmup_steps: int = 100
    schedule: Literal["constant", "inverse_sqrt", "cosine", "linear", "wsd"] = "linear"
    # wsd (warm-up, stable, decay): share of the run, at its end, over which the rate falls to 0.
    cooldown_share: float = 0.2
    label_smoothing: float = 0.0
    clip_norm: float = 1.0
    # Weights averaged exponentially over the steps, kept beside the trained ones; 0 for none.
    ema_decay: float = 0.0
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    # Minutes between checkpoints (0 for only at the end) and how many are kept.
    checkpoint_minutes: float = 10.0
    keep_checkpoints: int = 2
    # Steps between log lines and between validations (0 for none).
    log_steps: int = 50
    validate_steps: int = 0
    # Fine-tuning: validation segments translated at each validation, for chrF and term success
    # (0 for the loss alone), and the beams they are translated with.
    validation_segments: int = 200
    validation_beams: int = 1
    # Which validated point the weights are of: the last, or the best by a validation figure.
    choose_by: Literal["last", "loss", "chrf", "chrf++", "term_success"] = "last"
    # Stop after so many validations without a better one; 0 never does.
    patience: int = 0
    # Average the weights of so many validated points: the chosen and those before it, or the best ones.
    average: Literal["none", "last", "best"] = "none"
    average_points: int = 4
    # Where else figures go, as the Trainer's report_to: tensorboard, wandb, mlflow, … (if installed).
    report_to: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        for name in (
            "batch_tokens",
            "accumulate",
            "keep_checkpoints",
            "log_steps",
            "validation_beams",
            "average_points",
        ):
            if getattr(self, name) < 1:
                raise ConfigError("must be at least 1", field=f"training.{name}")
        for name in (
            "steps",
            "epochs",
            "minutes",
            "session_minutes",
            "warmup_steps",
            "checkpoint_minutes",
            "validate_steps",
            "validation_segments",
            "patience",
        ):
            if getattr(self, name) < 0:
                raise ConfigError("must not be negative", field=f"training.{name}")
        if self.learning_rate <= 0:
            raise ConfigError("must be above 0", field="training.learning_rate")
        _in_range("training.cooldown_share", self.cooldown_share, 0.0, 1.0)
        _in_range("training.ema_decay", self.ema_decay, 0.0, 0.99999)
        _in_range("training.label_smoothing", self.label_smoothing, 0.0, 0.5)
        for name, wanted in (
            ("choose_by", self.choose_by != "last"),
            ("average", self.average != "none"),
            ("patience", self.patience > 0),
        ):
            if wanted and not self.validate_steps:
                raise ConfigError(
                    "goes by validations, and there are none",
                    field=f"training.{name}",
                    mend="give training.validate_steps a value above 0",
                )
        if self.choose_by == "last" and (self.average == "best" or self.patience):
            raise ConfigError(
                "does not say which point is better",
                field="training.choose_by",
                mend="choose loss, chrf, chrf++ or term_success",
            )
        if self.choose_by in ("chrf", "chrf++", "term_success") and not self.validation_segments:
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
    # Pulls the weights to the base's: half the squared distance, times this, is added to the loss.
    l2_to_base: float = 0.0
    # Weight of the divergence from the frozen base's distribution, on plain (not annotated) segments:
    # the general ones, or all of them.
    distillation: float = 0.0
    distill_on: Literal["general", "all"] = "general"
    # General validation: a tab-separated file (zh, en), or a Chinese and an English one, line by line.
    validation: list[str] = field(default_factory=list)
    validation_pairs: int = 200
    # Points whose general chrF is further below the base's are chosen only if all are; 0 for no bound.
    max_general_drop: float = 0.0

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        _in_range("adaptation.general_share", self.general_share, 0.0, 0.95)
        for name in ("l2_to_base", "distillation", "max_general_drop"):
            if getattr(self, name) < 0:
                raise ConfigError("must not be negative", field=f"adaptation.{name}")
        for name in ("general_pairs", "validation_pairs"):
            if getattr(self, name) < 1:
                raise ConfigError("must be at least 1", field=f"adaptation.{name}")
        if len(self.validation) > 2:
            raise ConfigError(
                f"names {len(self.validation)} files",
                field="adaptation.validation",
                mend="give one tab-separated file, or a Chinese and an English one",
            )
        if self.max_general_drop and not self.validation:
            raise ConfigError(
                "needs a general validation set", field="adaptation.max_general_drop", mend="give adaptation.validation"
            )
        if self.distillation and self.distill_on == "general" and not self.general:
            raise ConfigError(
                "needs general pairs",
                field="adaptation.distillation",
                mend="give adaptation.general, or adaptation.distill_on: all",
            )


@dataclass(frozen=True)
class DecodingConfig:
    """How a translation is searched for."""

    beams: int = 4
    length_penalty: float = 1.0
    # Longest output, as a multiple of the source's tokens, plus 10.
    max_length_ratio: float = 2.0
    # Forbid repeating any run of so many tokens; 0 allows all. Weak models loop without it.
    no_repeat_ngram: int = 0
    # Segments decoded together, in padded source tokens.
    batch_tokens: int = 4096

    def check(self) -> None:
        """Raise ``ConfigError`` for values that make no sense."""
        for name in ("beams", "batch_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError("must be at least 1", field=f"decoding.{name}")
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
        if self.data.folds != "none" and self.training.choose_by != "last":
            raise ConfigError(
                "needs validation documents, and cross-validation holds none out",
                field="training.choose_by",
                mend="set it to last, or data.folds: none",
            )
        if self.adaptation.max_general_drop and self.training.choose_by == "last":
            raise ConfigError(
                "bounds a choice, and the last point is taken",
                field="adaptation.max_general_drop",
                mend="set training.choose_by",
            )
        if self.lora.rank and not self.model.base:
            raise ConfigError("needs a base to go on from", field="lora.rank", mend="set model.base, or lora.rank: 0")
        if self.lora.rank and self.training.optimizer == "muon":
            # Muon makes updates orthogonal, which suits whole weight matrices, not the factors of a low-rank one.
            raise ConfigError("is not for LoRA", field="training.optimizer", mend="choose adamw, or lora.rank: 0")


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
        raise ConfigError("no such file", path=path, mend="give a YAML file, such as configs/demo.yaml") from None
    except IsADirectoryError:
        raise ConfigError("is a folder", path=path, mend="give a YAML file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 (byte {error.start})", path=path, mend="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", path=path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ConfigError(f"is not YAML: {problem}", path=path, line=mark.line + 1 if mark else None) from None
    if tree is None:
        raise ConfigError("is empty", path=path, mend="give it at least one section, such as 'data:'")
    if not isinstance(tree, dict):
        raise ConfigError("is not a mapping of sections", path=path, mend="begin with a section, such as 'data:'")
    for override in overrides:
        lay_over(tree, override)
    config = build(Config, tree, "", path)
    for part in (*(getattr(config, section.name) for section in dataclasses.fields(Config)), config):
        check = getattr(part, "check", None)
        if check is not None:
            try:
                check()
            except ConfigError as error:
                raise ConfigError(error.message, path=path, field=error.field, mend=error.mend) from None
    return typing.cast(Config, config)


def save_config(config: Config, path: str | Path) -> None:
    """Write the resolved tree, every default spelled out, as YAML that ``load_config`` reads back."""
    write_text(path, yaml.safe_dump(dataclasses.asdict(config), sort_keys=False, allow_unicode=True))


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"is {value}, outside {low} to {high}", field=name)
