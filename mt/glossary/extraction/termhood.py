"""How likely a phrase pair is an entry of a glossary: standard measures, weighed by logistic regression.

``termhood.json`` holds the weights, fitted on four annual reports of the Hong Kong Monetary Authority with the
dictionaries of the WMT25 terminology task (2015, 2017, 2019, 2021; a pair of the random dictionary counts as 0.15 of a
term), and the word lists below. The measures: frequency, how exclusively source and target translate each other,
alignment probability, Dunning's log-likelihood ratio, C-value (Frantzi, Ananiadou & Mima 2000, "Automatic recognition
of multi-word terms"), the variety of neighbours (Feng et al. 2004, "Accessor Variety Criteria for Chinese Word
Extraction") and how general the words are.
"""

import functools
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mt.glossary.extraction.association import log_likelihood_ratio
from mt.glossary.extraction.chinese_terms import is_organisation, transliterations
from mt.glossary.extraction.english_names import acronyms
from mt.glossary.extraction.phrases import LOOSE
from mt.glossary.extraction.statistics import PhrasePair
from mt.text.stop_words import common_words

_AMOUNT = re.compile("[第约近逾超0-9零一二三四五六七八九十百千万亿两几数多半上下本去今同每]")
# A shorter text is taken for a part of one so long, or nothing in it could be significant.
_LEAST_SEGMENTS = 800
_SPELLED = 0.9
_LINKING = frozenset({"and", "to", "with", "as", "by", "from", "on", "in", "for"})


@functools.cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("termhood.json").read_text("utf-8"))
    return {name: value if isinstance(value, dict) else tuple(value) for name, value in data.items()}


def confidences(pairs: Sequence[PhrasePair], segments: int) -> list[float]:
    """Return for each phrase pair of a text of so many segments the probability that a house would list it."""
    weights = _data()["weights"]
    found = []
    for pair in pairs:
        logit = weights["intercept"] + sum(weights[name] * value for name, value in features(pair, segments).items())
        surface = pair.surfaces.most_common(1)[0][0]
        # The text that the weights were fitted on has hardly a name in pinyin.
        spelled = surface[0].isupper() and pair.source in transliterations(surface, pair.source)
        found.append(max(1 / (1 + math.exp(-logit)), _SPELLED if spelled else 0.0))
    return found


def features(pair: PhrasePair, segments: int) -> dict[str, float]:
    """Return the evidence, most of it between 0 and 1."""
    words, lists = pair.target.split(), _data()
    count, sources, targets = pair.count, max(pair.source_count, pair.count), max(pair.target_count, pair.count)
    total = max(segments, _LEAST_SEGMENTS) + sources + targets
    ratio = log_likelihood_ratio(count, sources, targets, total)
    nested = pair.nested / pair.containers if pair.containers else 0
    surface = pair.surfaces.most_common(1)[0][0]
    known = {
        "log_count": math.log(count),
        "share_of_source": count / sources,
        "share_of_target": count / targets,
        "probability": pair.probability / count,
        "linked": pair.linked / count,
        "independent": 1 - pair.nested / sources,
        "log_likelihood": math.log(max(ratio, 1.0)) / 4,
        "c_value": math.log(max(math.log2(len(pair.source) + 1) * (sources - nested), 1.0)) / 4,
        "characters": len(pair.source) / 10,
        "words": len(words) / 5,
        "length_difference": abs(math.log((len(pair.source) + 1) / (len(words) * 2.2 + 1))),
        "common_words": sum(word in common_words() for word in words) / len(words),
        **dict(zip(("source_left", "source_right", "target_left", "target_right"), pair.edges, strict=True)),
        "rank_of_source": math.log(pair.value / pair.best_of_source + 1e-6),
        "rank_of_target": math.log(pair.value / pair.best_of_target + 1e-6),
    }
    conditions = {
        "one_word": len(words) == 1,
        "inner_capital": any(word[0].isupper() for word in surface.split()[1:]) or surface[1:2].isupper(),
        "capital": surface[0].isupper(),
        "article": not {"the", "a", "an"}.isdisjoint(words),
        "begins_ing_ed": words[0].endswith(("ing", "ed")),
        "ends_ing_ed_ly": words[-1].endswith(("ing", "ed", "ly")),
        "begins_ly": words[0].endswith("ly"),
        "once": count == 1,
        "latin_source": any(character.isascii() and character.isalnum() for character in pair.source),
        "function_word": not _LINKING.isdisjoint(words),
        "adjective": words[-1].endswith(lists["adjective_endings"]) and words[-1] not in lists["nouns"],
        "verb": words[0] in lists["verbs"] or words[-1] in lists["verbs"],
        "begins_action": len(pair.source) > 3 and pair.source.startswith(lists["actions"]),
        "ends_action": len(pair.source) > 3 and pair.source.endswith(lists["actions"]),
        "loose_edge": pair.source[0] in LOOSE or pair.source[-1] in LOOSE,
        "organisation": surface[0].isupper() and is_organisation(pair.source),
        "acronym": acronyms(surface) == [surface] and surface.lower() not in common_words(),
        "amount": _AMOUNT.match(pair.source) is not None,
        "mutual": pair.value == pair.best_of_source == pair.best_of_target,
    }
    return known | {name: float(holds) for name, holds in conditions.items()}
