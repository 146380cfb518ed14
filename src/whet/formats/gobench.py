"""`go test -bench`: every unit of every benchmark line."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whet.formats import number
from whet.formats.number import Number, finest, median
from whet.formats.reading import FormatError, Reading, gather, show
from whet.model.metric import Direction

TOOL = "gobench"
_BENCHMARK = re.compile(r"Benchmark(?![a-z])\S*")
_PROCS = re.compile(r"(.*)-([0-9]+)")
_COUNT = re.compile(r"[0-9]{1,18}")
_FAILED = re.compile(r"(?:--- )?FAIL\b|panic: |exit status ")
_DIRECTIONS: dict[str, Direction] = {
    "ns/op": "lower", "B/op": "lower", "allocs/op": "lower", "MB/s": "higher"
}  # fmt: skip
_HINT = "run `go test -run '^$' -bench .` by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    package: str
    name: str
    values: Mapping[str, Number]


def parse(text: str) -> Mapping[str, Reading]:
    """Medians over `-count`: `BenchmarkX` is ns/op, other units are `BenchmarkX:B/op`.

    The `-8` that names GOMAXPROCS goes when all benchmarks end with it; where they differ
    (`-cpu 1,2`) the names stay as printed. Where two packages share a name, it starts with the
    package.
    """
    lines = list(_lines(text))
    if not lines:
        raise FormatError(f"{TOOL}: the output has no benchmark line", hint=_HINT)
    names = _names(lines)
    groups: dict[tuple[str, str], list[Number]] = {}
    for line in lines:
        for unit, value in line.values.items():
            groups.setdefault((names[line.package, line.name], unit), []).append(value)
    return gather(
        TOOL,
        (
            (name if unit == "ns/op" else f"{name}:{unit}", _reading(values, unit))
            for (name, unit), values in groups.items()
        ),
    )


def sniff(text: str) -> bool:
    """Whether a line is a benchmark's name, a count, and a time."""
    return re.search(r"^Benchmark\S*\s+[0-9]+\s+\S+ ns/op", text, re.MULTILINE) is not None


def _reading(values: list[Number], unit: str) -> Reading:
    return Reading(
        value=median(values), unit=unit, direction=_DIRECTIONS.get(unit),
        samples=tuple(float(value) for value in values), resolution=finest(values),
    )  # fmt: skip


def _lines(text: str) -> Iterator[_Line]:
    package = ""
    for place, line in enumerate(text.split("\n"), 1):
        if _FAILED.match(line):
            raise FormatError(f"{TOOL}: line {place} says `{show(line.strip())}`", hint=_HINT)
        if line.startswith("pkg: "):
            package = line.removeprefix("pkg: ").strip()
        fields = line.split()
        # With -v, go prints a benchmark's name alone before it runs.
        if len(fields) > 1 and _BENCHMARK.fullmatch(fields[0]) and line.startswith("Benchmark"):
            yield _Line(package=package, name=fields[0], values=_values(place, fields))


def _values(place: int, fields: list[str]) -> Mapping[str, Number]:
    name, count, rest = fields[0], fields[1], fields[2:]
    if not _COUNT.fullmatch(count):
        raise FormatError(
            f"{TOOL}: line {place}: `{show(name)}` is followed by `{show(count)}`, not by a count",
            hint="the benchmark prints to stdout in the middle of its line: print to stderr",
        )
    if not rest or len(rest) % 2:
        raise FormatError(
            f"{TOOL}: line {place}: `{show(name)}` does not end in pairs of a value and a unit",
            hint=_HINT,
        )
    values: dict[str, Number] = {}
    for text, unit in zip(rest[::2], rest[1::2], strict=True):
        if unit in values:
            raise FormatError(f"{TOOL}: line {place}: `{show(name)}` has `{show(unit)}` twice")
        try:
            values[unit] = number.read(text)
        except ValueError as error:
            raise FormatError(
                f"{TOOL}: line {place}: {show(unit)} of `{show(name)}` is `{show(text)}`, {error}"
            ) from None
    return values


def _names(lines: list[_Line]) -> Mapping[tuple[str, str], str]:
    printed = dict.fromkeys((line.package, line.name) for line in lines)
    matches = {key: _PROCS.fullmatch(key[1]) for key in printed}
    suffixes = {match[2] if match else "" for match in matches.values()}
    strip = len(suffixes) == 1 and suffixes != {""}
    short = {key: match[1] if strip and match else key[1] for key, match in matches.items()}
    owners = Counter(short.values())
    return {
        (package, printed_name): name if owners[name] == 1 else f"{package}.{name}"
        for (package, printed_name), name in short.items()
    }
