"""The largest gain a change can have, from what the profile and the ceilings say.

Gains are ratios of speeds minus 1, shares are fractions of the time of the whole benchmark.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

AT_THE_CEILING = 0.9
"""Share of a ceiling from which work is said to be at it: the ceilings are good to some 8 %."""

CEILINGS_OF_DATA = frozenset({"bandwidth", "cache"})
"""Limits that only moving fewer bytes can move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hot:
    """A function on the measured path.

    `limit` and `used` are what its time goes to and the share of that ceiling it reaches: 0 where
    nobody knows, and then only Amdahl's law bounds it.
    """

    name: str
    share: float
    limit: str = "unknown"
    used: float = 0.0


def amdahl(share: float, left: float = 0.0) -> float:
    """The gain when a share of the time shrinks to `left` of itself (Amdahl 1967).

    Infinite when nothing of the whole time is left.
    """
    remaining = 1.0 - min(1.0, max(0.0, share)) * (1.0 - min(1.0, max(0.0, left)))
    return math.inf if remaining <= 0.0 else 1.0 / remaining - 1.0


def path(hot: Iterable[Hot]) -> Mapping[str, Hot]:
    """Hot functions by name; equal names are one function with the time of all."""
    found: dict[str, Hot] = {}
    for one in hot:
        before = found.get(one.name)
        share = one.share + (before.share if before else 0.0)
        longest = before if before and before.share > one.share else one
        found[one.name] = Hot(
            name=one.name, share=min(1.0, share), limit=longest.limit, used=longest.used
        )
    return found


def bound(functions: Iterable[str], hot: Mapping[str, Hot], *, moves_less: bool) -> float:
    """The largest gain of a change to these functions; 0 when none of them is on the path.

    Args:
        functions: what the change makes faster. Of a fusion only the operations that vanish: the
            one that takes them in keeps its own time.
        hot: the measured path.
        moves_less: whether the change moves fewer bytes. One that only computes in another way
            cannot bring a function below the time its bytes need, which is the share of the
            ceiling that it reaches already.
    """
    kept = 1.0
    for name in sorted(set(functions)):
        one = hot.get(name)
        if one is not None:
            kept -= one.share * (1.0 - floor(one, moves_less=moves_less))
    return math.inf if kept <= 0.0 else 1.0 / kept - 1.0


def floor(one: Hot, *, moves_less: bool) -> float:
    """The share of a function's own time that it needs whatever is done about it."""
    if moves_less or one.limit not in CEILINGS_OF_DATA:
        return 0.0
    return min(1.0, max(0.0, one.used))


def at_the_ceiling(one: Hot) -> bool:
    """Whether a function moves bytes as fast as this machine can."""
    return one.limit in CEILINGS_OF_DATA and one.used >= AT_THE_CEILING
