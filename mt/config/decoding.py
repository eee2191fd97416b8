"""The ``decoding`` section."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from mt.config.section import AtLeastZero, Count, Natural, Positive, Section


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"'{pattern}' is no regular expression ({error})") from None
    return pattern


class DecodingConfig(Section):
    """How translations are searched for."""

    num_beams: Count = 4
    """Beams of the search."""
    length_penalty: AtLeastZero | None = None
    """A hypothesis's log-probability is divided by its length to this power: above 1 favours long translations. null
    for what the model's generation_config.json says."""
    max_length_ratio: Positive = 2.0
    """Longest output in tokens, as a multiple of the source's tokens; 10 are added."""
    no_repeat_ngram_size: Natural = 0
    """No run of this many tokens may occur twice; 0 allows all. Helps weak models that repeat themselves."""
    batch_tokens: Count = 4096
    """Segments translated together, in padded source tokens."""
    clause_characters: Natural | None = None
    """Sentences of at least this many Chinese characters are translated clause by clause: a weak model omits less. 0
    for never; null for what the model's configuration says (never, where it says nothing)."""
    numbers: Literal["auto", "request", "ignore"] = "auto"
    """Large numbers (1218亿) are annotated in the source as English writes them (121.8 billion): `request` does so,
    `ignore` does not, `auto` does what the model's configuration says (ignore, where it says nothing)."""
    names: Literal["auto", "request", "ignore"] = "auto"
    """Names of Chinese persons (李克强) are annotated in the source in pinyin (Li Keqiang): likewise."""
    protect: list[Annotated[str, AfterValidator(_check_pattern)]] = []
    """Regular expressions of what is copied into the translation as it is, beside addresses, placeholders, tags etc."""
