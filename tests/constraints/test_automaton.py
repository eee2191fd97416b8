from __future__ import annotations

from collections.abc import Sequence

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.constraints.automaton import START, compile_group
from mt.constraints.constraint import CONTINUES, OPENS, Sequences, group_constraints
from mt.constraints.constraint_state import ConstraintTables

TOKENS = 5  # 0, 1: begin words; 2: continues one; 3: opens; 4: continues and opens
BOUNDARIES = (0, 0, CONTINUES, OPENS, CONTINUES | OPENS)


def occurrences(text: Sequence[int], constraint: Sequences, boundaries: Sequence[int]) -> list[tuple[int, int]]:
    """Every span that meets a constraint, by the definition alone."""
    found = []
    for joined, sequences in enumerate(constraint):
        for sequence in sequences:
            for start in range(len(text) - len(sequence) + 1):
                end = start + len(sequence)
                if tuple(text[start:end]) != sequence:
                    continue
                if joined and not (boundaries and start and boundaries[text[start - 1]] & OPENS):
                    continue
                if boundaries and end < len(text) and boundaries[text[end]] & CONTINUES:
                    continue
                found.append((start, end))
    return found


def all_met(text: Sequence[int], constraints: Sequence[Sequences], boundaries: Sequence[int]) -> bool:
    """Whether every constraint can have an occurrence of its own that shares no token with another's."""

    def assign(index: int, taken: frozenset[int]) -> bool:
        if index == len(constraints):
            return True
        return any(
            taken.isdisjoint(range(start, end)) and assign(index + 1, taken | frozenset(range(start, end)))
            for start, end in occurrences(text, constraints[index], boundaries)
        )

    return assign(0, frozenset())


def tables(constraints: Sequence[Sequences], boundaries: Sequence[int]) -> ConstraintTables:
    return ConstraintTables([constraints], vocabulary=TOKENS, boundaries=boundaries, device=torch.device("cpu"))


def need_after(machine: ConstraintTables, text: Sequence[int]) -> int:
    return int(machine.need_after(torch.tensor([text], dtype=torch.long)))


sequences = st.lists(st.integers(0, TOKENS - 1), min_size=1, max_size=3).map(tuple)
# A free alternative begins a word, as place_constraints sees to.
free = st.frozensets(sequences.filter(lambda s: s[0] in (0, 1, 3)), min_size=1, max_size=3)
plain = st.tuples(st.frozensets(sequences, min_size=1, max_size=3), st.just(frozenset()))
guarded = st.tuples(free, st.frozensets(sequences, max_size=2))
texts = st.lists(st.integers(0, TOKENS - 1), max_size=9)


@settings(max_examples=250, deadline=None)
@given(st.lists(plain, min_size=1, max_size=3), texts)
def test_all_met_exactly_when_disjoint_occurrences_exist(constraints, text):
    assert (need_after(tables(constraints, ()), text) == 0) == all_met(text, constraints, ())


@settings(max_examples=250, deadline=None)
@given(st.lists(guarded, min_size=1, max_size=3), texts)
def test_word_boundaries_are_kept(constraints, text):
    machine = tables(constraints, BOUNDARIES)
    assert (need_after(machine, text) == 0) == all_met(text, constraints, BOUNDARIES)


@settings(max_examples=150, deadline=None)
@given(st.lists(guarded, min_size=1, max_size=4), texts)
def test_need_can_always_be_worked_off_token_by_token(constraints, text):
    machine = tables(constraints, BOUNDARIES)
    state = machine.start
    for token in text:
        state = machine.advance(state, torch.tensor([token]))
    need, spelled = int(machine.need(state)), list(text)
    while need:
        offered = machine.edge_token[state].flatten(-2)[0]
        offered = offered[offered >= 0]
        after = machine.advance(state.expand(len(offered), -1), offered)  # (offered, G)
        best = int(machine.need(after).argmin())
        state = after[best, None]
        assert int(machine.need(state)) <= need - 1
        need = int(machine.need(state))
        spelled.append(int(offered[best]))
    assert all_met(spelled, constraints, BOUNDARIES)


def one(*alternatives: tuple[int, ...]) -> Sequences:
    return frozenset(alternatives), frozenset()


def test_repeated_term_counts_twice():
    machine = tables([one((0, 1)), one((0, 1))], ())
    assert need_after(machine, []) == 4
    assert need_after(machine, [0, 1]) == 2
    assert need_after(machine, [0, 1, 2, 0]) == 1
    assert need_after(machine, [0, 1, 0, 1]) == 0


def test_nested_term_needs_an_occurrence_of_its_own():
    machine = tables([one((0, 1, 2)), one((1,))], ())
    assert need_after(machine, [0, 1, 2]) == 1
    assert need_after(machine, [0, 1, 3]) == 3  # the 1 inside what broke off counts
    assert need_after(machine, [1, 0, 1, 2]) == 0


def test_broken_sequence_falls_back_to_its_longest_suffix():
    machine = tables([one((0, 0, 1))], ())
    assert [need_after(machine, [0] * count) for count in range(5)] == [3, 2, 1, 1, 1]
    assert need_after(machine, [0, 0, 0, 1]) == 0


def test_shared_prefix_helps_only_one():
    machine = tables([one((0, 1)), one((0, 2))], ())
    assert need_after(machine, [0]) == 3
    assert need_after(machine, [0, 2, 0]) == 1


def test_what_is_begun_already_is_continued_instead_of_begun_again():
    automaton = compile_group([one((0, 1, 2)), one((0, 3), (4, 1)), one((1, 0))])
    start = automaton[START]
    assert start.begins == {0: 0, 4: 1, 1: 2}
    # After 0 both the first and the second are half done; only the third could be begun.
    half = automaton[start.edges[0]]
    assert half.begins == {1: 0, 3: 1}
    assert automaton[half.edges[1]].begins == {2: 0, 0: 2, 4: 1}


def test_short_term_is_not_met_inside_a_longer_word():
    machine = tables([one((0,))], BOUNDARIES)
    assert need_after(machine, [0]) == 0
    assert need_after(machine, [0, 2]) == 1
    assert need_after(machine, [0, 1, 2]) == 0


def test_constraints_that_share_no_tokens_are_compiled_apart():
    constraints = [one((0, 1)), one((2, 3)), one((1, 4)), one((0, 1))]
    assert group_constraints(constraints) == [[0, 2, 3], [1]]
    assert len(compile_group([constraints[1]])) == 4


def test_many_overlapping_terms_stay_small():
    constraints = [one((0, *(1,) * length)) for length in range(1, 13)]
    machine = tables(constraints, ())
    assert machine.rest.shape[0] < 5000
    everything = [token for length in range(1, 13) for token in (0, *(1,) * length)]
    assert need_after(machine, everything) == 0
