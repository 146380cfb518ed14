"""How much the place of code in memory changes its speed, from builds of one source.

Uses scipy, so driver only.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from whet.judge.ratios import log_ratios
from whet.model.metric import Direction
from whet.model.trial import Pair

CERTAIN = 0.05
"""Builds that differ as much by chance in more than so many of a hundred tries do not differ."""

MATTERS = 0.25
"""From this share of the minimum effect on, one build of each side can be what is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutBias:
    """`sd` is the standard deviation of one build's log speed; `p` that of builds that are alike.

    `sd` is what is left of the spread of the builds without that of their pairs; 0 where nothing
    is.
    """

    builds: int
    sd: float
    p: float

    def matters(self, min_effect: float) -> bool:
        """Whether several layouts are worth their builds; `min_effect` is a fraction."""
        return self.p < CERTAIN and self.sd > MATTERS * math.log1p(min_effect)


def layout_bias(pairs: Sequence[Pair], metric: str, direction: Direction) -> LayoutBias:
    """One-way analysis of variance, with the builds as the random effect.

    In a pair both sides have a layout of their own, so their ratio varies twice as much.

    Args:
        pairs: of one source, equally many (two or more) in each of several layouts.
        metric: the goal.
        direction: the goal's.

    Raises:
        ValueError: there are fewer pairs, or a value has no logarithm.
    """
    from scipy.special import fdtrc  # noqa: PLC0415 (few commands need it)

    groups: dict[int, list[float]] = {}
    for pair, ratio in zip(pairs, log_ratios(pairs, metric, direction), strict=True):
        groups.setdefault(pair.layout, []).append(ratio)
    size = min(map(len, groups.values()), default=0)
    if len(groups) < 2 or size < 2:
        raise ValueError("a bias needs two pairs in each of two layouts")
    rows = [group[:size] for group in groups.values()]
    within = statistics.fmean(statistics.variance(row) for row in rows)
    between = size * statistics.variance([statistics.fmean(row) for row in rows])
    own = max(0.0, (between - within) / size)
    freedom = len(rows) - 1, len(rows) * (size - 1)
    p = float(fdtrc(*freedom, between / within)) if within else float(between == 0)
    return LayoutBias(builds=len(rows), sd=math.sqrt(own / 2), p=p)
