"""`METRIC name=value` lines, the format that any script can print."""

import re
from collections.abc import Mapping
from typing import Literal

from whet.formats import number
from whet.formats.number import Number, finest, median, unit_of
from whet.formats.reading import FormatError, Reading, gather, show

TOOL = "metric-lines"
_LINE = re.compile(r"METRIC\s+([A-Za-z0-9_.µ]+)=(\S+)\s*")
_MEANT = re.compile(r"METRIC\s+(.*)=(.*)")
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]+")
# These names are special in JavaScript objects, where other readers of METRIC lines keep them.
_DENIED = frozenset({"__proto__", "constructor", "prototype"})
_HINT = "print one line a metric: `METRIC name=12.5`"


def parse(text: str, samples: Literal["last", "all"]) -> Mapping[str, Reading]:
    """Metrics by name: the last line of a name, or the median of all its lines."""
    found: dict[str, list[Number]] = {}
    for place, line in enumerate(text.split("\n"), 1):
        if line.startswith("METRIC") and _MEANT.match(line):
            name, value = _read(place, line.rstrip())
            found.setdefault(name, []).append(value)
    if not found:
        raise FormatError(_nothing(text), hint=_HINT)
    return gather(TOOL, ((name, _reading(name, values, samples)) for name, values in found.items()))


def sniff(text: str) -> bool:
    """Whether a line is a METRIC line."""
    return any(_LINE.fullmatch(line) for line in text.split("\n"))


def _reading(name: str, values: list[Number], samples: Literal["last", "all"]) -> Reading:
    unit = unit_of(name)
    kept = tuple(float(value) for value in values)
    if samples == "last":
        shown = kept if len(kept) > 1 else ()
        return Reading(value=kept[-1], unit=unit, samples=shown, resolution=values[-1].step)
    return Reading(value=median(kept), unit=unit, samples=kept, resolution=finest(values))


def _read(place: int, line: str) -> tuple[str, Number]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise FormatError(
            f"{TOOL}: line {place} is not `METRIC name=value`: `{show(line)}`", hint=_repair(line)
        )
    name, text = match[1], match[2]
    if name in _DENIED:
        raise FormatError(
            f"{TOOL}: line {place}: `{name}` cannot be the name of a metric",
            hint="choose another name",
        )
    if _HEX.fullmatch(text):
        raise FormatError(
            f"{TOOL}: line {place}: `{name}` is {show(text, limit=30)}, a hexadecimal number",
            hint="print it in decimal",
        )
    try:
        return name, number.read(text)
    except ValueError as error:
        raise FormatError(
            f"{TOOL}: line {place}: `{name}` is `{show(text, limit=30)}`, {error}",
            hint="print a number, or leave the line out and let the command fail",
        ) from None


def _repair(line: str) -> str:
    meant = _MEANT.fullmatch(line)
    assert meant is not None
    name, value = meant[1], meant[2]
    if name != name.strip() or value != value.strip() or not value:
        return "leave no space around `=`: `METRIC name=12.5`"
    plain = re.sub(r"[^A-Za-z0-9_.µ]+", "_", name).strip("_")
    if plain and not re.search(r"\s", name + value):
        return f"a name has letters, digits, `_` and `.`: `METRIC {show(plain)}=...`"
    return _HINT


def _nothing(text: str) -> str:
    if not text.strip():
        return f"{TOOL}: the output is empty"
    for place, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("METRIC"):
            return f"{TOOL}: line {place} is not `METRIC name=value`: `{show(line.strip())}`"
    return f"{TOOL}: the output has no METRIC line"
