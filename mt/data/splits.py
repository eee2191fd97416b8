"""Segments for training and for evaluation: whole documents or paragraphs, and no sentence on both sides."""

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from mt.config import DataConfig
from mt.data.segments import Segment, letters
from mt.errors import ConfigError, DataError

# What is held out or makes a fold, as a whole, with the length of its name (document, paragraph, sentence).
_UNITS = {"documents": 1, "paragraphs": 2, "sentences": 3}
# `folds: auto` holds out shares of so many documents, or of so many paragraphs of one or two; else it makes folds.
_MANY_DOCUMENTS, _MANY_PARAGRAPHS, _FEW_DOCUMENTS, _FOLDS = 20, 200, 2, 5
PARTS = ("train", "validation", "test")


class Assignment(NamedTuple):
    """Where each segment belongs."""

    parts: list[str]  # ``train``, ``validation``, ``test``; empty where dropped
    folds: list[int]  # -1 for none
    drops: Counter[str]  # the segments dropped, by reason
    by: str  # what was kept together: ``documents``, ``paragraphs`` or ``sentences``
    how: str = ""  # what ``data.folds: auto`` chose and why, in one line


def assign(segments: Sequence[Segment], config: DataConfig, seed: int) -> Assignment:
    """Distribute segments over folds or over training, validation and test, as ``data.folds`` says.

    A sentence that occurs in several parts or folds stays in one, for a model trained on it would be evaluated on it.

    Raises:
        DataError: there are too few documents, paragraphs or sentences.
        ConfigError: there are more folds than ``data.max_folds``.
    """
    match config.folds:
        case "auto":
            return _automatic(segments, config, seed)
        case "none":
            return _held_out(segments, "documents", config, seed)
        case int(folds):
            by = "documents" if _count(segments, "documents") >= folds else "paragraphs"
            return _folded(segments, by, folds, config, seed)
        case by:
            return _folded(segments, by, None, config, seed)


def _automatic(segments: Sequence[Segment], config: DataConfig, seed: int) -> Assignment:
    """Make the first of the splits that suit the documents which is possible."""
    for by, folds in _suitable(segments, config):
        with suppress(DataError):
            make = (segments, by, folds, config, seed)
            found = _folded(*make) if folds else _held_out(segments, by, config, seed)
            return found._replace(how=_explained(found, segments))
    count = len({tuple(_keys(segment)) for segment in segments})
    raise DataError(
        f"{count} segment{'s' * (count != 1)} without common sentences: too few to hold any out",
        field="data.documents",
        hint="add documents, or set data.validation_share=0 data.test_share=0 evaluation.split=train",
    )


def _suitable(segments: Sequence[Segment], config: DataConfig) -> Iterator[tuple[str, int]]:
    """Yield what to keep together, with the number of folds, 0 for holding out shares; the best first."""
    documents = _count(segments, "documents")
    few = documents <= _FEW_DOCUMENTS
    many = _count(segments, "paragraphs") >= _MANY_PARAGRAPHS if few else documents >= _MANY_DOCUMENTS
    for by in list(_UNITS)[few:]:
        if many or not config.test_share:
            yield by, 0
        if config.test_share:
            yield from ((by, folds) for folds in range(min(_count(segments, by), _FOLDS, config.max_folds), 1, -1))


def _explained(found: Assignment, segments: Sequence[Segment]) -> str:
    sizes = {by: _count(segments, by) for by in _UNITS}
    shown = ", ".join(f"{count} {by[:-1] if count == 1 else by}" for by, count in sizes.items())
    folds = len(set(found.folds) - {-1})
    if folds:
        what = f"{folds} folds of whole {found.by}, each translated by a model trained on the others"
    else:
        held = [part for part in PARTS[1:] if part in found.parts]
        what = f"holds out {found.by} for {' and '.join(held)}" if held else "holds nothing out (the shares are 0)"
    return f"data.folds auto: {shown} → {what}"


def _unit(segment: Segment, by: str) -> tuple[str | int, ...]:
    return (segment.document, segment.paragraph, segment.sentence)[: _UNITS[by]]


def _count(segments: Sequence[Segment], by: str) -> int:
    return len({_unit(segment, by) for segment in segments})


def _folded(segments: Sequence[Segment], by: str, folds: int | None, config: DataConfig, seed: int) -> Assignment:
    """Make ``folds`` folds of about the same size, the largest units first, or one of each unit, in order."""
    units = [_unit(segment, by) for segment in segments]
    sizes = Counter(units)
    if folds is None:
        number_of = {unit: number for number, unit in enumerate(sizes)}
    else:
        filled, number_of = [0] * folds, {}
        for unit in sorted(sizes, key=lambda unit: (-sizes[unit], _rank(unit, seed))):
            number_of[unit] = filled.index(min(filled))
            filled[number_of[unit]] += sizes[unit]
    numbers = [number_of[unit] for unit in units]
    shared = _shared(segments, numbers, range(len(segments)))
    for index in shared:
        numbers[index] = -1
    found, needed = len(set(numbers) - {-1}), folds or 2
    if found < needed:
        raise DataError(
            f"cross-validation by {by} needs at least {needed} {by} without common sentences, found {found}",
            field="data.folds",
            hint="set it to auto, or add documents",
        )
    if found > config.max_folds:
        raise ConfigError(
            f"{found} folds would train {found} models",
            field="data.folds",
            hint=f"set it to a number of folds, such as 5, or data.max_folds to {found}",
        )
    parts = ["train" if number >= 0 else "" for number in numbers]
    return Assignment(parts, numbers, Counter(duplicate_in_another_fold=len(shared)) if shared else Counter(), by)


def _held_out(segments: Sequence[Segment], by: str, config: DataConfig, seed: int) -> Assignment:
    """Hold out shares of the units, in the order of the hash of seed and name; the first part keeps what is common."""
    names = sorted({_unit(segment, by) for segment in segments}, key=lambda unit: _rank(unit, seed))
    shares = {"test": config.test_share, "validation": config.validation_share}
    part_of, held = dict.fromkeys(names, "train"), iter(names)
    for part, share in shares.items():
        part_of |= dict.fromkeys(islice(held, max(1, round(share * len(names))) if share else 0), part)
    parts = [part_of[_unit(segment, by)] for segment in segments]
    drops: Counter[str] = Counter()
    for index in _shared(segments, parts, sorted(range(len(parts)), key=lambda index: -PARTS.index(parts[index]))):
        drops[f"duplicate_dropped_from_{parts[index]}"] += 1
        parts[index] = ""
    if "train" not in parts:
        raise DataError(
            f"{len(names)} {by[:-1] if len(names) == 1 else by} cannot be split into "
            f"{' and '.join(['train', *filter(shares.get, shares)])} without common sentences",
            field="data.folds",
            hint="set it to auto, or add documents",
        )
    return Assignment(parts, [-1] * len(parts), drops, by)


def _shared(segments: Sequence[Segment], groups: Sequence[Hashable], order: Iterable[int]) -> list[int]:
    """Return the indices of segments with a sentence that occurs in another group, earlier in ``order``."""
    first: dict[tuple[str, str], Hashable] = {}
    found = []
    for index in order:
        keys, group = _keys(segments[index]), groups[index]
        if any(first.get(key, group) != group for key in keys):
            found.append(index)
        else:
            first.update((key, group) for key in keys)
    return found


def _keys(segment: Segment) -> list[tuple[str, str]]:
    """Both sides without case, punctuation and white space; a side of punctuation alone gives none."""
    bare = [(language, letters(text)) for language, text in (("zh", segment.zh), ("en", segment.en))]
    return [key for key in bare if key[1]]


def _rank(unit: tuple[Any, ...], seed: int) -> str:
    return hashlib.sha256("\t".join(map(str, (seed, *unit))).encode()).hexdigest()
