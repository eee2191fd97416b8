"""Fluency of a target side by word trigrams of the corpus itself, each sentence judged by all the others.

Old machine translation leaves known words in an order that nobody writes ("In him travel-worn all the way, met one also
to miss 8 day"). The measure is therefore how much better the two previous words predict a word than its frequency does,
in nats per word: rare words cost nothing, unusual contexts do. A sentence's own occurrences are subtracted from every
count (leave-one-out). Measured twice and averaged: on words, and with all but the most common words replaced by their
endings, which covers the grammar of rare words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recipes.starter.filtering.token_table import TokenTable

# Interpolation of trigram, bigram and unigram estimates.
_TRIGRAM, _BIGRAM, _UNIGRAM = 0.5, 0.35, 0.15
# Words of average fluency added to each segment: one or two unusual contexts in a short sentence prove little.
_PRIOR_WORDS = 6
# Most common words, which are not replaced by their endings.
_COMMON = 4000
_ENDINGS = ("ing", "ed", "ly", "tion", "ment", "ness", "ity", "ous", "ive", "al", "able", "est", "er", "'s", "s")


def fluency(target: TokenTable) -> NDArray[np.float64]:
    """Return the mean gain of each segment, in nats per word, that of short ones drawn towards the corpus's mean.

    Duplicates must have been removed: two copies support each other.
    """
    return shrunk((_trigram_gains(target) + _trigram_gains(_by_endings(target))) / 2, target.lengths)


def shrunk(means: NDArray[np.float64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Draw the means of short segments towards the corpus's mean, as if each had some more words of that mean."""
    judged = lengths > 0
    middle = means[judged].mean() if judged.any() else 0.0
    return (means * lengths + _PRIOR_WORDS * middle) / (lengths + _PRIOR_WORDS)


def _by_endings(table: TokenTable) -> TokenTable:
    """Return the same segments with rare words replaced by their endings."""
    names = list(table.words[: _COMMON + 1])
    number_of = {name: number for number, name in enumerate(names)}
    classes = np.arange(len(table.words), dtype=np.int32)
    for number, word in enumerate(table.words[_COMMON + 1 :], _COMMON + 1):
        name = "#" if word[0].isdigit() else next((end for end in _ENDINGS if word.endswith(end)), "-")
        if name not in number_of:
            number_of[name] = len(names)
            names.append(name)
        classes[number] = number_of[name]
    # Words too rare for an identifier have no known ending.
    classes[0] = number_of.setdefault("-", len(names))
    if classes[0] == len(names):
        names.append("-")
    return TokenTable(classes[table.ids], table.offsets, names)


def _trigram_gains(target: TokenTable) -> NDArray[np.float64]:
    if not len(target.ids):
        return np.zeros(len(target))
    ids = target.ids.astype(np.int64)
    # (words,) each: the word before and the one before that; a segment begins with the word ``begin``, twice.
    before = np.roll(ids, 1)
    before_that = np.roll(ids, 2)
    width = len(target.words) + 1
    begin = width - 1
    starts = target.offsets[:-1][target.lengths > 0]
    before[starts] = begin
    before_that[starts] = begin
    seconds = starts[target.lengths[target.lengths > 0] > 1] + 1
    before_that[seconds] = begin
    words = np.bincount(ids, minlength=width)
    contexts = np.bincount(before, minlength=width)
    pair_keys = before * width + ids
    pairs, pair_of = _counts(pair_keys)
    context_keys = before_that * width + before
    pair_contexts, context_of = _counts(context_keys)
    # A pair's number is small, so a key of three words fits 64 bits.
    triples, triple_of = _counts(context_of.astype(np.int64) * width + ids)
    own = (words[ids] - 1 + 0.5) / len(ids)
    by_two = _ratio(triples[triple_of] - 1, pair_contexts[context_of] - 1)
    by_one = _ratio(pairs[pair_of] - 1, contexts[before] - 1)
    predicted = _TRIGRAM * by_two + _BIGRAM * by_one + _UNIGRAM * own
    gains = np.log(predicted / own)
    gains[ids == 0] = 0.0
    return target.means(gains)


def _counts(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how often each distinct key occurs, and which of them each key is."""
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts, places


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)
