"""The languages of multilingual models: M2M100, NLLB-200, mBART-50."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from mt.errors import ModelError
from mt.models.families import LANGUAGE_CODES, family
from mt.models.options import ModelOptions

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedTokenizerBase


def set_direction(
    config: Any,
    generation: GenerationConfig,
    tokenizer: PreTrainedTokenizerBase,
    source_language: str = "",
    target_language: str = "",
    prefix: str | None = None,
) -> None:
    """Set a model's languages and prefix in its tokenizer and configurations, which are saved with it.

    Multilingual tokenizers put the source language before a source, and the target language is the first token of the
    output, which is forced. What is not given here is as the model was saved, or its family's default.

    Raises:
        ModelError: the tokenizer does not know a language, or knows no languages at all.
    """
    saved, default = ModelOptions.read(config), family(config).prefix
    if prefix is None:
        prefix = default if saved.prefix is None else saved.prefix
    saved = saved.replace(prefix=prefix if prefix or default else None)
    if not hasattr(tokenizer, "src_lang"):
        if source_language or target_language:
            raise ModelError(
                "this base knows no language codes",
                field="model.source_language" if source_language else "model.target_language",
                hint="leave it empty; a Marian model of several targets takes model.source_prefix: '>>eng<< '",
            )
        saved.write(config)
        return
    known = _languages(tokenizer)
    codes = next((pair for pair in LANGUAGE_CODES if known.issuperset(pair)), ("", ""))
    source = source_language or saved.source_language or codes[0]
    target = target_language or saved.target_language or codes[1]
    for language, key in ((source, "model.source_language"), (target, "model.target_language")):
        if language not in known:
            near = difflib.get_close_matches(language, sorted(known), n=1)
            hint = f"did you mean '{near[0]}'?" if near else "give a code that its tokenizer has"
            problem = f"has no language '{language}'"
            if not language:
                problem, hint = "names no Chinese", "give the files it was published with, or the code"
            raise ModelError(f"the base's tokenizer {problem}", field=key, hint=hint)
    tokenizer.src_lang, tokenizer.tgt_lang = source, target
    # M2M100's codes are not their tokens, and its files may name those in another order than their ids.
    identify = getattr(tokenizer, "get_lang_id", tokenizer.convert_tokens_to_ids)
    generation.forced_bos_token_id = identify(target)
    saved.replace(source_language=source, target_language=target).write(config)


def _languages(tokenizer: PreTrainedTokenizerBase) -> set[str]:
    """Return the codes a multilingual tokenizer accepts."""
    named = set(getattr(tokenizer, "lang_code_to_token", None) or ())
    return named or {token for token in tokenizer.get_vocab() if re.fullmatch(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}", token)}


def register_languages(name: str, tokenizer: PreTrainedTokenizerBase) -> None:
    """Make M2M100's language codes special tokens of its tokenizer; raises ``ModelError`` if others have their ids.

    ``M2M100Tokenizer`` keeps them apart from its vocabulary: tokens added later would get their ids, and decoding
    would leave them in the text.
    """
    codes: dict[str, int] = getattr(tokenizer, "lang_token_to_id", {})
    if not codes:
        return
    from transformers import AddedToken

    known = tokenizer.added_tokens_encoder
    missing = sorted((token for token in codes if token not in known), key=codes.__getitem__)
    if missing:
        tokenizer.add_tokens([AddedToken(token, special=True, normalized=False) for token in missing], True)
    held = tokenizer.added_tokens_decoder
    if any(number not in held or held[number].content not in codes for number in codes.values()):
        hint = "use the tokenizer files that came with the model"
        raise ModelError("gives ids of its language codes to other tokens", path=name, hint=hint)
