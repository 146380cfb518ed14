"""Whether a metric got worse by more than it may. Standard library only.

A noisy guard is a test of non-inferiority at the planned looks: it holds when the interval of its
loss lies wholly within the margin, is lost when that lies wholly beyond, and is undecided else.
The interval is the two-sided one that reports show (97.5 % on each side at the usual confidence)
and not a one-sided bound of 95 %, because a guard may be asked at eight looks: one that loses
exactly its margin would then pass in up to 18 of 100 experiments, with this interval in up to 11.

An exact guard has no noise and is compared without a test.
"""

import math
from collections.abc import Sequence
from typing import Literal

from whet.judge.ratios import log_ratios
from whet.judge.summary import centre
from whet.model.design import Boundaries, GuardRule
from whet.model.metric import Direction
from whet.model.trial import Pair

GuardState = Literal["holds", "lost", "undecided"]

_ROUNDING = 1e-12
"""A margin went through a logarithm and back; a loss of exactly the margin is allowed."""


def losses(rule: GuardRule, pairs: Sequence[Pair]) -> tuple[float, ...]:
    """One log ratio for each pair, above 0 where side b is worse.

    An exact guard may be 0: a loss from nothing to something is infinite.

    Raises:
        ValueError: a value is missing, or cannot be compared.
    """
    if rule.exact:
        return tuple(_exact_loss(rule.metric, rule.direction, pair) for pair in pairs)
    return tuple(-ratio for ratio in log_ratios(pairs, rule.metric, rule.direction))


def _exact_loss(metric: str, direction: Direction, pair: Pair) -> float:
    if metric not in pair.a.values or metric not in pair.b.values:
        raise ValueError(f"metric {metric} is missing from an invocation")
    a, b = pair.a.values[metric], pair.b.values[metric]
    if not (0 <= a < math.inf and 0 <= b < math.inf):
        raise ValueError(f"metric {metric} is {a:g} and {b:g}: an exact guard cannot be negative")
    more, less = (b, a) if direction == "lower" else (a, b)
    if more == less:
        return 0.0
    if more == 0:
        return -math.inf
    return math.inf if less == 0 else math.log(more) - math.log(less)


def state(rule: GuardRule, found: Sequence[float], boundaries: Boundaries) -> GuardState:
    """What these losses say. A noisy guard is undecided between the planned looks."""
    limit = rule.margin + _ROUNDING
    if rule.exact:
        # Once would do if the metric were as exact as declared. If it is not, luck cannot pass it.
        return "lost" if max(found) > limit else "holds"
    if len(found) not in boundaries.accept_t:
        return "undecided"
    loss = centre(found)
    half = boundaries.interval_t[loss.n] * loss.se
    if loss.mean + half <= limit:
        return "holds"
    return "lost" if loss.mean - half > limit else "undecided"
