"""How many names of Chinese persons are right (李克强, Li Keqiang)? Requested like terms, and left to the model

    .venv/bin/python benchmarks/names.py --quick
    .venv/bin/python benchmarks/names.py models/starter -o benchmarks/results/names.json

News of newstest 2018 (thresholds were set on it), 2019 and 2020, and the government report of 2021, fifteen segments
taken as a document. A name of the reference is a surname with one or two characters whose pinyin the reference has.
Measured are how many of these are found in the source; of the names found, how many the reference has, or has in that
document or by the surname alone (President Xi); and, on the segments that hold a name of either kind, how many names
of the reference the output has, BLEU and chrF++. The peer is the same model without requests (``decoding.names:
ignore``). The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from _entities import Benchmark, Measured, compare, run  # noqa: E402
from quality import TestSet as Segments  # noqa: E402
from quality import government, news  # noqa: E402

from mt.inference.translator import Translator  # noqa: E402
from mt.text.entities import Entity, find_entities  # noqa: E402
from mt.text.normalise import normalise_source  # noqa: E402
from mt.text.person_names import candidate_spans, find_person_names, person_name  # noqa: E402
from recipes.starter.names.labels import COMMON_SURNAMES  # noqa: E402

SETS = {
    "newstest2018": lambda: news(2018),
    "newstest2019": lambda: news(2019),
    "newstest2020": lambda: news(2020),
    "government": government,
}
DOCUMENT = 15


def main() -> None:
    run(Benchmark("names", __doc__ or "", SETS, measure, (150, ["newstest2019"]), "first"))


def measure(name: str, data: Segments, options: argparse.Namespace, figures: dict[str, float]) -> None:
    size = options.segments or len(data.sources)
    sources, references = [normalise_source(text) for text in data.sources[:size]], list(data.references[:size])
    documents = [number // DOCUMENT for number in range(len(sources))]
    found = [
        [entity for entity in own if entity.certain]
        for begin in range(0, len(sources), DOCUMENT)
        for own in find_person_names(sources[begin : begin + DOCUMENT])
    ]
    expected = [of_reference(source, reference) for source, reference in zip(sources, references, strict=True)]
    figures |= found_and_right(name, found, expected, references, documents)
    rows = [number for number in range(len(sources)) if found[number] or expected[number]]
    # Whole documents are translated, for a name is known by all of them.
    kept = {documents[number] for number in rows}
    places = [number for number, document in enumerate(documents) if document in kept]

    def translate(translator: Translator) -> list[str]:
        outputs = translator.translate(
            [data.sources[number] for number in places], documents=[documents[number] for number in places]
        )
        by_place = dict(zip(places, map(str, outputs), strict=True))
        return [by_place[number] for number in rows]

    own = [references[number] for number in rows], [expected[number] for number in rows]
    figures |= compare("names", options.model, Measured(name, translate, *own))


def of_reference(source: str, reference: str) -> list[Entity]:
    """Names of the source whose pinyin stands in the reference, those of three characters first."""
    names: list[Entity] = []
    for start, end in sorted(candidate_spans(source, COMMON_SURNAMES), key=lambda span: span[0] - span[1]):
        own = person_name(source, start, end)
        if find_entities([own], reference) != [None] and not any(
            start < other.end and other.start < end for other in names
        ):
            names.append(own)
    return sorted(names, key=lambda one: one.start)


def found_and_right(
    name: str,
    found: list[list[Entity]],
    expected: list[list[Entity]],
    references: list[str],
    documents: list[int],
) -> dict[str, float]:
    """Return how many of the expected names are found, and how many of those found are right."""
    requested = right = near = got = 0
    for number, (own, known) in enumerate(zip(found, expected, strict=True)):
        got += sum(one in own for one in known)
        nearby = " ".join(text for text, place in zip(references, documents, strict=True) if place == documents[number])
        for one in own:
            requested += 1
            has = find_entities([one], references[number]) != [None]
            right += has
            surname = one.target.split(" ")[0]
            near += has or find_entities([one], nearby) != [None] or surname in references[number].split()
    total = sum(map(len, expected))
    figures = {
        f"names_{name}": total,
        f"found_{name}": 100 * got / max(total, 1),
        f"requested_{name}": requested,
        f"in_reference_{name}": 100 * right / max(requested, 1),
        f"in_document_{name}": 100 * near / max(requested, 1),
    }
    print(
        f"{name:13} {total} names in the reference, {figures[f'found_{name}']:.1f} % found; {requested} requested, "
        f"{figures[f'in_reference_{name}']:.1f} % of them in the reference, "
        f"{figures[f'in_document_{name}']:.1f} % in its document or by the surname"
    )
    return figures


if __name__ == "__main__":
    main()
