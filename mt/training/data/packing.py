"""Training pairs as token ids in flat arrays: read at once, sampled without touching text again.

A packed folder holds three ragged arrays (plain source, annotated source, target), each as ids and
offsets, the number of the corpus source each pair came from, and ``packing.json``. The plain and
the annotated form of a source are both kept, so every epoch can draw anew which terms are asked for.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from mt.config import CorpusSource, TermsConfig
from mt.constraints.annotate import annotated_pieces
from mt.data.filtered import FilteredPair
from mt.data.lexicon import Lexicon, invent_target
from mt.data.number_terms import with_numbers
from mt.errors import DataError
from mt.io.files import replaced_directory, sha256, write_json
from mt.models.term_tags import TAGS
from mt.training.data.ragged import Ragged
from mt.training.data.vocabulary import EOS, read_vocabulary

__all__ = ["PackedPairs", "pack_corpus", "pack_texts"]

# A pair of so few source tokens may have any length.
_FEW_TOKENS = 8
# Most requests ask for few terms in a segment; a document dense with names asks for many.
_MOST_TERMS, _MANY_TERMS, _MANY_SHARE = 4, 16, 0.5


@dataclass(frozen=True)
class PackedPairs:
    """A packed corpus: ``source[i]`` or ``annotated[i]`` (either may be empty) and ``target[i]``."""

    source: Ragged
    annotated: Ragged
    target: Ragged
    origin: NDArray[np.uint8]
    weights: tuple[float, ...]

    @classmethod
    def plain(cls, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> PackedPairs:
        """Lay out token ids of pairs without terms, of one source of weight 1."""
        return cls(
            source=Ragged.of(sources),
            annotated=Ragged.of([[]] * len(sources)),
            target=Ragged.of(targets),
            origin=np.zeros(len(sources), np.uint8),
            weights=(1.0,),
        )

    def __len__(self) -> int:
        return len(self.target)

    def reweighted(self, weights: Sequence[float]) -> PackedPairs:
        """The same pairs with other weights, one a source: changing the mix needs no new packing.

        Raises:
            DataError: there are not as many weights as packed sources.
        """
        if len(weights) != len(self.weights):
            raise DataError(
                f"{len(weights)} corpus sources where {len(self.weights)} were packed", hint="delete corpus.packed"
            )
        return dataclasses.replace(self, weights=tuple(weights))

    def without_short_targets(self, least: float) -> PackedPairs:
        """The pairs that have ``least`` target tokens and more for each source token, short pairs aside.

        The length of a pair of up to eight source tokens says nothing, nor that of one without a plain source.
        """
        source, target = self.source.lengths - 1, self.target.lengths - 1
        rows = np.flatnonzero((source <= _FEW_TOKENS) | (target >= least * source))
        return PackedPairs(
            source=self.source.select(rows),
            annotated=self.annotated.select(rows),
            target=self.target.select(rows),
            origin=self.origin[rows],
            weights=self.weights,
        )

    def prefixed(self, prefix: Sequence[int]) -> PackedPairs:
        """The same pairs with tokens before every source; a form that is empty, and so not to be used, stays so."""
        return dataclasses.replace(self, source=self.source.prefixed(prefix), annotated=self.annotated.prefixed(prefix))

    def reversed(self) -> PackedPairs:
        """The pairs from target to source, plain; those that may only be used annotated are left out."""
        rows = np.flatnonzero(self.source.lengths > 0)
        return PackedPairs(
            source=self.target.select(rows),
            annotated=Ragged(np.zeros(0, np.uint16), np.zeros(len(rows) + 1, np.int64)),
            target=self.source.select(rows),
            origin=self.origin[rows],
            weights=self.weights,
        )

    def save(self, folder: Path) -> None:
        """Write the arrays; ``packing.json`` is the caller's."""
        for name in ("source", "annotated", "target"):
            getattr(self, name).save(folder, name)
        np.save(folder / "origin.npy", self.origin)

    @classmethod
    def load(cls, folder: str | Path) -> PackedPairs:
        """Read a folder that ``pack_corpus`` wrote.

        Raises:
            DataError: the folder is missing or not whole.
        """
        folder = Path(folder)
        try:
            manifest = json.loads((folder / "packing.json").read_text("utf-8"))
            rows = {name: Ragged.load(folder, name) for name in ("source", "annotated", "target")}
            origin = np.load(folder / "origin.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(f"is not a packed corpus ({error})", path=folder, hint="pack it again") from None
        return cls(**rows, origin=origin, weights=tuple(source["weight"] for source in manifest["sources"]))


class _Encoder:
    """Encodes as the Marian tokenizer does, on SentencePiece directly: about ten times as fast."""

    def __init__(self, tokenizer: Path) -> None:
        self.source = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "source.spm"))
        self.target = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "target.spm"))
        vocabulary = read_vocabulary(tokenizer)
        self.tags = {tag: vocabulary[tag] for tag in TAGS}
        self.eos = vocabulary[EOS]

    def sources(self, texts: Sequence[str]) -> list[list[int]]:
        return [[*ids, self.eos] for ids in self.source.encode(list(texts))]

    def targets(self, texts: Sequence[str]) -> list[list[int]]:
        return [[*ids, self.eos] for ids in self.target.encode(list(texts))]

    def annotated(self, pieces: list[str]) -> list[int]:
        plain = iter(self.source.encode([piece for piece in pieces if piece not in self.tags]))
        ids: list[int] = []
        for piece in pieces:
            ids += [self.tags[piece]] if piece in self.tags else next(plain)
        return [*ids, self.eos]


def pack_corpus(
    sources: Sequence[tuple[CorpusSource, Iterable[FilteredPair], Counter[str]]],
    lexicon: Lexicon,
    tokenizer: str | Path,
    folder: str | Path,
    terms: TermsConfig,
    *,
    max_tokens: int,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Annotate and tokenise pairs into a packed folder.

    Args:
        sources: corpus sources, the pairs of each with their terms, and a counter of what is left out, by reason.
        lexicon: where invented targets come from, among others.
        tokenizer: a tokenizer folder of ``train_vocabulary``.
        folder: written whole, replacing what was there.
        terms: ``invented_share`` is applied here, the other shares when batches are drawn.
        max_tokens: longest side; longer pairs are left out and counted.
        seed: of the random choice of terms.
        progress: told of each source in turn.

    Raises:
        DataError: a file is missing or broken, or no pair was left.
    """
    encoder = _Encoder(Path(tokenizer))
    rng = random.Random(seed)
    rows: dict[str, list[list[int]]] = {"source": [], "annotated": [], "target": []}
    origin: list[int] = []
    report = []
    for number, (source, pairs, drops) in enumerate(sources):
        kept = target_tokens = 0
        for plain, annotated, target in _encode(pairs, encoder, lexicon, terms.invented_share, rng):
            if max(len(plain), len(annotated), len(target)) > max_tokens:
                drops["too long"] += 1
                continue
            rows["source"].append(plain)
            rows["annotated"].append(annotated)
            rows["target"].append(target)
            origin.append(number)
            kept += 1
            target_tokens += len(target)
        dropped = dict(drops.most_common())
        report.append(
            {**source.model_dump(mode="json"), "kept": kept, "target_tokens": target_tokens, "dropped": dropped}
        )
        if progress is not None:
            progress(f"{source.path} ({source.part}): {kept} pairs, {target_tokens} target tokens, dropped {dropped}")
    if not origin:
        raise DataError("no pair was left to pack", hint="check corpus.sources")
    packed = PackedPairs(
        **{name: Ragged.of(values) for name, values in rows.items()},
        origin=np.array(origin, np.uint8),
        weights=tuple(source.weight for source, *_ in sources),
    )
    with replaced_directory(folder) as temporary:
        packed.save(temporary)
        write_json(
            temporary / "packing.json",
            {
                "pairs": len(packed),
                "with_terms": int((packed.annotated.lengths > 0).sum()),
                "source_tokens": len(packed.source.ids),
                "target_tokens": len(packed.target.ids),
                "tokenizer_sha256": sha256(Path(tokenizer) / "source.spm"),
                "seed": seed,
                "max_tokens": max_tokens,
                "sources": report,
            },
        )


def pack_texts(
    sources: Sequence[str], targets: Sequence[str], tokenizer: Path, folder: Path, *, max_tokens: int
) -> int:
    """Tokenise line-aligned texts as they are, without terms: a validation set.

    Returns how many pairs were left out, a side of which has more tokens than ``max_tokens``.

    Raises:
        DataError: no pair was left.
    """
    encoder = _Encoder(tokenizer)
    rows = [
        (source, target)
        for source, target in zip(encoder.sources(sources), encoder.targets(targets), strict=True)
        if max(len(source), len(target)) <= max_tokens
    ]
    if not rows:
        raise DataError(f"no validation pair of at most {max_tokens} tokens", hint="correct corpus.validation_*")
    packed = PackedPairs.plain([source for source, _ in rows], [target for _, target in rows])
    with replaced_directory(folder) as temporary:
        packed.save(temporary)
        write_json(temporary / "packing.json", {"pairs": len(packed), "sources": [{"weight": 1.0}]})
    return len(sources) - len(rows)


def _encode(
    pairs: Iterable[FilteredPair], encoder: _Encoder, lexicon: Lexicon, invented_share: float, rng: random.Random
) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """Yield (plain source, annotated source, target) ids; an empty form is one not to be used."""
    stream = iter(pairs)
    while batch := list(islice(stream, 4096)):
        targets: list[str] = []
        pieces: list[list[str]] = []
        annotated_only: list[bool] = []
        for pair in batch:
            en, terms = pair.en, with_numbers(pair.zh, pair.en, pair.terms)
            if len(terms) > _MOST_TERMS:
                most = min(len(terms), _MANY_TERMS) if rng.random() < _MANY_SHARE else _MOST_TERMS
                terms = rng.sample(terms, rng.randint(1, most))
            only = pair.annotated_only
            if only:
                # The term that only the annotation tells must be among those asked for.
                terms = list(pair.terms)
            elif terms and rng.random() < invented_share:
                only = True
                start, end, old = rng.choice(terms)
                new = invent_target(rng, lexicon)
                en = _replace_once(en, old, new)
                terms = [term for term in terms if term[:2] != (start, end) and term[2] in en] + [(start, end, new)]
            targets.append(en)
            pieces.append(annotated_pieces(pair.zh, terms) if terms else [])
            annotated_only.append(only)
        for plain, parts, target, only in zip(
            encoder.sources([pair.zh for pair in batch]), pieces, encoder.targets(targets), annotated_only, strict=True
        ):
            # The plain source of an invented target must not be learnt: nothing in it tells the target.
            yield ([] if only else plain), (encoder.annotated(parts) if parts else []), target


def _replace_once(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text, count=1)
