"""zhen-mt: Chinese to English machine translation that obeys your glossary.

>>> from mt import translate
>>> translate("川促会秘书长参加座谈。", glossary={"川促会": "SUCPEB"})   # doctest: +SKIP

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mt.api import translate
    from mt.constraints.beam_search import ConstrainedBeamSearch
    from mt.evaluation.compare import evaluate
    from mt.glossary.glossary import Glossary
    from mt.inference.translation import Translation
    from mt.inference.translator import Translator
    from mt.metrics.wmt25 import TermSuccess

__all__ = ["ConstrainedBeamSearch", "Glossary", "TermSuccess", "Translation", "Translator", "evaluate", "translate"]

# Where each name of the public face is defined.
_MODULES = {
    "ConstrainedBeamSearch": "mt.constraints.beam_search",
    "Glossary": "mt.glossary.glossary",
    "Translation": "mt.inference.translation",
    "Translator": "mt.inference.translator",
    "evaluate": "mt.evaluation.compare",
    "TermSuccess": "mt.metrics.wmt25",
    "translate": "mt.api",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'mt' has no attribute '{name}'")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
