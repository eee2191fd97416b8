"""The base of a training: any sequence-to-sequence model, with the term tags added."""

import copy
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import AddedToken, PreTrainedModel, PreTrainedTokenizerBase

from mt.errors import ModelError
from mt.models.families import family
from mt.models.load import load_model, load_model_config, tag_ids
from mt.models.tags import TAGS
from mt.text.han import is_han

_log = logging.getLogger(__name__)

# Low enough that softmax gives nothing, high enough for bf16 and for sums of a beam.
_NEVER = -1e4
# Shares of unknown characters.
_UNREADABLE, _WORTH_A_WARNING = 0.5, 0.01


def load_base(
    name: str,
    dropout: float | None = None,
    *,
    source_language: str = "",
    target_language: str = "",
    prefix: str | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a base by folder or hub name, in fp32, with the term tags in its vocabulary.

    Args:
        name: folder or hub name.
        dropout: instead of the base's own.
        source_language, target_language, prefix: as in :func:`mt.models.load.load_model`.

    Raises:
        ModelError: there is no such model, it is no sequence-to-sequence model with safetensors, or it does not
            know the languages.
    """
    changes: dict[str, Any] = {}
    if dropout is not None:
        config = load_model_config(name)
        key = family(config).dropout
        if hasattr(config, key):
            changes[key] = dropout
            if dropout and not getattr(config, key):
                _log.warning("%s was trained without dropout: %g of it unsettles what it knows", name, dropout)
        else:
            _log.warning("%s keeps the dropout it has: models of type %s name it otherwise", name, config.model_type)
    model, tokenizer = load_model(
        name, source_language=source_language, target_language=target_language, prefix=prefix, **changes
    )
    for module in model.modules():
        # Computed, not learnt; from_pretrained forgets it, and DDP waits for gradients that never come.
        if type(module).__name__.endswith("SinusoidalPositionalEmbedding"):
            module.requires_grad_(False)
    add_tags(model, tokenizer)
    return model, tokenizer


def check_vocabulary(tokenizer: PreTrainedTokenizerBase, sources: Sequence[str], name: str) -> None:
    """Warn where a base's vocabulary lacks many of the Chinese characters it is to read.

    Raises:
        ModelError: it lacks most of them.
    """
    counts = Counter(character for source in sources for character in source if is_han(character))
    total = sum(counts.values())
    unknown = sum(
        count
        for character, count in counts.items()
        if tokenizer.unk_token_id in tokenizer(character, add_special_tokens=False)["input_ids"]
    )
    share = unknown / total if total else 0.0
    if share > _UNREADABLE:
        raise ModelError(
            f"its vocabulary does not know {share:.0%} of the Chinese characters in the training data",
            path=name,
            hint="choose a base that reads Chinese, such as opus-mt-zh-en, NLLB-200, mBART-50 or mT5",
        )
    if share > _WORTH_A_WARNING:
        _log.warning("the vocabulary of %s does not know %.1f%% of the Chinese characters", name, 100 * share)


def add_tags(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Add the tags a base lacks, each row the mean of the others; return how many were added.

    Many bases have more rows than their tokenizer has tokens (M2M100, T5, mT5): the tags take rows of those, and
    the matrix grows only where they do not suffice. Tags are never produced: by the output bias where there is
    one (Marian, mBART), else by what the generation settings suppress.
    """
    missing = [tag for tag in TAGS if tokenizer.convert_tokens_to_ids(tag) in (None, tokenizer.unk_token_id)]
    if not missing:
        return 0
    used = len(tokenizer)
    # The spaces around a tag are part of it: some tokenizers would make tokens of them.
    added = [AddedToken(tag, lstrip=True, rstrip=True, normalized=False, special=True) for tag in missing]
    tokenizer.add_tokens(added, special_tokens=True)
    tags = tag_ids(tokenizer)
    old = model.get_input_embeddings().weight.shape[0]
    if max(tags) >= old:
        model.resize_token_embeddings(max(tags) + 1, mean_resizing=False)
        _part_lookups(model)
    rows = [row for row in range(min(old, used)) if row not in tags]
    with torch.no_grad():
        for matrix in {model.get_input_embeddings().weight, model.get_output_embeddings().weight}:
            matrix[tags] = matrix[rows].mean(dim=0)
    bias = getattr(model, "final_logits_bias", None)
    if bias is not None:
        bias[0, tags] = _NEVER
    else:
        suppressed = set(model.generation_config.suppress_tokens or [])
        model.generation_config.suppress_tokens = sorted(suppressed.union(tags))
    _log.info("added %d term tags to the vocabulary of %s", len(missing), model.name_or_path)
    return len(missing)


def _part_lookups(model: PreTrainedModel) -> None:
    """Give encoder and decoder embedding modules of their own, on the weights they share.

    Resizing leaves one module with several names, of which peft would wrap the first alone, which nothing calls.
    """
    seen: set[nn.Module] = set()
    for name, module in list(model.named_modules(remove_duplicate=False)):
        if isinstance(module, nn.Embedding) and module in seen:
            own = copy.copy(module)
            own._parameters = dict(module._parameters)
            model.set_submodule(name, own)
        seen.add(module)
