"""LoRA (Hu et al. 2021) through peft: small trained matrices beside frozen weights, merged when a model is saved."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import peft
import torch
from torch import nn
from transformers import PreTrainedModel

from mt.config import LoraConfig
from mt.errors import ConfigError
from mt.models.families import family

__all__ = ["add_lora"]

_log = logging.getLogger(__name__)


def add_lora(model: PreTrainedModel, config: LoraConfig, tags: Sequence[int], *, seed: int) -> peft.PeftModel:
    """Freeze a model and put trainable low-rank matrices beside its linear layers, in place.

    Of the frozen embeddings only the tags' rows are trained, and with them those of whatever is tied to them.

    Args:
        model: a base; it is trained as before, through itself.
        config: rank above 0, and where the matrices go.
        tags: identifiers of the term tags.
        seed: of the matrices' first values.

    Returns:
        peft's view of the model: its ``save_pretrained`` writes the adapter alone, its ``merge_and_unload`` gives
        the plain model back.

    Raises:
        ConfigError: the model has no layers of the names wanted.
    """
    targets = config.targets or list(family(model.config).linear)
    linear = {name.rsplit(".", 1)[-1] for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    if not config.targets:
        targets = [name for name in targets if name in linear]
    if not targets or not linear.issuperset(targets):
        wrong = ", ".join(sorted(set(targets) - linear)) or f"for models of type {model.config.model_type}"
        raise ConfigError(
            f"no linear layers are known {wrong}" if not targets else f"the base has no linear layers named {wrong}",
            field="lora.targets",
            hint=f"choose among {', '.join(sorted(linear - {'lm_head'}))}",
        )
    rows: list[int] | dict[str, list[int]] = list(tags)
    if not model.config.tie_word_embeddings:
        # peft would train the rows of a look-up that the encoder does not use; tags stand in sources alone.
        encoder = model.get_encoder().embed_tokens
        rows = {next(name for name, module in model.named_modules() if module is encoder): list(tags)}
    torch.manual_seed(seed)
    adapted = peft.get_peft_model(
        model,
        peft.LoraConfig(
            task_type=peft.TaskType.SEQ_2_SEQ_LM,
            r=config.rank,
            lora_alpha=config.alpha,
            lora_dropout=config.dropout,
            target_modules=targets,
            trainable_token_indices=rows,
        ),
    )
    trained, everything = adapted.get_nb_trainable_parameters()
    _log.info(
        "LoRA of rank %d on %s: %d of %d weights are trained", config.rank, ", ".join(targets), trained, everything
    )
    return adapted
