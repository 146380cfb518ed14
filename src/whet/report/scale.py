"""From data to pixels. Every range comes from the data; nothing has a least width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from whet.report.figures import typeset

_HUGE = 1e6
"""From here on numbers are written with an exponent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A linear scale from [low, high] to [start, end]; pixels may run either way."""

    low: float
    high: float
    start: float
    end: float

    def at(self, number: float) -> float:
        """The pixel of a number."""
        return self.start + (number - self.low) / (self.high - self.low) * (self.end - self.start)

    def inside(self, number: float) -> float:
        """The pixel of a number, or of the nearer end."""
        return self.at(min(max(number, self.low), self.high))

    def holds(self, number: float) -> bool:
        """Whether a number lies on the scale."""
        return self.low <= number <= self.high


def bounds(core: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """The range to draw: all of `core`, and of `others` what does not dwarf it.

    A mark far outside would press all else into a line, so it is left to the edge. Without a
    core that has a width, everything counts.
    """
    low, high = min(core, default=0.0), max(core, default=0.0)
    span = high - low
    if span > 0:
        near = [x for x in others if low - 1.2 * span <= x <= high + 0.8 * span]
    else:
        near = list(others)
    low, high = min([low, *near]), max([high, *near])
    if high == low:
        margin = 0.1 * abs(high) or 0.01
        return low - margin, high + margin
    return low, high


def widened(low: float, high: float, below: float, above: float) -> tuple[float, float]:
    """The range with a margin on either side, as shares of its width."""
    span = high - low
    return low - below * span, high + above * span


def ticks(low: float, high: float, count: int = 6) -> tuple[float, ...]:
    """About `count` round numbers between the ends; a step is 1, 2 or 5 times a power of 10."""
    step = step_of(low, high, count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(index * step for index in range(first, last + 1))


def step_of(low: float, high: float, count: int) -> float:
    """The distance of neighbouring ticks."""
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / raw)))


def percents(numbers: Sequence[float]) -> tuple[str, ...]:
    """Ticks that are fractions as signed percentages, all with the same decimals."""
    points = [100 * number for number in numbers]
    largest = max((abs(point) for point in points), default=0.0)
    if largest >= _HUGE:
        return tuple(_exponent(point, 1, "+") + "%" if point else "0%" for point in points)
    exact = (d for d in range(12) if all(_is_round(p, d, largest) for p in points))
    digits = next(exact, 12)
    return tuple(typeset(f"{p:+.{digits}f}%") if p else "0%" for p in points)


def amounts(numbers: Sequence[float]) -> tuple[str, ...]:
    """Values with the digits that tell them apart, 3 at least."""
    texts: tuple[str, ...] = ()
    for digits in range(3, 12):
        texts = tuple(_amount(number, digits, numbers) for number in numbers)
        if len(set(texts)) == len(set(numbers)):
            break
    return texts


def _is_round(point: float, digits: int, largest: float) -> bool:
    return abs(round(point, digits) - point) <= 1e-6 * largest


def _amount(number: float, digits: int, among: Sequence[float]) -> str:
    largest = max(abs(other) for other in among)
    if largest >= _HUGE or 0 < largest < 1 / _HUGE:
        return _exponent(number, digits - 1, "")
    whole = math.floor(math.log10(largest)) + 1 if largest else 1
    return typeset(f"{number:.{max(0, digits - whole)}f}")


def _exponent(number: float, digits: int, sign: str) -> str:
    mantissa, exponent = f"{number:{sign}.{digits}e}".split("e")
    return typeset(f"{mantissa}e{int(exponent)}")
