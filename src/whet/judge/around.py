"""How restless a machine is right now, as the other candidates of a block see it.

Three pairs say little about their own spread, and giving up is decided by it: a lucky run of equal
values ends a good change, and a wild one keeps a dud for many rounds. The candidates beside it
have met the same minutes. How far the pairs of each lie from their own mean tells what the machine
does, whatever each is worth.

It is recorded with every pair, so an outcome is decided again without its block. Over the blocks
of a campaign the same says what the machine usually is, far better than ten pairs of a calibration
could. Standard library only: it runs on the worker.
"""

import math
from collections.abc import Iterable, Sequence

from whet.judge.summary import median

RECENT = 4
"""Rounds that are looked back on: fewer say little, more are of another minute."""

FEWEST = 3
"""Degrees of freedom below which the others say no more than a candidate's own pairs."""

WEIGHT = 2
"""Degrees of freedom that the others count as, beside those of a candidate's own pairs.

They know the machine, but not what this change does to its program's noise. Found by simulation:
with more weight than that a change that is restless itself is given up too soon.
"""


LEARNED = 200
"""Pairs that are looked back on for what a machine usually is."""

_ENOUGH = 30


def around(others: Iterable[Sequence[float]]) -> float | None:
    """The standard deviation of one pair, pooled over the other candidates of a block.

    Args:
        others: the goal's log ratios of each in the last `RECENT` rounds.

    Returns:
        None where they are too few to tell.
    """
    squares, degrees = 0.0, 0
    for ratios in others:
        if len(ratios) > 1:
            mean = math.fsum(ratios) / len(ratios)
            squares += math.fsum((ratio - mean) ** 2 for ratio in ratios)
            degrees += len(ratios) - 1
    return math.sqrt(squares / degrees) if degrees >= FEWEST else None


def joined(own: float, degrees: int, others: float) -> float:
    """One deviation from a candidate's own, with its degrees of freedom, and that of the others."""
    return math.sqrt((degrees * own**2 + WEIGHT * others**2) / (degrees + WEIGHT))


def usual(rows: Iterable[Sequence[float]]) -> float | None:
    """What a pair usually spreads by on a machine: a robust standard deviation.

    It is 1.4826 times the median distance of a log ratio from the mean of its experiment.

    Args:
        rows: the log ratios of one experiment each, the latest first; the first `LEARNED` count.

    Returns:
        None where they are too few to tell.
    """
    found: list[float] = []
    for ratios in rows:
        if len(found) >= LEARNED:
            break
        count = len(ratios)
        if count > 1:
            mean = math.fsum(ratios) / count
            lost = math.sqrt(count / (count - 1))  # what the mean takes from the spread
            found += [lost * abs(ratio - mean) for ratio in ratios]
    return 1.4826 * median(found[:LEARNED]) if len(found) >= _ENOUGH else None
