"""The tags that a source is annotated with, single tokens of our own: ``… <term> 川促会 <trans> SUCPEB </term> …``."""

from typing import Any

TERM_OPEN = "<term>"
TRANSLATION = "<trans>"
TERM_CLOSE = "</term>"
TAGS = (TERM_OPEN, TRANSLATION, TERM_CLOSE)


def special_ids(tokenizer: Any) -> set[int]:
    """Return the identifiers of all special tokens, those added later included.

    Tokenizers of the tokenizers library do not count the latter among their ``all_special_ids``.
    """
    added = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return added | set(tokenizer.all_special_ids)
