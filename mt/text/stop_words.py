"""The one list of English stop words, the two lists derived from it; common words of corpora; headings of tables."""

import json
from functools import cache
from pathlib import Path

# Function words, which no phrase worth translating as a unit begins or ends with; in lower case.
STOP_WORDS = frozenset(
    "a about above after again against all also an and any are as at be been before being below between both but by "
    "can could did do does during each for from further had has have he her his how i if in into is it its itself "
    "may might more most must no nor not of off on one only or other our out over own per s shall she should so some "
    "such than that the their them then there these they this those through to too under until up upon us very was "
    "we were what when where which while who whom whose will with within without would you your".split()
)
# Words that have a capital only at the beginning of a sentence: all but I and us, which is also a country.
OPENING_WORDS = (STOP_WORDS - {"i", "s", "us"}) | frozenset(
    "according across although among another based because besides especially even every everyone few furthermore "
    "given having here however including last many moreover much my namely now several since therefore though thus "
    "yet".split()
)
# Words so common that requesting one as a translation teaches nothing about terms.
COMMON_WORDS = (
    STOP_WORDS | OPENING_WORDS | frozenset("down ever just like made make never none same well yours".split())
)


@cache
def common_words() -> frozenset[str]:
    """Frequent words that are seldom or never written with a capital within a sentence, counted in our corpora."""
    return frozenset(json.loads(Path(__file__).with_name("common_words.json").read_text("utf-8")))


@cache
def table_headings() -> dict[str, str]:
    """Headings of tables and forms, which a model reads as verbs when they stand alone: 职务 is Position."""
    headings: dict[str, str] = json.loads(Path(__file__).with_name("table_headings.json").read_text("utf-8"))
    return headings
