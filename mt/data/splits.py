"""Segments for training and for evaluation: whole documents or paragraphs, and no sentence on both sides."""

import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from mt.config import DataConfig
from mt.data.segments import Segment
from mt.errors import ConfigError, DataError

_NOT_LETTERS = re.compile(r"[\W_]+")


def assign_folds(segments: Sequence[Segment], config: DataConfig, seed: int) -> tuple[list[int], Counter[str]]:
    """Number the folds of cross-validation: one for each document or paragraph, or ``data.folds`` groups of them.

    Groups are of documents where there are enough of them, else of paragraphs: the largest first, each into the fold
    that is smallest so far, equals in the order of the hash of seed and name. A sentence that occurs in several folds
    stays in the first; its later copies are dropped, since a model trained on one would be evaluated on the other.

    Args:
        segments: in document order.
        config: the number of folds, or what makes one, and ``max_folds``.
        seed: decides between groups of the same size.

    Returns:
        The fold of each segment, -1 where it is dropped, and the drops by reason.

    Raises:
        DataError: there are fewer documents or paragraphs than folds.
        ConfigError: there are more folds than ``data.max_folds``.
    """
    by = fold_unit(segments, config.folds)
    units = [(segment.document, segment.paragraph if by == "paragraphs" else 0) for segment in segments]
    sizes = Counter(units)  # in document order
    if isinstance(config.folds, int):
        number_of = _balanced(sizes, config.folds, seed)
    else:
        number_of = {unit: number for number, unit in enumerate(sizes)}
    folds = [number_of[unit] for unit in units]
    drops: Counter[str] = Counter()
    for index in _shared(segments, folds, range(len(segments))):
        folds[index] = -1
        drops["duplicate_in_another_fold"] += 1
    found, needed = len(set(folds) - {-1}), config.folds if isinstance(config.folds, int) else 2
    if found < needed:
        raise DataError(
            f"cross-validation by {by} needs at least {needed} {by} without common sentences, found {found}",
            field="data.folds",
            hint="set it to paragraphs" if config.folds == "documents" else "set it to none, or add documents",
        )
    if found > config.max_folds:
        raise ConfigError(
            f"{found} folds would train {found} models",
            field="data.folds",
            hint=f"set it to a number of folds, such as 5, or data.max_folds to {found}",
        )
    return folds, drops


def fold_unit(segments: Sequence[Segment], folds: int | str) -> str:
    """Return what a fold keeps together, ``documents`` or ``paragraphs``, given ``data.folds``."""
    if isinstance(folds, int):
        return "documents" if len({segment.document for segment in segments}) >= folds else "paragraphs"
    return folds


def _balanced(sizes: Counter[tuple[str, int]], folds: int, seed: int) -> dict[tuple[str, int], int]:
    """Distribute groups of these sizes over folds of about the same size."""
    filled = [0] * folds
    number_of = {}
    for unit in sorted(sizes, key=lambda unit: (-sizes[unit], _rank(f"{unit[0]}\t{unit[1]}", seed))):
        number_of[unit] = filled.index(min(filled))
        filled[number_of[unit]] += sizes[unit]
    return number_of


def assign_splits(segments: Sequence[Segment], config: DataConfig, seed: int) -> tuple[list[str], Counter[str]]:
    """Distribute documents over ``train``, ``validation`` and ``test``, by the hash of seed and document name.

    A sentence in several splits stays in the first of test, validation and train and is dropped elsewhere.

    Returns:
        The split of each segment, empty where it is dropped, and the drops by reason.

    Raises:
        DataError: there are too few documents for the shares.
    """
    names = sorted({segment.document for segment in segments}, key=lambda name: _rank(name, seed))
    counts = {
        split: max(1, round(share * len(names))) if share > 0 else 0
        for split, share in (("test", config.test_share), ("validation", config.validation_share))
    }
    if sum(counts.values()) >= len(names):
        raise DataError(
            f"{len(names)} document{'s' * (len(names) != 1)} cannot be split into train"
            + "".join(f" and {split}" for split, count in counts.items() if count),
            field="data",
            hint="set data.folds to paragraphs, or set the shares to 0, or add documents",
        )
    split_of = dict.fromkeys(names, "train")
    split_of.update(dict.fromkeys(names[: counts["test"]], "test"))
    split_of.update(dict.fromkeys(names[counts["test"] : sum(counts.values())], "validation"))
    splits = [split_of[segment.document] for segment in segments]
    drops: Counter[str] = Counter()
    by_priority = sorted(range(len(segments)), key=lambda index: ("test", "validation", "train").index(splits[index]))
    for index in _shared(segments, splits, by_priority):
        drops[f"duplicate_dropped_from_{splits[index]}"] += 1
        splits[index] = ""
    return splits, drops


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


def shared_sentences(groups: Sequence[Sequence[Segment]]) -> int:
    """Count sentences, of either language, in more than one group: 0 for sound splits."""
    uses = Counter(key for group in groups for key in {key for segment in group for key in _keys(segment)})
    return sum(count > 1 for count in uses.values())


def _keys(segment: Segment) -> list[tuple[str, str]]:
    """Both sides without case, punctuation and white space; a side of punctuation alone gives none."""
    sides = (("zh", segment.zh), ("en", segment.en))
    bare = [(language, _NOT_LETTERS.sub("", text).casefold()) for language, text in sides]
    return [key for key in bare if key[1]]


def _rank(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\t{name}".encode()).hexdigest()
