"""The report of a filtering: counts by source and reason, examples for a person to judge, and what was kept."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.io.files import write_json, write_text
from recipes.starter.filtering.filtered_pairs import FilteredPair

_EXAMPLES = 100
_EXAMPLES_SHOWN = 8
_PERCENTILES = (1, 2, 5, 10, 25, 50, 75, 90)


class FilterReport:
    """Counts and examples, filled while a corpus is filtered.

    Args:
        sources: names of the sources, which the methods identify by number.
        seed: of the choice of examples.
    """

    def __init__(self, sources: Sequence[str], seed: int) -> None:
        self.synthetic: Counter[str] = Counter()
        self._sources = list(sources)
        self._rng = random.Random(seed)
        self._read: Counter[int] = Counter()
        self._drops: dict[int, Counter[str]] = defaultdict(Counter)
        self._examples: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
        self._kept: dict[int, dict[str, Any]] = {}
        self._distributions: dict[str, dict[str, float]] = {}
        self._terms: dict[str, Any] = {}

    def read(self, source: int) -> None:
        """Count a pair read."""
        self._read[source] += 1

    def drop(self, source: int, reason: str, zh: str, en: str, score: float | None = None) -> None:
        """Count a dropped pair; a uniform sample of each reason is kept as examples."""
        self._drops[source][reason] += 1
        examples = self._examples[source, reason]
        example = {"zh": zh, "en": en} | ({} if score is None else {"score": round(score, 3)})
        if len(examples) < _EXAMPLES:
            examples.append(example)
        elif (place := self._rng.randrange(self._drops[source][reason])) < _EXAMPLES:
            examples[place] = example

    def kept(self, source: int, pairs: Sequence[FilteredPair], near_score: float) -> None:
        """Describe what was kept of a source."""
        self._kept[source] = {
            "pairs": len(pairs),
            "english_words": sum(len(pair.en.split()) for pair in pairs),
            "with_terms": sum(bool(pair.terms) for pair in pairs),
            "domain_mean": round(float(np.mean([pair.domain for pair in pairs])), 3) if pairs else 0.0,
            "near": sum(pair.domain >= near_score for pair in pairs),
            "examples": [
                {"zh": pair.zh, "en": pair.en, "domain": round(pair.domain, 3), "terms": pair.terms}
                for pair in self._rng.sample(pairs, min(_EXAMPLES, len(pairs)))
            ],
        }

    def distribution(self, name: str, values: NDArray[np.float64]) -> None:
        """Describe the scores of all pairs that were judged."""
        if len(values):
            self._distributions[name] = {
                f"{percent}%": round(float(np.percentile(values, percent)), 3) for percent in _PERCENTILES
            }

    def terms(self, pairs: Iterable[FilteredPair]) -> None:
        """Describe the terms: how many, how many types, of which form."""
        types: Counter[tuple[str, str]] = Counter()
        for pair in pairs:
            types.update((pair.zh[start:end], target) for start, end, target in pair.terms)
        total = max(types.total(), 1)
        self._terms = {
            "terms": types.total(),
            "types": len(types),
            "once_only": sum(count == 1 for count in types.values()),
            "several_words": round(sum(n for (_, en), n in types.items() if " " in en) / total, 3),
            "capitalised": round(sum(n for (_, en), n in types.items() if en[0].isupper()) / total, 3),
        }

    def summary(self, source: int) -> str:
        """Return a line about how much of a source is left so far."""
        drops = self._drops[source]
        return f"{self._read[source] - drops.total()} of {self._read[source]} kept, dropped {dict(drops.most_common())}"

    def warnings(self, share: float) -> Iterator[str]:
        """Yield a line about each source of which more than ``share`` was dropped."""
        for number, name in enumerate(self._sources):
            dropped = self._drops[number].total()
            if dropped > share * max(self._read[number], 1):
                reason = self._drops[number].most_common(1)[0]
                yield f"{name}: {dropped} of {self._read[number]} pairs dropped, most for {reason[0]} ({reason[1]})"

    def write(self, folder: Path, settings: dict[str, Any]) -> None:
        """Write ``report.json`` and ``report.md``; the JSON last: it marks a complete folder."""
        sources = [
            {
                "source": name,
                "read": self._read[number],
                "dropped": dict(self._drops[number].most_common()),
                **{key: value for key, value in self._kept.get(number, {}).items() if key != "examples"},
            }
            for number, name in enumerate(self._sources)
        ]
        write_text(folder / "report.md", self._markdown(sources))
        write_json(
            folder / "report.json",
            {
                "settings": settings,
                "sources": sources,
                "scores": self._distributions,
                "terms": self._terms,
                "synthetic": dict(self.synthetic.most_common()),
                "dropped_examples": {
                    f"{self._sources[number]}: {reason}": examples
                    for (number, reason), examples in sorted(self._examples.items())
                },
                "kept_examples": {
                    self._sources[number]: kept["examples"] for number, kept in sorted(self._kept.items())
                },
            },
        )

    def _markdown(self, sources: list[dict[str, Any]]) -> str:
        reasons = [reason for reason, _ in sum(self._drops.values(), Counter()).most_common()]
        head = ["source", "read", *reasons, "kept", "English words", "near", "domain"]
        lines = ["# What filtering removed", "", _row(head), _row(["---", *["--:"] * (len(head) - 1)])]
        for source in sources:
            dropped = [source["dropped"].get(reason, 0) for reason in reasons]
            kept = [source.get(key, 0) for key in ("pairs", "english_words", "near", "domain_mean")]
            lines.append(_row([source["source"], source["read"], *dropped, *kept]))
        totals = [sum(source["dropped"].get(reason, 0) for source in sources) for reason in reasons]
        kept_totals = [sum(source.get(key, 0) for source in sources) for key in ("pairs", "english_words", "near")]
        lines.append(_row(["**all**", sum(source["read"] for source in sources), *totals, *kept_totals, ""]))
        lines += ["", f"Terms: {self._terms}", "", f"Synthetic pairs: {dict(self.synthetic.most_common())}", ""]
        for (number, reason), examples in sorted(self._examples.items()):
            lines += [f"## {self._sources[number]}: {reason} ({self._drops[number][reason]})", ""]
            for example in self._rng.sample(examples, min(_EXAMPLES_SHOWN, len(examples))):
                score = f" [{example['score']}]" if "score" in example else ""
                lines.append(f"- {example['zh'][:200]} ‖ {example['en'][:300]}{score}")
            lines.append("")
        return "\n".join(lines)


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
