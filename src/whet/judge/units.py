"""Which metrics are times, and which are rates of something a machine can only do so much of."""

import re
from collections.abc import Mapping
from typing import Final

from whet.model.metric import Goal

_SECONDS: Final[Mapping[str, float]] = {
    "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9,
    "min": 60.0,
}  # fmt: skip

_PREFIXES: Final[Mapping[str, float]] = {
    "": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 2.0**10, "mi": 2.0**20, "gi": 2.0**30,
}  # fmt: skip
_A_CORE_DOES: Final[Mapping[str, float]] = {"b/s": 1e13, "flop/s": 1e14, "flops": 1e14}
"""More than any core has: ten times what vector units read from their nearest cache, or add."""


_PLAIN: Final = re.compile(
    r"1?/s|(?:items?|it|ops?|req|requests?|tok|tokens?|t|rows?|records?|lines?|messages?|msgs?"
    r"|events?|frames?|images?|samples?|queries|packets?|files?|steps?)/s(?:ec)?"
)


def seconds(goal: Goal) -> float | None:
    """How many seconds one of the goal's units is; None when it is no time, or not known to be."""
    if goal.direction != "lower":
        return None
    return _SECONDS.get(goal.unit or _suffix(goal.metric))


def most(unit: str, cores: int) -> float | None:
    """More of a unit than so many cores can do, whatever they do; None for other units."""
    text = unit.lower().replace("bytes", "b").replace("byte", "b")
    for name, each in _A_CORE_DOES.items():
        prefix = text.removesuffix(name)
        if text.endswith(name) and prefix in _PREFIXES:
            return each * cores / _PREFIXES[prefix]
    return None


def plain_rate(goal: Goal) -> bool:
    """Whether the goal counts whole things in a second, and not thousands or bytes of them."""
    if goal.direction != "higher":
        return False
    if goal.unit:
        return bool(_PLAIN.fullmatch(goal.unit))
    return goal.metric.lower().endswith(("_per_s", "_per_sec", "_per_second"))


def _suffix(metric: str) -> str:
    unit = metric.rpartition("_")[2]
    return "" if unit == "min" else unit  # latency_min is the least latency, not minutes
