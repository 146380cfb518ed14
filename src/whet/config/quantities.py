"""Durations, shares, sizes and CPU lists, as a person writes them.

A duration is seconds, or a text with a unit: 90, "90s", "15m", "1h30m", "250ms", "2d". A share is
a fraction or a percentage: 0.02, "2%". `run.hours` is hours, or a text with a unit: 8, "8h". A size
is bytes, or a text with a unit: 17200000, "17.2MB", "590MiB".
Money is US dollars: 40, "40usd", "$40".
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["duration", "share", "hours", "size", "money"]

KINDS: Mapping[str, Kind] = {
    "goal.min_effect": "share",
    "goal.target": "share",
    "guard.*.max_loss": "share",
    "build.timeout": "duration",
    "bench.timeout": "duration",
    "checks.timeout": "duration",
    "agent.timeout": "duration",
    "measure.confidence": "share",
    "measure.max_noise": "share",
    "measure.aa_every": "duration",
    "measure.max_wait": "duration",
    "judge.alpha": "share",
    "judge.fdr": "share",
    "judge.futility": "share",
    "judge.suspicious_above": "share",
    "judge.final_confidence": "share",
    "run.hours": "hours",
    "roofline.bytes_per_unit": "size",
    "roofline.working_set": "size",
    "roofline.cached_bytes_per_unit": "size",
    "run.budget": "money",
    "run.wave_budget": "money",
    "agent.budget": "money",
    "agent.price_read": "money",
    "agent.price_written": "money",
    "agent.price_cached": "money",
    "workers.*.price": "money",
    "workers.*.max_hours": "hours",
    "workers.*.guards.*": "share",
}
"""What the numbers of a key are, by its pattern. A number that is not here is just a number."""

EXAMPLES: Mapping[Kind, str] = {"duration": '"15m"', "share": '"2%"', "hours": '"8h"',
                                "size": '"590MiB"', "money": '"40usd"'}  # fmt: skip

_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "sec": Decimal(1), "m": Decimal(60),
            "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}  # fmt: skip
_BYTES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}  # fmt: skip
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
_PART = re.compile(rf"({_NUMBER})\s*(ms|sec|s|min|m|h|d)\s*")
_SIZE = re.compile(rf"({_NUMBER})\s*([kKMGT]i?B|B)")
_PERCENT = re.compile(rf"\+?({_NUMBER})\s*%")
_MONEY = re.compile(rf"\$\s*({_NUMBER})|({_NUMBER})\s*(?:usd|USD|\$)")
_MOST_CPUS = 4096


class NotAQuantity(ValueError):
    """The value cannot be read; the message continues a sentence that starts with the key."""


def read(kind: Kind, value: object) -> float:
    """Seconds, a fraction, hours, or US dollars.

    Raises:
        NotAQuantity: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotAQuantity(f"is not {_NOUNS[kind]}")
    try:
        return _READERS[kind](value) if isinstance(value, str) else _finite(kind, value)
    except OverflowError:
        raise NotAQuantity("is too large") from None


def show(kind: Kind, value: float) -> str:
    """The shortest text that `read` turns into this value again."""
    for text in _texts(kind, value):
        if read(kind, text) == value:
            return text
    return f"{value!r}"


def read_cpus(text: str) -> frozenset[int]:
    """Cores of a Linux CPU list: "0-3,6"; empty for an empty text.

    Raises:
        NotAQuantity: it is no such list.
    """
    found: set[int] = set()
    for part in text.split(",") if text.strip() else ():
        match = re.fullmatch(r"\s*([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?\s*", part)
        if match is None:
            raise NotAQuantity(f"is `{text}`, which is not a list of cores")
        low, high = int(match[1]), int(match[2] or match[1])
        if not low <= high < _MOST_CPUS:
            raise NotAQuantity(f"has the range `{part.strip()}`, which no machine has")
        found.update(range(low, high + 1))
    return frozenset(found)


def _finite(kind: Kind, value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise NotAQuantity(f"is {number}, not {_NOUNS[kind]}")
    return number


def _duration(text: str) -> float:
    return float(_seconds(text, "duration"))


def _hours(text: str) -> float:
    return float(_seconds(text, "hours") / 3600)


def _seconds(text: str, kind: Kind) -> Decimal:
    rest = text.strip()
    if re.fullmatch(_NUMBER, rest):
        raise NotAQuantity(f"is `{text}`, a number without a unit")
    total = Decimal(0)
    while match := _PART.match(rest):
        total += Decimal(match[1]) * _SECONDS[match[2]]
        rest = rest[match.end() :]
    if rest or not text.strip():
        raise NotAQuantity(f"is `{_short(text)}`, which is not {_NOUNS[kind]}")
    return total


def _share(text: str) -> float:
    match = _PERCENT.fullmatch(text.strip())
    if re.fullmatch(_NUMBER, text.strip()):
        raise NotAQuantity(f"is `{text}`, a number without a unit")
    if match is None:
        raise NotAQuantity(f"is `{_short(text)}`, which is not {_NOUNS['share']}")
    return float(Decimal(match[1]) / 100)


def _size(text: str) -> float:
    match = _SIZE.fullmatch(text.strip())
    if re.fullmatch(_NUMBER, text.strip()):
        raise NotAQuantity(f"is `{text}`, a number without a unit")
    if match is None or match[2] not in _BYTES:
        raise NotAQuantity(f"is `{_short(text)}`, which is not {_NOUNS['size']}")
    return float(Decimal(match[1]) * _BYTES[match[2]])


def _money(text: str) -> float:
    match = _MONEY.fullmatch(text.strip())
    if re.fullmatch(_NUMBER, text.strip()):
        raise NotAQuantity(f"is `{text}`, a number without a unit")
    if match is None:
        raise NotAQuantity(f"is `{_short(text)}`, which is not {_NOUNS['money']}")
    return float(Decimal(match[1] or match[2]))


def _texts(kind: Kind, value: float) -> tuple[str, ...]:
    if value < 0 or not math.isfinite(value):
        return ()
    if kind == "share":
        percent = f"{Decimal(repr(value)) * 100:f}"
        plain = percent.rstrip("0").rstrip(".") if "." in percent else percent
        return (f"{plain}%",) if len(plain.partition(".")[2]) <= 15 else ()
    if kind == "size":
        units = [(unit, value / _BYTES[unit]) for unit in ("GiB", "MiB", "KiB", "GB", "MB", "kB")]
        return tuple(f"{n:.15g}{unit}" for unit, n in units if n >= 1 and n == int(n))
    if kind == "money":
        amount = f"{Decimal(repr(value)):f}"
        parts = amount.partition(".")
        return (f"{amount}usd",) if max(len(parts[0]), len(parts[2])) <= 15 else ()
    seconds = value * (3600 if kind == "hours" else 1)
    names = {"hours": ("h", "m"), "duration": ("h", "m", "s")}[kind]
    whole = [(unit, seconds / float(_SECONDS[unit])) for unit in names]
    return tuple(f"{n:.15g}{unit}" for unit, n in whole if n >= 1 and n == int(n))


def _short(text: str) -> str:
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 40 else line[:39] + "…"


_NOUNS: Mapping[Kind, str] = {
    "duration": "a duration",
    "share": "a share",
    "hours": "a number of hours",
    "size": "a size",
    "money": "an amount of US dollars",
}
_READERS: Mapping[Kind, Callable[[str], float]] = {
    "duration": _duration,
    "share": _share,
    "hours": _hours,
    "size": _size,
    "money": _money,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The numbers a key may have; `open_low` and `open_high` leave the end itself out."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def holds(self, value: float) -> bool:
        """Whether the value is inside."""
        above = self.low < value if self.open_low else self.low <= value
        below = value < self.high if self.open_high else value <= self.high
        return above and below
