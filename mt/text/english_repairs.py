"""Repairs of scraped or generated English: spacing, quotation marks, labels of answers; the words stay."""

import re

from mt.text.stop_words import OPENING_WORDS

# Straight quotation marks: the commoner form in newstest 2018-2020, and a small model need know only one.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "´": "'", "`": "'"})
_CURRENCIES = str.maketrans("＄￥￡￠", "$¥£¢")
_BEFORE_MARK = re.compile(r" +(?=[,.;:?!](?:[\s\"')]|$))")
# Around a number that was requested as "more than".
_SAID_TWICE = re.compile(r"\b(over|more than|above) more than (?=\d)", re.I)
_SPACED_MARKS = re.compile(r"(?<=[!?]) (?=[!?])")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}),? (000|(?<=, )\d{3}(?=-\w))(?!\d)")
_LOST_NOT = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|wo|would|could|should|ca|must)n t\b|\b(ca|wo) n't\b", re.I
)
_LOST_IS = re.compile(r"\b(it|he|she|that|what|there|here|let|who|where) s (?=[a-z])", re.I)
_LOST_ARE = re.compile(r"\b(I|you|we|they) (re|ve|ll) (?=[a-z])")
_LABEL = re.compile(r"^(?:[A-D]|Step \d+|\d{1,2})\. +(?=[A-Z\"])")
_ZH_LABEL = re.compile(r"^[\"“(（]?\s*(?:[A-Za-z]|第?[一二三四五六七八九十\d]+)\s*[.．、）)步]")
# A word, a mark that ends a sentence, a capitalised word; not in an address, a path or a number.
_GAP = re.compile(
    r"(?<![\w.@/\\-])(?P<before>[A-Za-z]?[a-z]+)(?P<mark>[.?!])(?P<after>[A-Z][a-z]*)(?![\w@/(\\]|[.-]\w)"
)
_SUFFIXES = frozenset("com org net edu gov info html json docx xlsx pptx jpeg java".split())
# What a source writes with marks inside: Node.js, Ph.D., 11:30, 2,948.
_DOTTED = re.compile(r"[A-Za-z0-9_-]+(?:(?:[.:：]|,(?=\d{3}(?!\d)))[A-Za-z0-9_-]+)+\.?", re.ASCII)
_SPACED_SHORT = re.compile(
    r"\b(?:U\. [SKN]|D\. C|Ph\. D|[ap]\. m|e\. g|i\. e)\.|\b\d{1,2}: [0-5]\d\b|\b(?:https?|ftp): //"
)
_ABBREVIATED = re.compile(r"(?:\b[A-Za-z]|\.|\b(?:etc|Inc|Ltd|Corp|Co|Jr|Sr|Bros|No|vs|Dr|Mr|Mrs|Ms|St|al))\.$")
# "Osalivan 6-3 Ding Junhui, Osalivan"
_REPEATED_START = re.compile(r"^(([A-Z][\w'-]*(?: [A-Z][\w'-]*){0,2}) [^,]*), \2(?=\.?$)")
_FIRST_WORD = re.compile(r"[a-z]+(?=[\s,.;:!?]|$)")
_QUOTED = re.compile('"([^"]*)"')
# A name in Latin letters that follows another one in the source: 世卫组织（WHO）, 上合组织，SCO，
_FOLLOWING_NAME = re.compile(r"[（(，,]\s?([A-Z][\w&./-]*(?: [\w&./-]+){0,4})\s?[)），,]", re.ASCII)
_OPEN_ASIDE = re.compile(r"(?<=\w) \((?=\w)(?![^()]*\))")
_OPEN_BRACKET = re.compile(r"\((?![^()]*\))")


def repair_english(zh: str, en: str) -> str:
    """Return ``en`` with damage to its spacing repaired; ``zh`` tells whether a label or a name belongs."""
    en = " ".join(en.translate(_QUOTES).replace("…", "...").split())
    if _LABEL.match(en) and not _ZH_LABEL.match(zh):
        en = _LABEL.sub("", en, count=1)
    en = _BEFORE_MARK.sub("", en)
    en = _SPACED_MARKS.sub("", en)
    en = _THOUSANDS.sub(r"\1,\2", en)
    en = _LOST_NOT.sub(lambda match: f"{match[1] or match[2]}n't", en)
    en = _LOST_IS.sub(r"\1's ", en)
    en = _LOST_ARE.sub(r"\1'\2 ", en)
    en = repair_sentence_gaps(en, zh)
    # Quotation marks with spaces on both sides: ' " word " '.
    return re.sub(r'(^| )" ([^"]*?) "(?=[ ,.;:?!]|$)', r'\1"\2"', en)


def repair_sentence_gaps(english: str, chinese: str) -> str:
    """Put a space where one sentence runs into the next, and remove those within words, times and numbers.

    ``with other countries.We will``; ``Node. Js``, ``U. S.``, ``11: 30``. The source says how a name (``queue.Queue``)
    is written.
    """

    def spaced(match: re.Match[str]) -> str:
        before, mark, after = match.group("before", "mark", "after")
        sentence = mark != "." or after == "I" or after.lower() in OPENING_WORDS
        if not sentence and not (before.islower() and len(before) > 2 and len(after) > 3):
            return match.group()
        kept = match.group() in chinese or after.lower() in _SUFFIXES
        return match.group() if kept else f"{before}{mark} {after}"

    english = _SAID_TWICE.sub(r"\1 ", english)
    before = ""
    while english != before:  # a word between two marks is after the one and before the other
        before, english = english, _GAP.sub(spaced, english)
    english = _SPACED_SHORT.sub(lambda match: match.group().replace(" ", ""), english)
    for written in {found.replace("：", ":") for found in _DOTTED.findall(chinese)}:
        # The source's own spelling, whatever space or capital the translation has in it.
        pattern = re.sub(r"\\?([.:,])(?=.)", r"\\\1 ?", re.escape(written))
        english = re.sub(rf"(?<![\w.]){pattern}(?!\w)", written.replace("\\", r"\\"), english, flags=re.I)
    return english


def repair_translation(english: str, chinese: str) -> str:
    """Repair a translation's sentence gaps, quotation marks and brackets; remove what repeats its beginning at the end.

    A heading without a full stop is given none.
    """
    english = repair_sentence_gaps(english.translate(_CURRENCIES), chinese)
    if not english.count('"') % 2:
        english = _QUOTED.sub(lambda match: f'"{match[1].strip()}"' if match[1].strip() else match.group(), english)
    elif chinese.count("“") == chinese.count("”") > 0 and re.search("”[。！？]?$", chinese):
        english += '"'
    for name in _FOLLOWING_NAME.findall(chinese):
        if chinese.count(name) == 1:
            own = re.escape(name)
            english = re.sub(rf"\b({own}(?:'s)?)(?: ?\({own}\)|, {own},)(?!\w)", r"\1", english)
    if not re.search("[(（:：]", chinese):
        english = _OPEN_BRACKET.sub("", english)
    elif chinese.count("（") == chinese.count("）"):
        english = _OPEN_ASIDE.sub(", ", english)
        if english.count(")") > english.count("("):
            english = _closed(english)
    if chinese.count(chinese[:2]) == 1:
        english = _REPEATED_START.sub(r"\g<1>", english)
    if chinese[-1:].isalnum():
        english = english.rstrip(",;")
        if english.endswith(".") and not _ABBREVIATED.search(english):
            english = english[:-1]
    return english


def _closed(english: str) -> str:
    """Drop brackets that close none, but for those of "1)" and "a)"."""
    kept, depth = "", 0
    for character in english:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            depth = 0
            if re.search(r"(?<!\w)(?:\d{1,2}|[A-Za-z])$", kept) is None:
                continue
        kept += character
    return kept


def with_capital(english: str, chinese: str) -> str:
    """Give a sentence, heading or cell its capital, unless it begins as its source does (npm, iPhone)."""
    first = _FIRST_WORD.match(english)
    return english if first is None or chinese.startswith(first.group()) else english[0].upper() + english[1:]
