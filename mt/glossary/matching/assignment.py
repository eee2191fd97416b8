"""Which spans to count for which term, so that no piece of text counts twice and most terms are met.

Choosing one interval each for as many jobs as possible is the job interval selection problem, NP-hard in
general (Spieksma 1999), and small in practice: after reductions that keep an optimum, what is left is solved
exactly by branch and bound. Its bounds are interval scheduling by earliest end, which is exact when no demand binds,
and Lagrangian relaxation of the demands.
"""

import logging
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

Span = tuple[int, int]
_Tagged = tuple[int, int, int]  # end, start, group: sorts by earliest end
# Dual steps at the root, where they solve nearly everything, and below it, where prices start from the parent's.
_ROOT_STEPS, _STEPS = 200, 25
# Spans looked at before the best found is kept: some seconds, reached by no real document we know.
_WORK_LIMIT = 2_000_000

logger = logging.getLogger(__name__)


def maximum_disjoint(demands: Sequence[int], spans: Sequence[Sequence[Span]]) -> list[list[Span]]:
    """Choose pairwise disjoint, half-open spans, at most ``demands[g]`` of ``spans[g]``, as many as there can be.

    Between choices of the same size longer spans go before shorter ones they contain ("FAOCSPC-FAOCMG" before
    "FAOCSPC"), then spans that end first, then lower groups. Each group's come in order of place.
    """
    chosen: list[list[Span]] = [[] for _ in demands]
    contested: list[_Tagged] = []
    left = list(demands)
    shortest = [_without_containers(group) if demand > 0 else [] for demand, group in zip(demands, spans, strict=True)]
    tagged = [(end, start, group) for group, own in enumerate(shortest) for start, end in own]
    for run in sorted(map(sorted, _overlapping(tagged))):
        end, start, group = run[0]
        if len(run) > 1:
            contested += run
        elif left[group] > 0:
            # Nothing overlaps it: taking it never costs anything.
            chosen[group].append((start, end))
            left[group] -= 1
    contested = [item for item in contested if left[item[2]] > 0]
    for part in _components(_overlapping(contested)):
        for end, start, group in _solve(part, left):
            chosen[group].append((start, end))
    _prefer_longer(chosen, shortest, demands)
    for own in chosen:
        own.sort()
    return chosen


def _prefer_longer(chosen: list[list[Span]], spans: Sequence[Sequence[Span]], demands: Sequence[int]) -> None:
    """Give up a chosen span for one of an unmet group that contains it and touches no other; the number stays."""
    holder = {span: group for group, own in enumerate(chosen) for span in own}
    changed = True
    while changed:
        changed = False
        for group, own in enumerate(chosen):
            if len(own) >= demands[group]:
                continue
            for start, end in spans[group]:
                touched = [span for span in holder if span[0] < end and start < span[1]]
                if len(touched) != 1 or holder[touched[0]] == group or len(own) >= demands[group]:
                    continue
                (inner,) = touched
                if start <= inner[0] and inner[1] <= end and end - start > inner[1] - inner[0]:
                    chosen[holder.pop(inner)].remove(inner)
                    own.append((start, end))
                    holder[start, end] = group
                    changed = True


def _without_containers(group: Sequence[Span]) -> list[Span]:
    """Drop every span that contains another of its group: the shorter serves wherever the longer does."""
    kept: list[Span] = []
    for start, end in sorted(set(group), key=lambda span: (span[1], -span[0])):
        # Sorted by end, a kept span lies within this one exactly if it starts no earlier.
        if not kept or kept[-1][0] < start:
            kept.append((start, end))
    return kept


def _overlapping(tagged: list[_Tagged]) -> list[list[_Tagged]]:
    """Split spans into runs that share no text."""
    runs: list[list[_Tagged]] = []
    reach = -1
    for item in sorted(tagged, key=lambda item: (item[1], item)):
        if item[1] >= reach:
            runs.append([])
        runs[-1].append(item)
        reach = max(reach, item[0])
    return runs


def _components(runs: list[list[_Tagged]]) -> list[list[_Tagged]]:
    """Join runs with a common group: what is left shares neither text nor demand, and can be solved one by one."""
    part_of: dict[int, list[_Tagged]] = {}
    for run in runs:
        touched = {id(part_of[group]): part_of[group] for *_, group in run if group in part_of}
        joined = run + [item for part in touched.values() for item in part]
        part_of |= dict.fromkeys((group for *_, group in joined), joined)
    return [sorted(part) for part in {id(part): part for part in part_of.values()}.values()]


def _schedule(items: list[_Tagged]) -> list[_Tagged]:
    """Interval scheduling by earliest end: the most disjoint spans when no demand binds."""
    chosen: list[_Tagged] = []
    reach = -1
    for item in items:
        if item[1] >= reach:
            chosen.append(item)
            reach = item[0]
    return chosen


def _solve(items: list[_Tagged], demands: Sequence[int]) -> list[_Tagged]:
    """Solve one component exactly, by branch and bound on the spans of a group that takes more than it can use."""
    best: list[_Tagged] = []
    # Spans that stay, spans already decided upon, and the groups' prices.
    stack: list[tuple[list[_Tagged], list[_Tagged], dict[int, float]]] = [(items, [], {})]
    work = 0
    while stack:
        if work > _WORK_LIMIT:
            logger.warning("term check: gave up on the best choice of %d spans; the best found is kept", len(items))
            break
        rest, taken, price = stack.pop()
        used = Counter(group for _, _, group in taken)
        left = {group: demands[group] - used[group] for _, _, group in rest}
        rest = [item for item in rest if left[item[2]] > 0]
        relaxed = _schedule(rest)
        by_group: dict[int, list[_Tagged]] = {}
        for item in relaxed:
            by_group.setdefault(item[2], []).append(item)
        over = [group for group, own in by_group.items() if len(own) > left[group]]
        best = max(best, taken + _within_demands(relaxed, rest, left), key=len)
        if not over or len(taken) + len(relaxed) <= len(best):
            continue
        price = {group: price.get(group, 0.0) for group in left}
        steps = _STEPS if work else _ROOT_STEPS
        work += steps * len(rest)
        bound, found = _dual_bound(rest, left, len(best) - len(taken), price, steps)
        best = max(best, taken + found, key=len)
        if len(taken) + bound <= len(best):
            continue
        # Some span the relaxation took for this group must go. Branch i takes the first i and drops the next.
        group = min(over)
        own = by_group[group]
        for drop in range(left[group] + 1):
            keep = own[:drop]
            remaining = [item for item in rest if item != own[drop] and not any(_overlap(item, kept) for kept in keep)]
            # The last is tried first: it keeps most.
            stack.append((remaining, taken + keep, dict(price)))
    return best


def _overlap(one: _Tagged, other: _Tagged) -> bool:
    return one[1] < other[0] and other[1] < one[0]


def _within_demands(chosen: list[_Tagged], items: list[_Tagged], demands: dict[int, int]) -> list[_Tagged]:
    """Make a solution of a relaxed one: drop what goes over a demand, then add whatever still fits."""
    left = dict(demands)
    kept: list[_Tagged] = []
    for item in chosen:
        if left[item[2]] > 0:
            left[item[2]] -= 1
            kept.append(item)
    ends, result = 0, []
    # Both sorted by end: fill each gap before the next kept span.
    for limit in [*kept, None]:
        for item in items:
            if left[item[2]] > 0 and item[1] >= ends and (limit is None or item[0] <= limit[1]):
                left[item[2]] -= 1
                result.append(item)
                ends = item[0]
        if limit is not None:
            result.append(limit)
            ends = limit[0]
    return result


def _dual_bound(
    items: list[_Tagged], demands: dict[int, int], known: int, price: dict[int, float], steps: int
) -> tuple[int, list[_Tagged]]:
    """Bound what a component can give, by Lagrangian relaxation of the demands; also return the best solution met.

    A span of group g is worth 1 - price[g]; the bound is the best weighted schedule plus Σ price[g] · demand[g]. Prices
    follow the subgradient with Polyak's step (Fisher 1981), from and in ``price``, until the bound comes down to the
    size of a solution ``known``.
    """
    ends = [item[0] for item in items]
    before = [bisect_right(ends, item[1]) for item in items]
    bound, solution, pace, idle = float(len(items)), list[_Tagged](), 1.5, 0
    for _ in range(steps):
        value = [0.0]
        for index, item in enumerate(items):
            value.append(max(value[-1], value[before[index]] + 1 - price[item[2]]))
        chosen, index = [], len(items)
        while index:
            if value[index] == value[index - 1]:
                index -= 1
            else:
                chosen.append(items[index - 1])
                index = before[index - 1]
        chosen.reverse()
        total = value[-1] + sum(price[group] * demand for group, demand in demands.items())
        solution = max(solution, _within_demands(chosen, items, demands), key=len)
        known = max(known, len(solution))
        bound, idle = (total, 0) if total < bound - 1e-9 else (bound, idle + 1)
        if bound < known + 1 - 1e-6:
            break
        if idle > 4:
            pace, idle = pace / 2, 0
        slope = {group: -demand for group, demand in demands.items()}
        for item in chosen:
            slope[item[2]] += 1
        # Where a price of zero would fall, it stays.
        slope = {group: step for group, step in slope.items() if step > 0 or price[group] > 0}
        length = sum(step * step for step in slope.values())
        if not length:
            break
        for group, step in slope.items():
            price[group] = min(1.0, max(0.0, price[group] + pace * (total - known) * step / length))
    return math.floor(bound + 1e-6), solution
