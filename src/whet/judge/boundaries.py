"""Critical values of the sequential test. Needs numpy and scipy: the driver's side only.

The accept test is one-sided and group-sequential: the chance that a candidate without effect
crosses any of its looks is alpha in total, spent as alpha * (n / cap) ** 1.5 (the power family of
K. Kim and D. L. DeMets, Biometrika 74, 1987). How much each look may cross is found by the
recursion of P. Armitage, C. K. McPherson and B. C. Rowe (JRSS A 132, 1969) on the random walk of
sums, as in C. Jennison and B. W. Turnbull, "Group Sequential Methods" (2000), chapter 19. Each
look's nominal level then becomes a quantile of Student's t.

The walk of sums has a known variance and the pairs do not, so that last step is an approximation:
the statistic of a few pairs wanders more than a sum does. Normal noise crosses at 1.5 times alpha
without any other rule; at 1.2 times alpha with the floor of a calibration, however large the
noise; and at half of alpha or less where a pair's noise is at most twice the minimum effect,
because of the futility rule. Heavier tails cross less (tests/calibration).
"""

import math
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from whet.judge.around import WEIGHT
from whet.judge.summary import TRIMMED_FROM, degrees
from whet.model.design import Boundaries, Layouts

Cap = Literal[12, 20, 40]
LOOKS: Final = MappingProxyType(
    {12: (4, 6, 8, 12), 20: (4, 6, 8, 12, 16, 20), 40: (4, 6, 8, 12, 16, 24, 32, 40)}
)
"""The numbers of pairs at which a candidate may be accepted, by the pair limit."""

LEAST_ALPHA: Final = 1e-6
MOST_ALPHA: Final = 0.1
MOST_IMPATIENT: Final = 0.4

_SPENDING_POWER = 1.5
_NODES, _WEIGHTS = leggauss(100)
_TAIL = 8.5
"""Standard deviations below 0 from which on a walk is never brought back above a boundary."""


@lru_cache(maxsize=256)
def boundaries(
    *, alpha: float, beta: float = 0.05, cap: Cap = 40, confidence: float = 0.95
) -> Boundaries:
    """The critical values of one design.

    `alpha` is the chance to accept a candidate without effect, `beta` the one-sided level of the
    futility bound at each look, `confidence` that of the two-sided interval.

    Raises:
        ValueError: alpha is not within 1e-6 … 0.1, or cap is not 12, 20 or 40.
    """
    if not LEAST_ALPHA <= alpha <= MOST_ALPHA:
        raise ValueError(f"alpha is {alpha:g}; it must lie between {LEAST_ALPHA:g} and 0.1")
    if cap not in LOOKS:
        raise ValueError(f"cap is {cap}; it must be 12, 20 or 40")
    looks = LOOKS[cap]
    counts = range(2, cap + 1)
    return Boundaries(
        alpha=alpha,
        beta=beta,
        confidence=confidence,
        cap=cap,
        accept_t={
            n: _upper_t(p, n) for n, p in zip(looks, nominal_levels(looks, alpha), strict=True)
        },
        futile_t={n: _upper_t(beta, n) for n in counts},
        interval_t={n: interval_t(n, confidence) for n in counts},
    )


def around_t(beta: float, cap: int) -> dict[int, float]:
    """Critical values to give up where the block's other candidates say how restless it is."""
    return {n: quantile(beta, degrees(n) + WEIGHT) for n in range(2, cap + 1)}


def impatient_t(beta: float, cap: Cap, *, beside: int = 0) -> dict[int, float]:
    """Critical values to give up sooner, at each number of pairs from 2 on.

    `beside` is what others add to the degrees of freedom.

    Found by simulation, as what costs least for the log gain that is lost on a very noisy machine:
    three times the level while the mean is untrimmed and one wild pair may decide it, eight times
    from then on, and never above 0.4.
    """
    return {
        n: quantile(min(MOST_IMPATIENT, beta * _haste(n)), degrees(n) + beside)
        for n in range(2, cap + 1)
    }


def _haste(pairs: int) -> int:
    return 3 if pairs < TRIMMED_FROM else 8


def over_layouts(bounds: Boundaries, count: int) -> Layouts:
    """The critical values over the means of so many builds, at the levels of these boundaries."""
    looks = tuple(bounds.accept_t)
    levels = dict(zip(looks, nominal_levels(looks, bounds.alpha), strict=True))
    return Layouts(
        count=count,
        accept_t={n: quantile(level, count - 1) for n, level in levels.items() if n > count},
        futile_t=quantile(bounds.beta, count - 1),
        interval_t=quantile((1 - bounds.confidence) / 2, count - 1),
    )


def interval_t(pairs: int, confidence: float) -> float:
    """The two-sided quantile of Student's t for the centre of this many pairs (2 or more)."""
    return _upper_t((1 - confidence) / 2, pairs)


@lru_cache(maxsize=256)
def nominal_levels(looks: tuple[int, ...], alpha: float) -> tuple[float, ...]:
    """The one-sided level at each look that spends alpha over all of them."""
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 (as in quantile)

    spent = alpha * (np.array(looks) / looks[-1]) ** _SPENDING_POWER
    steps = np.diff(spent, prepend=0.0)
    bound = float(-ndtri(steps[0])) * math.sqrt(looks[0])
    levels = [float(steps[0])]
    points, mass = _below(bound, looks[0])
    mass = mass * _density(points, looks[0])
    for before, now, step in zip(looks, looks[1:], steps[1:], strict=False):
        bound = _crossing(points, mass, now - before, float(step))
        levels.append(float(ndtr(-bound / math.sqrt(now))))
        after, weights = _below(bound, now)
        mass = weights * (_density(after[:, None] - points[None, :], now - before) @ mass)
        points = after
    return tuple(levels)


def _below(bound: float, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Quadrature points and weights for the sums of n steps that have not crossed yet."""
    low = -_TAIL * math.sqrt(n)
    half = (bound - low) / 2
    return low + half * (_NODES + 1), half * _WEIGHTS


def _density(x: NDArray[np.float64], variance: int) -> NDArray[np.float64]:
    height = 1 / np.sqrt(2 * np.pi * variance)
    return np.asarray(np.exp(-x * x / (2 * variance)) * height, dtype=np.float64)


def _crossing(
    points: NDArray[np.float64], mass: NDArray[np.float64], steps: int, chance: float
) -> float:
    """The bound that a walk at `points` with `mass` exceeds after `steps` with this chance."""
    from scipy.special import ndtr  # noqa: PLC0415 (as in quantile)

    scale = math.sqrt(steps)
    low, high = 0.0, float(points[-1]) + 9 * scale
    for _ in range(60):
        middle = (low + high) / 2
        if float(mass @ ndtr((points - middle) / scale)) > chance:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _upper_t(level: float, pairs: int) -> float:
    return quantile(level, degrees(pairs))


def quantile(level: float, df: int) -> float:
    """What Student's t with so many degrees of freedom exceeds with this chance."""
    # loading scipy takes longer than all else that most commands do, and most ask for no level
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(-stdtrit(df, level))
