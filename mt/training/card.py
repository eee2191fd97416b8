"""The model card (README.md) of a trained folder: what it was made of, and how."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import transformers
import yaml

from mt.config import Config
from mt.training.loop import Trained

__all__ = ["model_card"]


def model_card(config: Config, trained: Trained, *, documents: Sequence[str], segments: int) -> str:
    """Write the card of a fine-tuned model, with the metadata block the Hugging Face hub reads."""
    head = {
        "language": ["zh", "en"],
        "pipeline_tag": "translation",
        "library_name": "transformers",
        "base_model": config.model.base,
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
| documents | {len(documents)}: {", ".join(shown)}{more} |
| segments | {segments} |
| glossary annotated | {config.terms.glossary or "none"} |
| steps, epochs | {progress.step}, {progress.epoch} |
| target tokens seen | {progress.target_tokens} |
| last training loss | {trained.loss:.4f} |
| validation loss | {"none held out" if trained.validation_loss is None else f"{trained.validation_loss:.4f}"} |
| optimiser | {training.optimizer}, learning rate {training.learning_rate:g}, {training.schedule} |
| seed | {config.run.seed} |
| made with | torch {torch.__version__}, transformers {transformers.__version__} |

The licence is that of the base and of the documents. Translate with glossary terms through
`zhen-mt translate --model FOLDER --glossary FILE`; without them any transformers user can load the
folder with `AutoModelForSeq2SeqLM` and `AutoTokenizer`.

Do not measure this model on the documents above: it has learnt them.
"""
