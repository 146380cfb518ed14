"""Numbers as text: effects, values, durations, times. ASCII, so that a terminal can copy them."""

import math
import re
from datetime import UTC, datetime

from whet.model.verdict import Effect

UNKNOWN = "?"
"""What stands where a number is not finite."""

_LARGE = 1e5
_MINUS = re.compile(r"(?<![\w-])-(?=[\d.])")


def percent(fraction: float, decimals: int = 1) -> str:
    """A fraction as a signed percentage: 0.064 is "+6.4%"."""
    return _signed(fraction, decimals) + "%"


def share(fraction: float) -> str:
    """A fraction as a percentage without a sign: 0.005 is "0.5%"."""
    return f"{100 * fraction:.4g}%"


def estimate(effect: Effect) -> str:
    """The centre of an effect, with as many decimals as its interval deserves."""
    return percent(effect.estimate, _decimals(effect))


def interval(effect: Effect) -> str:
    """The interval of an effect in percent: "[+5.6, +7.2]"."""
    decimals = _decimals(effect)
    return f"[{_signed(effect.low, decimals)}, {_signed(effect.high, decimals)}]"


def change(effect: Effect) -> str:
    """Centre and interval: "+6.4% [+5.6, +7.2]"."""
    return f"{estimate(effect)} {interval(effect)}"


def settled(effect: Effect) -> bool:
    """Whether the interval leaves 0 out, so that the direction of the effect is known."""
    return effect.low > 0 or effect.high < 0


def value(number: float, unit: str = "") -> str:
    """A measured value with 4 significant digits and its unit: "41.37 t/s".

    Whole numbers below a million keep all their digits: they are counts as often as not.
    """
    text = _value(number)
    return f"{text} {unit}" if unit else text


def plural(count: int, noun: str, several: str = "") -> str:
    """A number and its noun: "1 pair", "30 pairs"; `several` where an s is not enough."""
    return f"{count} {noun if count == 1 else several or noun + 's'}"


def clock(seconds: float) -> str:
    """A duration as a stopwatch shows it: "6:12", "1:02:40"."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def duration(seconds: float) -> str:
    """A duration as one says it: "0.3 s", "84 s", "12 min", "2 h 15 min", "3 d 4 h"."""
    if 0 < seconds < 1.95:
        return f"{seconds:.1f} s"
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def moment(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC: "2026-11-21T18:44:09Z"."""
    return datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def typeset(text: str) -> str:
    """Numbers with a true minus sign, for pages and pictures; a terminal keeps the ASCII one."""
    return _MINUS.sub("\N{MINUS SIGN}", text)


def _decimals(effect: Effect) -> int:
    """One decimal, and more where the interval is so narrow that one would hide it."""
    width = 100 * (effect.high - effect.low)
    seen = width if width > 0 else 100 * abs(effect.estimate)
    if not math.isfinite(seen) or seen >= 0.1 or seen == 0:
        return 1
    return 2 if seen >= 0.01 else 3


def _signed(fraction: float, decimals: int) -> str:
    points = 100 * fraction
    if not math.isfinite(points):
        return UNKNOWN
    if abs(points) >= _LARGE:
        return f"{points:+.2g}"
    text = f"{points:+.{0 if abs(points) >= 1000 else decimals}f}"
    return text if float(text) else text[1:]


def _value(number: float) -> str:
    if not math.isfinite(number):
        return UNKNOWN
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1e6 or size < 1e-3:
        mantissa, exponent = f"{number:.3e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    if number == round(number) or size >= 1e4:
        return f"{number:.0f}"
    return f"{number:#.4g}"
