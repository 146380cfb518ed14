"""Metrics without noise: sizes, counts of instructions, allocations. Standard library only.

Such a metric is an assumption, as `assume=exact` is in benchstat: it is compared once, and one
agreeing repeat takes the place of a test. The assumption is asked of every repeat.
"""

import math
from collections.abc import Sequence

AGREE = 0.05
"""Repeats may differ by this share of the effect that matters.

Counts of instructions move in their sixth digit with the size of the environment.
"""

REPEATS = 2
"""Pairs that decide an exact goal."""

_ROUNDING = 1e-12
"""An effect went through a logarithm and back; a gain of exactly the minimum is enough."""


def spread(values: Sequence[float]) -> float:
    """The largest log ratio between two of them; infinite when one is 0 and another is not."""
    low, high = min(values), max(values)
    if low == high:
        return 0.0
    return math.log(high / low) if low > 0 else math.inf


def disagreement(metric: str, values: Sequence[float], effect: float) -> str:
    """Why a metric of one program is not exact, or nothing; `effect` is the log ratio that matters.

    The values are those of one program only.
    """
    if spread(values) <= AGREE * effect:
        return ""
    low, high = min(values), max(values)
    return f"{metric} is declared exact, and one program gave {low:.12g} and {high:.12g}"


def enough(gains: Sequence[float], least: float) -> bool:
    """Whether every repeat gained as much as was asked, both as log ratios."""
    return min(gains) >= least - _ROUNDING
