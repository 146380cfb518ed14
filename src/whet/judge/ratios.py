"""Pairs as log ratios, above 0 where side b is better. Standard library only."""

import math
from collections.abc import Iterable, Sequence

from whet.judge.summary import TRIMMED_FROM, Centre, centre, median
from whet.model.metric import Direction
from whet.model.trial import Invocation, Pair
from whet.model.verdict import Effect

_LARGEST = 700.0
"""The largest exponent that still is a float."""


def gain(log_ratio: float) -> float:
    """A log ratio as a fraction: 0.0488 is a gain of 0.05."""
    return math.expm1(min(log_ratio, _LARGEST))


def values(side: Iterable[Invocation], metric: str) -> tuple[float, ...]:
    """The metric of each invocation.

    Raises:
        ValueError: a value is missing, not finite, zero or negative, so it has no logarithm.
    """
    return tuple(_value(invocation, metric) for invocation in side)


def _value(invocation: Invocation, metric: str) -> float:
    value = invocation.values.get(metric)
    if value is None:
        raise ValueError(f"metric {metric} is missing from an invocation")
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"metric {metric} is {value:g}: a ratio needs values above 0")
    return value


def log_ratios(pairs: Sequence[Pair], metric: str, direction: Direction) -> tuple[float, ...]:
    """One log ratio for each pair: above 0 where side b is better.

    Raises:
        ValueError: a value is missing, not finite, zero or negative; the message names the metric.
    """
    a = values((pair.a for pair in pairs), metric)
    b = values((pair.b for pair in pairs), metric)
    sign = 1.0 if direction == "lower" else -1.0
    return tuple(sign * (math.log(old) - math.log(new)) for old, new in zip(a, b, strict=True))


def effect(
    pairs: Sequence[Pair],
    metric: str,
    direction: Direction,
    *,
    t: float,
    confidence: float,
    floor: float = 0.0,
    over: Centre | None = None,
) -> Effect:
    """The gain of side b with its interval.

    `t` is the two-sided quantile of Student's t for this number of pairs at `confidence`:
    `Boundaries.interval_t[len(pairs)]`, or `whet.judge.boundaries.interval_t` without a design.
    With `over`, from `whet.judge.layouts`, the effect is that one, and `t` is for its degrees.
    The interval is symmetric as a log ratio, not as a fraction.

    Raises:
        ValueError: fewer than 2 pairs, or a value that has no logarithm.
    """
    if len(pairs) < 2:
        raise ValueError(f"an interval for {metric} needs at least 2 pairs")
    found = over or centre(log_ratios(pairs, metric, direction), floor)
    kind = "mean" if found.n < TRIMMED_FROM else "trimmed mean"
    if over is not None:
        kind = f"means of {over.df + 1} layouts"
    return Effect(
        metric=metric,
        estimate=gain(found.mean),
        low=gain(found.mean - t * found.se),
        high=gain(found.mean + t * found.se),
        confidence=confidence,
        pairs=found.n,
        a=median(values((pair.a for pair in pairs), metric)),
        b=median(values((pair.b for pair in pairs), metric)),
        method=f"paired log ratio, {kind}",
    )
