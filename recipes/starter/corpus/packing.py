"""Annotates and tokenises pairs into a packed folder (``mt.training.data.packed_pairs``)."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece

from mt.constraints.annotate import annotated_pieces
from mt.errors import DataError
from mt.io.files import replaced_directory, sha256, write_json
from mt.models.tags import TAGS
from mt.text.numbers.requested import number_spans
from mt.training.data.lexicon import Lexicon, invent_target
from mt.training.data.packed_pairs import PackedPairs, Ragged
from recipes.starter.config import Source
from recipes.starter.corpus.pairs import save_pairs
from recipes.starter.corpus.vocabulary import EOS, read_vocabulary
from recipes.starter.filtering.filtered_pairs import FilteredPair

# Most segments request few terms; half of those with more request up to _MANY_TERMS, as documents dense with names do.
_FEW_TERMS, _MANY_TERMS, _MANY_SHARE = 4, 16, 0.5
_BATCH = 4096


@dataclass(frozen=True)
class PackedSource:
    """A corpus source, its pairs with their terms, and a counter of the pairs left out, by reason."""

    source: Source
    pairs: Iterable[FilteredPair]
    dropped: Counter[str]


class Packer:
    """Packs filtered pairs.

    Args:
        lexicon: invented targets come from it, among others.
        tokenizer: a tokenizer folder of ``train_vocabulary``.
        invented_share: share of the segments with terms in which a target is replaced by an invented one. The other
            shares of ``TermsConfig`` apply when batches are drawn.
        max_tokens: longest side; longer pairs are left out and counted.
        seed: of the random choice of terms.
    """

    def __init__(self, lexicon: Lexicon, tokenizer: Path, invented_share: float, max_tokens: int, seed: int) -> None:
        self._lexicon, self._invented_share, self._max_tokens = lexicon, invented_share, max_tokens
        self._encoder = _Encoder(tokenizer)
        self._rng = random.Random(seed)
        spm = sha256(tokenizer / "source.spm")
        self._settings: dict[str, Any] = {"tokenizer_sha256": spm, "seed": seed, "max_tokens": max_tokens}

    def pack(
        self, sources: Sequence[PackedSource], folder: Path, progress: Callable[[str], None] | None = None
    ) -> None:
        """Write the folder whole, replacing what was there.

        Args:
            sources: in the order of their numbers.
            folder: the packed folder.
            progress: called with a line about each source.

        Raises:
            DataError: a file is missing or broken, or no pair was left.
        """
        rows: list[tuple[list[int], list[int], list[int]]] = []
        origin: list[int] = []
        report: list[dict[str, Any]] = []
        for number, packed in enumerate(sources):
            before = len(rows)
            for row in self._encode(packed.pairs):
                if max(map(len, row)) > self._max_tokens:
                    packed.dropped["too long"] += 1
                else:
                    rows.append(row)
            kept = len(rows) - before
            origin += [number] * kept
            counts: dict[str, Any] = {"kept": kept, "target_tokens": sum(len(target) for *_, target in rows[before:])}
            counts |= {"dropped": dict(packed.dropped.most_common())}
            report.append(packed.source.model_dump() | counts)
            if progress is not None:
                progress(f"{packed.source.path} ({packed.source.part}): {counts}")
        if not rows:
            raise DataError("no pair was left to pack", hint="check corpus.sources")
        plain, annotated, target = (Ragged.of([row[side] for row in rows]) for side in range(3))
        pairs = PackedPairs(
            plain,
            annotated,
            target,
            origin=np.array(origin, np.uint8),
            weights=tuple(packed.source.weight for packed in sources),
        )
        manifest = {
            "pairs": len(pairs),
            "with_terms": int((pairs.annotated.lengths > 0).sum()),
            "source_tokens": len(pairs.source.ids),
            "target_tokens": len(pairs.target.ids),
            **self._settings,
            "sources": report,
        }
        with replaced_directory(folder, "packed corpus") as temporary:
            save_pairs(pairs, temporary)
            write_json(temporary / "packing.json", manifest)

    def _encode(self, pairs: Iterable[FilteredPair]) -> Iterator[tuple[list[int], list[int], list[int]]]:
        """Yield ids of plain source, annotated source and target; an empty source is not to be used."""
        stream, encoder = iter(pairs), self._encoder
        while batch := list(islice(stream, _BATCH)):
            annotated = [self._annotate(pair) for pair in batch]
            plain = encoder.sources([pair.zh for pair in batch])
            targets = encoder.targets([form.en for form in annotated])
            for ids, form, target in zip(plain, annotated, targets, strict=True):
                # An invented target must not be learnt from the plain source: nothing in it tells the target.
                yield [] if form.only else ids, encoder.annotated(form.pieces) if form.pieces else [], target

    def _annotate(self, pair: FilteredPair) -> _Annotated:
        """Choose which terms of a pair are requested, now and then with an invented target."""
        rng, en, only = self._rng, pair.en, pair.annotated_only
        terms = with_numbers(pair.zh, pair.en, pair.terms)
        if len(terms) > _FEW_TERMS:
            most = min(len(terms), _MANY_TERMS) if rng.random() < _MANY_SHARE else _FEW_TERMS
            terms = rng.sample(terms, rng.randint(1, most))
        if only:
            # The term whose target is told by the annotation alone must be among those requested.
            terms = list(pair.terms)
        elif terms and rng.random() < self._invented_share:
            only = True
            start, end, old = rng.choice(terms)
            new = invent_target(rng, self._lexicon)
            en = _replace_once(en, old, new)
            terms = [term for term in terms if term[:2] != (start, end) and term[2] in en] + [(start, end, new)]
        return _Annotated(annotated_pieces(pair.zh, terms) if terms else [], en, only)


@dataclass(frozen=True)
class _Annotated:
    """An annotated source in pieces (none without terms), its target, and whether it may not be used plain."""

    pieces: list[str]
    en: str
    only: bool


class _Encoder:
    """Encodes as the Marian tokenizer does, but on SentencePiece directly: about ten times as fast."""

    def __init__(self, tokenizer: Path) -> None:
        self._source, self._target = (
            sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / f"{side}.spm"))
            for side in ("source", "target")
        )
        vocabulary = read_vocabulary(tokenizer)
        self._tags = {tag: vocabulary[tag] for tag in TAGS}
        self._eos = vocabulary[EOS]

    def sources(self, texts: Sequence[str]) -> list[list[int]]:
        return [[*ids, self._eos] for ids in self._source.encode(list(texts))]

    def targets(self, texts: Sequence[str]) -> list[list[int]]:
        return [[*ids, self._eos] for ids in self._target.encode(list(texts))]

    def annotated(self, pieces: list[str]) -> list[int]:
        plain = iter(self._source.encode([piece for piece in pieces if piece not in self._tags]))
        ids: list[int] = []
        for piece in pieces:
            ids += [self._tags[piece]] if piece in self._tags else next(plain)
        return [*ids, self._eos]


def with_numbers(zh: str, en: str, terms: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Add the numbers of a pair to its terms (start, end, target), in place of terms they overlap."""
    numbers = [(start, end, en[first:last]) for start, end, first, last in number_spans(zh, en)]
    others = [term for term in terms if not any(term[0] < end and start < term[1] for start, end, _ in numbers)]
    return sorted([*others, *numbers])


def pack_texts(sides: tuple[Sequence[str], Sequence[str]], tokenizer: Path, folder: Path, *, max_tokens: int) -> int:
    """Tokenise line-aligned (source, target) texts without terms: a validation set.

    Returns:
        How many pairs were left out, one side of which has more than ``max_tokens`` tokens.

    Raises:
        DataError: no pair was left.
    """
    encoder = _Encoder(tokenizer)
    rows = [
        row
        for row in zip(encoder.sources(sides[0]), encoder.targets(sides[1]), strict=True)
        if max(map(len, row)) <= max_tokens
    ]
    if not rows:
        raise DataError(f"no validation pair of at most {max_tokens} tokens", hint="correct corpus.validation_*")
    packed = PackedPairs.plain([source for source, _ in rows], [target for _, target in rows])
    with replaced_directory(folder, "packed corpus") as temporary:
        save_pairs(packed, temporary)
        write_json(temporary / "packing.json", {"pairs": len(packed), "sources": [{"weight": 1.0}]})
    return len(sides[0]) - len(rows)


def _replace_once(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text, count=1)
