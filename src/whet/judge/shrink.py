"""What a gain is worth after it was selected. Standard library only.

The candidates that are kept are those whose luck was good, so their estimates are too high. A
spike-and-slab prior, after T. J. Mitchell and J. J. Beauchamp, "Bayesian variable selection in
linear regression" (JASA 83, 1988), takes some of it back: most ideas do nothing at all, and the
others have effects that are normal around 0.
"""

import math
import statistics
from collections.abc import Sequence

_USUAL_SPREAD = 0.05
"""Assumed until enough candidates have been seen: effects of a few per cent are common."""

_LEAST_SPREAD = 0.005
_ENOUGH = 5


def shrink(est: float, se: float, tau: float, share: float = 0.1) -> float:
    """The expected log gain, given that it was measured as `est` with standard error `se`.

    `share` of all candidates have an effect at all, and those spread by `tau`. The answer lies
    between 0 and `est`; without a standard error it is `est`.
    """
    if se <= 0:
        return est
    total = tau * tau + se * se
    log_odds = (
        math.log(share / (1 - share))
        + 0.5 * math.log(se * se / total)
        + 0.5 * est * est * (1 / (se * se) - 1 / total)
    )
    real = 1 / (1 + math.exp(-min(max(log_odds, -700.0), 700.0)))
    return real * est * tau * tau / total


def spread(estimates: Sequence[tuple[float, float]], share: float = 0.1) -> float:
    """How far the log gains of those candidates spread that have an effect at all: `tau`.

    `estimates` are (log gain, standard error) of all measured candidates, kept or not. Their mean
    square is share * tau^2 plus that of the errors. Fewer than 5 give a usual value of 0.05.
    """
    if len(estimates) < _ENOUGH:
        return _USUAL_SPREAD
    excess = statistics.fmean(est * est - se * se for est, se in estimates)
    return math.sqrt(max(excess / share, _LEAST_SPREAD**2))
