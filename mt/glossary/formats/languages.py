"""Names and codes of languages, as column headers and ``lang`` attributes give them."""

import re

_CODE = re.compile(r"([a-z]{2,3})([-_][a-z0-9]+)*")
_ISO_639_2 = {"zho": "zh", "chi": "zh", "cmn": "zh", "yue": "zh", "eng": "en"}
_ENGLISH = ("english", "英文", "英语", "英語")
_CHINESE = (
    "chinese", "mandarin", "simplified chinese", "traditional chinese", "chinese simplified", "chinese traditional",
    "chinese (simplified)", "chinese (traditional)", "中文", "汉语", "漢語", "简体中文", "繁體中文",
)  # fmt: skip
_NAMES = dict.fromkeys(_CHINESE, "zh") | dict.fromkeys(_ENGLISH, "en")


def language(name: str | None) -> str | None:
    """Return ``zh``, ``en``, another two- or three-letter code, or ``None`` if ``name`` names no language."""
    name = (name or "").strip().lower()
    if name in _NAMES:
        return _NAMES[name]
    code = _CODE.fullmatch(name)
    return _ISO_639_2.get(code[1], code[1]) if code else None
