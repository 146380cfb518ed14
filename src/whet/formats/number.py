"""Numbers that remember how finely they were printed."""

import math
import re
import statistics
from collections.abc import Iterable, Sequence

LARGEST = 1e100
"""A larger magnitude is no measurement, and products of three stay finite below it."""

_LONGEST = 400
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?")

NANOSECONDS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
"""How many nanoseconds a time unit is."""

_SUFFIXES = {
    "µs": "µs", "_ns": "ns", "_us": "µs", "_ms": "ms", "_s": "s", "_sec": "s",
    "_kb": "kb", "_mb": "mb",
}  # fmt: skip


class Number(float):
    """A float with the smallest step its printed digits can show; 0 when unknown."""

    __slots__ = ("step",)
    step: float

    def __new__(cls, value: float, step: float = 0.0) -> "Number":  # noqa: PYI034 - Self is newer than the oldest Python of a machine
        """`value`, printed in steps of `step`."""
        number = super().__new__(cls, value)
        number.step = step
        return number


def read(text: str) -> Number:
    """A finite decimal number: digits, a point, an exponent; ASCII only.

    Raises:
        ValueError: with a reason that follows "`text` is" in a sentence.
    """
    match = _DECIMAL.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError("not a finite decimal number")
    value = float(text)
    if abs(value) > LARGEST:
        raise ValueError("too large for a measurement")
    decimals = len(match[1] or match[2] or "")
    step = float(f"1e{int(match[3] or 0) - decimals}")
    return Number(value, step if math.isfinite(step) else 0.0)


def scaled(numbers: Iterable[Number], factor: float) -> tuple[Number, ...]:
    """The same quantities in another unit."""
    return tuple(Number(n * factor, n.step * factor) for n in numbers)


def finest(numbers: Iterable[Number]) -> float:
    """The smallest known step among the numbers; 0 when none is known."""
    return min((n.step for n in numbers if n.step > 0), default=0.0)


def median(values: Sequence[float]) -> float:
    """The median as a plain float; `values` is not empty."""
    return float(statistics.median(values))


def mean(values: Sequence[float]) -> float:
    """The mean, summed exactly; `values` is not empty."""
    return math.fsum(values) / len(values)


def agree(a: float, b: float, tolerance: float) -> bool:
    """Whether two numbers differ by at most `tolerance` of the larger one."""
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-300)


def unit_of(name: str) -> str:
    """The unit a metric's name ends with; "" for none, and for rates such as `tokens_per_s`."""
    for suffix, unit in _SUFFIXES.items():
        if name.endswith(suffix) and not name.endswith(f"_per{suffix}"):
            return unit
    return ""
