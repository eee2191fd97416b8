"""LoRA (Hu et al. 2021) through peft: small trained matrices beside frozen weights, merged when a model is saved."""

import logging
from collections.abc import Sequence

import peft
import torch
from torch import nn
from transformers import PreTrainedModel

from mt.config import LoraConfig
from mt.errors import ConfigError
from mt.models.families import family

_log = logging.getLogger(__name__)


def add_lora(model: PreTrainedModel, config: LoraConfig, tags: Sequence[int], *, seed: int) -> peft.PeftModel:
    """Freeze a model and put trainable low-rank matrices beside its linear layers, in place; return peft's view of it.

    Of the frozen embeddings only the rows of the tags are trained, also in whatever is tied to the embeddings.

    Args:
        model: a base; it is trained through itself, as without LoRA.
        config: rank above 0, and where the matrices go.
        tags: identifiers of the term tags.
        seed: of the initial values.

    Raises:
        ConfigError: the model has no layers of the configured names.
    """
    targets = _targets(model, config)
    rows: list[int] | dict[str, list[int]] = list(tags)
    if not model.config.tie_word_embeddings:
        # By default peft would train rows of a table that the encoder does not use; tags are only in sources.
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
    trained, total = adapted.get_nb_trainable_parameters()
    _log.info("LoRA of rank %d on %s: %d of %d weights are trained", config.rank, ", ".join(targets), trained, total)
    return adapted


def _targets(model: PreTrainedModel, config: LoraConfig) -> list[str]:
    """Return the names of the linear layers to adapt: those configured, or those known for the family."""
    linear = {name.rsplit(".", 1)[-1] for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    targets = config.targets or [name for name in family(model.config).linear if name in linear]
    wrong = sorted(set(targets) - linear)
    if wrong or not targets:
        raise ConfigError(
            f"the base has no linear layers named {', '.join(wrong)}"
            if wrong
            else f"no linear layers are known for models of type {model.config.model_type}",
            field="lora.targets",
            hint=f"choose from {', '.join(sorted(linear - {'lm_head'}))}",
        )
    return targets
