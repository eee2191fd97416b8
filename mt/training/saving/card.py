"""The model card (README.md) of a fine-tuned model: what it was made of, and how."""

from pathlib import Path

import torch
import transformers
import yaml

from mt.config import Config
from mt.models.folder import licence_of
from mt.models.options import ModelOptions
from mt.training.saving.publish import Provenance

_MAX_DOCUMENTS = 20


def model_card(made: Provenance) -> str:
    """Write the card, with the metadata block that the Hugging Face hub reads; it names no local folders."""
    config, result = made.config, made.result
    licence = licence_of(config.model.base)
    head = {
        "language": ["zh", "en"],
        "library_name": "transformers",
        # A hub name: it means nothing for a local folder.
        **({} if Path(config.model.base).exists() else {"base_model": made.base}),
        **({"license": licence} if licence else {}),
        "tags": ["zhen-mt", "translation", "terminology"],
    }
    progress, training = result.progress, config.training
    shown, rest = ", ".join(made.documents[:_MAX_DOCUMENTS]), len(made.documents) - _MAX_DOCUMENTS
    return f"""---
{yaml.safe_dump(head, sort_keys=False).strip()}
---

# Chinese to English, fine-tuned with zhen-mt

| | |
|---|---|
| base | `{made.base}` |
| licence of the base | {licence or "not stated in its folder"} |
| languages, prefix | {_direction(ModelOptions.read(made.model))} |
| weights trained | {_weights(config)} |
| documents | {len(made.documents)}: {shown}{f" and {rest} more" if rest > 0 else ""} |
| segments | {made.segments} |
| glossary annotated | {Path(config.terms.glossary).name if config.terms.glossary else "none"} |
| steps, epochs | {progress.step}, {progress.epoch} |
| target tokens seen | {progress.target_tokens} |
| last training loss | {result.loss:.4f} |
| general data | {_mixture(config)} |
| optimiser | AdamW, learning rate {training.learning_rate or 0:g}, {training.lr_scheduler_type} |
| seed | {config.run.seed} |
| made with | torch {torch.__version__}, transformers {transformers.__version__} |

{made.publication.sentence}

{_validation(made)}
The licence is that of the base and of the documents. Translate with glossary terms through
`zhen-mt translate --model FOLDER --glossary FILE`; without them any transformers user can load the
folder with `AutoModelForSeq2SeqLM` and `AutoTokenizer`.

Do not evaluate this model on the documents above: it was trained on them.
"""


def _direction(options: ModelOptions) -> str:
    languages = f"`{options.source_language}` to `{options.target_language}`"
    prefix = f"`{options.prefix}`" if options.prefix else "none"
    return f"{languages if options.source_language else 'Chinese to English'}, {prefix}"


def _weights(config: Config) -> str:
    lora = config.lora
    if not lora.rank:
        return "all"
    where = ", ".join(lora.targets) or "all linear layers of attention and feed-forward"
    return f"LoRA of rank {lora.rank}, alpha {lora.alpha}, on {where}, and the term tags; merged here"


def _mixture(config: Config) -> str:
    adaptation = config.adaptation
    if not adaptation.mixed:
        return "none"
    names = ", ".join(Path(source.path).name for source in adaptation.general or ()) or "the set of zhen-mt"
    return f"{adaptation.general_share or 0:.0%} of an epoch's target tokens, from {names}"


def _validation(made: Provenance) -> str:
    """Compare the model with its base on the validation set; where it chose the weights, it flatters them."""
    result, publication = made.result, made.publication
    metrics = publication.metrics or dict(result.metrics)
    base = publication.base_metrics or dict(result.base_metrics)
    if not metrics:
        return "No validation documents were held out.\n"
    rows = [
        f"| {name.replace('_', ' ')} | {f'{base[name]:.2f}' if name in base else ''} | {value:.2f} |"
        for name, value in metrics.items()
    ]
    return "\n".join(["## Validation", "", "| metric | base | this model |", "|---|--:|--:|", *rows]) + "\n"
