"""zhen-mt: Chinese to English machine translation that obeys your glossary.

>>> from mt import translate
>>> translate("重庆市政府外办主任赴成都调研。", glossary="seeds/glossary.tsv")   # doctest: +SKIP

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mt.api import translate
    from mt.constraints.beam_search import ConstrainedBeamSearch
    from mt.evaluation.job import evaluate
    from mt.glossary.glossary import Glossary
    from mt.inference.translation import Translation
    from mt.inference.translator import Translator
    from mt.metrics.wmt25 import TermSuccess

__all__ = ["ConstrainedBeamSearch", "Glossary", "TermSuccess", "Translation", "Translator", "evaluate", "translate"]

_HOMES = {
    "ConstrainedBeamSearch": "mt.constraints.beam_search",
    "translate": "mt.api",
    "Translator": "mt.inference.translator",
    "Glossary": "mt.glossary.glossary",
    "Translation": "mt.inference.translation",
    "TermSuccess": "mt.metrics.wmt25",
    "evaluate": "mt.evaluation.job",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mt' has no attribute '{name}'")
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
