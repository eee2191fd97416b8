"""What families of sequence-to-sequence models differ in: language codes, task prefix, names of their layers."""

from dataclasses import dataclass
from typing import Any

# What multilingual tokenizers call Simplified Chinese and English: NLLB-200, mBART-50, M2M100.
LANGUAGE_CODES = (("zho_Hans", "eng_Latn"), ("zh_CN", "en_XX"), ("zh", "en"))


@dataclass(frozen=True)
class Family:
    """Models of one architecture."""

    prefix: str = ""  # text before every source by default
    dropout: str = "dropout"  # the key of its configuration that holds the dropout
    linear: tuple[str, ...] = ()  # the linear layers of attention and feed-forward, which LoRA adapts


_BART = Family(linear=("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"))
_T5_LAYERS = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")
_FAMILIES = {
    "marian": _BART,
    "m2m_100": _BART,  # NLLB-200 too
    "mbart": _BART,
    # T5 was pre-trained on several tasks with such prefixes, mT5 on none.
    "t5": Family("translate Chinese to English: ", "dropout_rate", _T5_LAYERS),
    "mt5": Family("", "dropout_rate", _T5_LAYERS),
}


def family(config: Any) -> Family:
    """Return the family of a model by its configuration; for an unknown type one without a prefix and layers."""
    return _FAMILIES.get(config.model_type, Family())
