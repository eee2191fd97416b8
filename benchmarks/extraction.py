"""How much of a house's glossary its own translations give back, and how much of what is proposed is right.

    python benchmarks/extraction.py [--quick] [--years 2016 2018] [--model models/starter] [-o FILE]

Annual reports of the Hong Kong Monetary Authority with the dictionaries of the WMT25 terminology task. `recall`: share
of the `proper` dictionary's terms, of those with source and a translation in the report, that are proposed with a
listed translation; `recall_twice` of those whose source occurs twice or more. `precision_200`, `precision_1000`: share
of the first so many proposals whose first translation either dictionary (`proper`, `random`) lists for the source; both
leave out much that is right. Case, number, hyphens, quotation marks and script do not count, nor does a part in
brackets at the end. The weights of the confidence were fitted on 2015, 2017, 2019 and 2021; `--quick` takes two
documents of 2016.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from _outcome import tell

from mt.data.documents import Document
from mt.data.pairs import Pair
from mt.data.segments import segments_of
from mt.glossary.extraction.extract import Candidate, extract
from mt.glossary.extraction.statistics import normalised
from mt.glossary.matching.folding import fold_source, fold_width
from mt.inference.alignment import Aligner

ROOT = Path(__file__).resolve().parent.parent
TAIL = re.compile(r"\s*[(（][^()（）]*[)）]$")


def of_source(text: str) -> set[str]:
    return {re.sub(r"[《》“”\"'「」\s]", "", fold_source(form)) for form in (text, TAIL.sub("", text))} - {""}


def of_target(text: str) -> set[str]:
    forms = (text, TAIL.sub("", text))
    return {normalised(re.sub(r"[\"“”]|^(?:the|an?) ", "", form.strip(), flags=re.I)) for form in forms} - {""}


class Dictionaries:
    """What the two dictionaries of a year list."""

    def __init__(self, documents: Sequence[dict[str, Any]]) -> None:
        chinese = "|".join(of_source("|".join(document["zh"] for document in documents)))
        english = fold_width("\n".join(document["en"] for document in documents)).text.lower()
        self.listed: dict[str, set[str]] = defaultdict(set)
        self.terms: dict[str, tuple[int, set[str], set[str]]] = {}
        for kind in ("proper", "random"):
            for source, targets in {key: own for one in documents for key, own in one[kind].items()}.items():
                sources, allowed = of_source(source), {form for target in targets for form in of_target(target)}
                for form in sources:
                    self.listed[form] |= allowed
                count = max((chinese.count(form) for form in sources), default=0)
                if kind == "proper" and count and any(fold_width(one).text.lower() in english for one in targets):
                    self.terms[source] = count, sources, allowed

    def right(self, candidate: Candidate) -> bool:
        listed = {target for form in of_source(candidate.source) for target in self.listed.get(form, ())}
        return not listed.isdisjoint(of_target(candidate.renderings[0][0]))

    def figures(self, candidates: Sequence[Candidate]) -> dict[str, float]:
        proposed: dict[str, set[str]] = defaultdict(set)
        for candidate in candidates:
            for form in of_source(candidate.source):
                proposed[form].update(*(of_target(target) for target, _ in candidate.renderings))
        found = {
            source
            for source, (_, forms, allowed) in self.terms.items()
            if any(not proposed.get(form, set()).isdisjoint(allowed) for form in forms)
        }
        twice = {source for source, (count, *_) in self.terms.items() if count > 1}
        right = list(map(self.right, candidates))
        return {
            "candidates": len(candidates),
            "terms": len(self.terms),
            "recall": _share(source in found for source in self.terms),
            "recall_twice": _share(source in found for source in twice),
            **{f"precision_{size}": _share(right[:size]) for size in (200, 1000)},
        }


def _share(values: Iterable[bool]) -> float:
    values = list(values)
    return round(sum(values) / max(1, len(values)), 3)


def segments(documents: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    pairs = []
    for number, document in enumerate(documents):
        sides = zip(document["zh"].split("\n"), document["en"].split("\n"), strict=True)
        own = Document(str(number), (), tuple(Pair(zh, en) for zh, en in sides), False)
        pairs += [(segment.zh, segment.en) for segment in segments_of(own).segments]
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two documents of the first year")
    parser.add_argument("--years", nargs="+", default=["2016", "2018"])
    parser.add_argument("--model", default=str(ROOT / "models/starter"))
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of the development data")
    parser.add_argument("--candidates", type=Path, help="folder for the candidates, one file a year")
    parser.add_argument("-o", "--output", type=Path, help="file for the outcome")
    options = parser.parse_args()
    aligner = Aligner.from_pretrained(options.model)
    figures: dict[str, dict[str, float]] = {}
    for year in options.years[: 1 if options.quick else None]:
        path = next((options.shared / "testsets/wmt25-finance").glob(f"*/{year}.jsonl"))
        documents = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        documents = documents[:2] if options.quick else documents
        start = time.perf_counter(), time.process_time()
        pairs = segments(documents)
        links = aligner.align([zh for zh, _ in pairs], [en for _, en in pairs])
        candidates = extract(pairs, links)
        seconds = time.perf_counter() - start[0], time.process_time() - start[1]
        figures[year] = Dictionaries(documents).figures(candidates)
        figures[year] |= {"seconds": round(seconds[0], 1), "cpu_seconds": round(seconds[1], 1)}
        print(year, figures[year])
        if options.candidates:
            from mt.glossary.extraction.review import candidates_tsv

            (options.candidates / f"{year}.tsv").write_text(candidates_tsv(candidates), "utf-8")
    outcome = {"benchmark": "extraction", "figures": figures, "against": "WMT25 terminology task's dictionaries"}
    tell(outcome, options.output)


if __name__ == "__main__":
    main()
