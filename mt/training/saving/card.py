"""The model card (README.md) of a trained folder: what it was made of, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import transformers
import yaml

from mt.config import Config
from mt.models.folder import licence_of
from mt.models.options import ModelOptions
from mt.training.loop import Trained

__all__ = ["model_card"]


def model_card(
    config: Config, trained: Trained, *, documents: Sequence[str], segments: int, options: ModelOptions
) -> str:
    """Write the card of a fine-tuned model, with the metadata block the Hugging Face hub reads."""
    licence = licence_of(config.model.base)
    head = {
        "language": ["zh", "en"],
        "pipeline_tag": "translation",
        "library_name": "transformers",
        "base_model": config.model.base,
        **({"license": licence} if licence else {}),
        "tags": ["zhen-mt", "terminology"],
    }
    progress = trained.progress
    training = config.training
    shown = list(documents[:20])
    more = f" and {len(documents) - len(shown)} more" if len(documents) > len(shown) else ""
    return f"""---
{yaml.safe_dump(head, sort_keys=False).strip()}
---

# Chinese to English, fine-tuned with zhen-mt

| | |
|---|---|
| base | `{config.model.base}` |
| licence of the base | {licence or "not stated in its folder"} |
| languages, prefix | {_direction(options)} |
| weights trained | {_trained(config)} |
| documents | {len(documents)}: {", ".join(shown)}{more} |
| segments | {segments} |
| glossary annotated | {config.terms.glossary or "none"} |
| steps, epochs | {progress.step}, {progress.epoch} |
| target tokens seen | {progress.target_tokens} |
| last training loss | {trained.loss:.4f} |
| weights | {trained.rule or "the last step"}: step {", ".join(f"{step}" for step in trained.steps)} |
| general data | {_mixture(config)} |
| optimiser | {training.optimizer}, learning rate {training.learning_rate:g}, {training.lr_scheduler_type} |
| seed | {config.run.seed} |
| made with | torch {torch.__version__}, transformers {transformers.__version__} |

{_figures(trained.figures, trained.base_figures)}
The licence is that of the base and of the documents. Translate with glossary terms through
`zhen-mt translate --model FOLDER --glossary FILE`; without them any transformers user can load the
folder with `AutoModelForSeq2SeqLM` and `AutoTokenizer`.

Do not measure this model on the documents above: it has learnt them.
"""


def _direction(options: ModelOptions) -> str:
    languages = f"`{options.source_language}` to `{options.target_language}`"
    prefix = f"`{options.prefix}`" if options.prefix else "none"
    return f"{languages if options.source_language else 'Chinese to English'}, {prefix}"


def _trained(config: Config) -> str:
    lora = config.lora
    if not lora.rank:
        return "all"
    where = ", ".join(lora.targets) or "all linear layers of attention and feed-forward"
    return f"LoRA of rank {lora.rank}, alpha {lora.alpha}, on {where}, and the term tags; merged here"


def _mixture(config: Config) -> str:
    adaptation = config.adaptation
    if not (adaptation.general and adaptation.general_share):
        return "none"
    names = ", ".join(source.path for source in adaptation.general)
    return f"{adaptation.general_share:.0%} of an epoch's target tokens, of {names}"


def _figures(figures: Mapping[str, float], base: Mapping[str, float]) -> str:
    """Set the validation's figures beside the base's own; they served to choose, so they flatter."""
    if not figures:
        return "No validation documents were held out.\n"
    rows = [
        f"| {name.replace('_', ' ')} | {f'{base[name]:.2f}' if name in base else ''} | {value:.2f} |"
        for name, value in figures.items()
    ]
    return "\n".join(["## Validation", "", "| figure | base | this model |", "|---|--:|--:|", *rows]) + "\n"
