"""What every engine does: beam search over lists of segments, in batches of like length. Imports no torch."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mt.config import DecodingConfig
from mt.constraints.constraint import Constraint
from mt.constraints.variants import TermSpeller
from mt.errors import ModelError
from mt.models.load import encode_sources, knows_tags, longest_input, source_prefix
from mt.models.options import ModelOptions, resolve_length_penalty

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedTokenizerBase

# CTranslate2's files within a model folder: its config.json is another, and hard constraints need the original weights.
CT2_FOLDER = "ct2"
# Given the texts of a finished beam, best first: the index of the one to return.
Choice = Callable[[Sequence[str]], int]
# Given an output: which constraints of its segment it does not hold, by their indices.
Unmet = Callable[[str], Sequence[int]]
# Tokens an output may have beyond its multiple of the source's: short sources need room.
LENGTH_SLACK = 10


@dataclass(frozen=True)
class Hypothesis:
    """A decoded segment."""

    text: str
    score: float  # mean log-probability a token
    unmet: Mapping[int, str] = field(default_factory=dict)  # index of a hard constraint not held → why


@dataclass(frozen=True)
class Settings:
    """How a model is decoded: a ``DecodingConfig`` with the model's own values where it says null or auto."""

    decoding: DecodingConfig  # without null
    numbers: bool  # whether they are annotated in sources
    names: bool
    knows_tags: bool  # whether the model can read annotated sources at all
    prefix: str  # text before every source
    longest_input: int  # most tokens of a source, and of an output

    @classmethod
    def resolve(
        cls, decoding: DecodingConfig, config: Any, generation: GenerationConfig, tokenizer: PreTrainedTokenizerBase
    ) -> Settings:
        """Fill in what the model's configurations and tokenizer say."""
        options, tags = ModelOptions.read(config), knows_tags(tokenizer)
        clauses = decoding.clause_characters
        return cls(
            decoding.replace(
                length_penalty=resolve_length_penalty(decoding.length_penalty, generation),
                clause_characters=options.clause_characters if clauses is None else clauses,
            ),
            tags and options.requests("numbers", decoding.numbers),
            tags and options.requests("names", decoding.names),
            tags,
            source_prefix(config),
            longest_input(config, tokenizer),
        )

    def max_length(self, source_tokens: int, room: int = 0) -> int:
        """Return the longest output for a source in tokens, with ``room`` for terms longer than their source."""
        return min(int(self.decoding.max_length_ratio * source_tokens) + LENGTH_SLACK + room, self.longest_input)


class Batch(NamedTuple):
    """Segments decoded at once, the longest first; the other fields are empty where no segment has any."""

    ids: list[list[int]]  # tokens
    constraints: Sequence[Sequence[Constraint]]  # of each segment
    unmet: Sequence[Unmet]  # of each segment with constraints
    choices: Sequence[Choice | None]  # of one among the hypotheses of each segment

    def pick(self, numbers: Sequence[int]) -> Batch:
        """Return some of the segments."""
        ids, constraints, unmet, choices = ([own[number] for number in numbers] if own else [] for own in self)
        return Batch(ids, constraints, unmet, choices)  # type: ignore[arg-type]


class Engine(ABC):
    """A model with its tokenizer. Safe to use from several threads: one call decodes at a time.

    Attributes:
        lock: held while the model or the tokenizer is in use.
        searches_constrained: whether a constrained search takes little more time than a free one; otherwise it is to
            be asked only for what the free one misses.
    """

    searches_constrained = True

    def __init__(self, tokenizer: PreTrainedTokenizerBase, settings: Settings) -> None:
        self.tokenizer = tokenizer
        if hasattr(tokenizer, "deprecation_warnings"):
            # We look at the length ourselves, and cut.
            tokenizer.deprecation_warnings["sequence-length-is-longer-than-the-specified-maximum"] = True
        self.settings = settings
        # Tokenizers are not safe either: Marian's switches between its source and target side.
        self.lock = threading.RLock()

    @cached_property
    def speller(self) -> TermSpeller:
        """Spells terms in this tokenizer's pieces."""
        return TermSpeller(self.tokenizer)

    def tokens(self, segments: Sequence[str]) -> list[list[int]]:
        """Tokenise segments, annotated or plain, as for the encoder."""
        with self.lock:
            return encode_sources(self.tokenizer, segments, self.settings.prefix)

    def decode(
        self,
        segments: Sequence[str],
        *,
        constraints: Sequence[Sequence[Constraint]] | None = None,
        unmet: Sequence[Unmet] = (),
        choices: Mapping[int, Choice] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[Hypothesis]:
        """Translate segments, annotated or plain.

        Args:
            constraints: for each segment what its output must hold.
            unmet: for each segment what tells which of them an output does not hold, where that can be told: not every
                engine then needs a constrained search.
            choices: by segment, what chooses among the hypotheses of its finished beam; other segments get the best
                one. Ignored where there are constraints.
            progress: called with the number of segments done after each batch.

        Raises:
            ModelError: a segment is longer than the model's positions.
        """
        choices = choices or {}
        found: dict[int, Hypothesis] = {}
        # Equal segments are decoded once, where nothing but the model decides.
        seen: dict[str, int] = {}
        free = constraints is None
        firsts = [
            seen.setdefault(segment, number) if free and number not in choices else number
            for number, segment in enumerate(segments)
        ]
        counts, done = Counter(firsts), 0
        with self.lock:
            ids = self.tokens(segments)
            longest, limit = max(map(len, ids), default=0), self.settings.longest_input
            if longest > limit:
                raise ModelError(
                    f"a sentence has {longest} tokens, and the model takes at most {limit}", hint="break it in two"
                )
            batches = _length_batches({number: ids[number] for number in counts}, self.settings.decoding.batch_tokens)
            decoded = self._decode_batches(
                Batch(
                    [ids[number] for number in batch],
                    [] if constraints is None else [constraints[number] for number in batch],
                    [unmet[number] for number in batch] if unmet else [],
                    [choices.get(number) for number in batch],
                )
                for batch in batches
            )
            for batch, hypotheses in zip(batches, decoded, strict=True):
                found.update(zip(batch, hypotheses, strict=True))
                done += sum(counts[number] for number in batch)
                if progress is not None:
                    progress(done)
        return [found[number] for number in firsts]

    @abstractmethod
    def _decode_batches(self, batches: Iterable[Batch]) -> Iterator[list[Hypothesis]]:
        """Decode batches, and yield the hypotheses of each in turn."""


def _length_batches(ids: Mapping[int, Sequence[int]], budget: int) -> list[list[int]]:
    """Cut segments, longest first, into batches of at most ``budget`` padded tokens (one segment at least)."""
    batches: list[list[int]] = []
    for number in sorted(ids, key=lambda number: len(ids[number]), reverse=True):
        # The first of a batch is its longest, which decides its width.
        if batches and (len(batches[-1]) + 1) * len(ids[batches[-1][0]]) <= budget:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
