"""Where a small sample lies, and how well that is known. Standard library only."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

TRIMMED_FROM = 8
"""Below this many values the plain mean is used: trimming would leave too few of them."""

_EQUAL = 1e-12
"""Log ratios closer than this differ by rounding in the last bits, not by measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A location, its standard error, and the degrees of freedom of Student's t for it."""

    mean: float
    se: float
    df: int
    n: int


def trimmed(n: int) -> int:
    """How many values are cut from each end of a sample of n: a fifth, from 8 values on."""
    return n // 5 if n >= TRIMMED_FROM else 0


def degrees(n: int) -> int:
    """Degrees of freedom of the centre of n values."""
    return n - 2 * trimmed(n) - 1


def centre(d: Sequence[float], floor: float = 0.0) -> Centre:
    """The mean of fewer than 8 values, else their 20 % trimmed mean with its winsorised error.

    The standard error is that of J. W. Tukey and D. H. McLaughlin, "Less vulnerable confidence
    and significance procedures for location based on a single sample: trimming/winsorization 1",
    Sankhya A 25 (1963): s_w / ((1 - 2g/n) sqrt(n)), with n - 2g - 1 degrees of freedom.

    `floor` is the least standard deviation of one value that is believed. It bounds the whole
    estimate, so that with it alone the standard error is floor / sqrt(n) at every n.

    Raises:
        ValueError: there are no values.
    """
    n = len(d)
    if n == 0:
        raise ValueError("the centre of no values does not exist")
    cut = trimmed(n)
    inner = sorted(d)[cut : n - cut]
    mean = math.fsum(inner) / len(inner)
    if n == 1:
        return Centre(mean=mean, se=math.inf, df=0, n=1)
    spread = max(_winsorised_sd(inner, cut), floor * len(inner) / n)
    return Centre(mean=mean, se=spread * math.sqrt(n) / len(inner), df=degrees(n), n=n)


def _winsorised_sd(inner: Sequence[float], cut: int) -> float:
    """The deviation of a sample whose `cut` outer values moved to the nearest inner ones."""
    low, high = inner[0], inner[-1]
    if high - low <= _EQUAL:
        return 0.0
    n = len(inner) + 2 * cut
    mean = (math.fsum(inner) + cut * (low + high)) / n
    ends = cut * ((low - mean) ** 2 + (high - mean) ** 2)
    return math.sqrt((math.fsum((x - mean) ** 2 for x in inner) + ends) / (n - 1))


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    return statistics.median(values)


def mad_sd(d: Sequence[float]) -> float:
    """A standard deviation that outliers do not move.

    It is 1.4826 times the median distance from the median, which is the standard deviation where
    the values are normal.
    """
    middle = statistics.median(d)
    return 1.4826 * statistics.median([abs(x - middle) for x in d])
