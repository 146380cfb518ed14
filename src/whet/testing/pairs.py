"""Pairs made from numbers, for tests that need to choose every one of them."""

import math
from collections.abc import Mapping, Sequence

from whet.model.trial import Invocation, Pair


def pairs_of(a: Sequence[float], b: Sequence[float], metric: str = "seconds") -> tuple[Pair, ...]:
    """Pairs of one metric, side a first."""
    return pairs_of_many({metric: (a, b)})


def pairs_of_many(
    metrics: Mapping[str, tuple[Sequence[float], Sequence[float]]],
) -> tuple[Pair, ...]:
    """Pairs of several metrics, each with its values on side a and on side b; side a first."""
    sides = [
        [
            Invocation(values=dict(zip(metrics, row, strict=True)), wall=1.0)
            for row in zip(*(values[side] for values in metrics.values()), strict=True)
        ]
        for side in (0, 1)
    ]
    return tuple(Pair(first="a", a=a, b=b) for a, b in zip(*sides, strict=True))


def pairs_with(log_ratios: Sequence[float], metric: str = "seconds") -> tuple[Pair, ...]:
    """Pairs of times with these log ratios, above 0 where side b is faster."""
    return pairs_of([1.0] * len(log_ratios), [math.exp(-d) for d in log_ratios], metric)
