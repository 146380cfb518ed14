"""Criterion.rs: nanoseconds of one iteration.

Read from `new/sample.json` or `new/estimates.json` of one benchmark, which do not say its name
(the metric is `time`), from cargo-criterion's JSON messages, or from `--output-format bencher`,
which is also the text of the standard bench harness.
"""

import re
from collections.abc import Iterator, Mapping

from whet.formats import number
from whet.formats.document import Node, load, load_lines
from whet.formats.number import NANOSECONDS, Number, finest, median, scaled
from whet.formats.reading import FormatError, Reading, gather, show

TOOL = "criterion"
_NAME = "time"
_BENCHER = re.compile(
    r"test (?P<name>.+?) \.\.\. bench:\s+(?P<time>[0-9][0-9,]*(?:\.[0-9]+)?) (?P<unit>\S+)"
    r" \(\+/- [0-9,.]+\)(?: = (?P<rate>[0-9,.]+) (?P<rate_unit>\S+))?\s*"
)
_FAILED = re.compile(r"test .+ \.\.\. FAILED\b")
_HINT = (
    "set `[bench] output` to target/criterion/NAME/new/sample.json, "
    "or run `cargo bench -- --output-format bencher`"
)


def parse(text: str) -> Mapping[str, Reading]:
    """The median over samples of time per iteration, in nanoseconds.

    A throughput that the bencher text adds is `NAME:MB/s`.
    """
    if not text.lstrip().startswith("{"):
        return _bencher(text)
    if '"reason"' in text.lstrip().split("\n", 1)[0]:
        return gather(TOOL, _messages(text))
    document = load(TOOL, text)
    if document.has("iters") or document.has("times"):
        samples = _per_iteration(document.get("times"), document.get("iters"))
        return {_NAME: _reading(samples)}
    return {_NAME: _estimate(document)}


def sniff(text: str, document: object) -> bool:
    """Whether it is a sample, an estimate, a message, or text of the bench harness."""
    if isinstance(document, dict):
        kinds = ({"iters", "times"}, {"median", "std_dev"}, {"reason", "iteration_count"})
        return any(keys <= document.keys() for keys in kinds)
    return any(_BENCHER.fullmatch(line) for line in text.split("\n"))


def _reading(samples: tuple[Number, ...]) -> Reading:
    return Reading(
        value=median(samples), unit="ns", direction="lower",
        samples=tuple(float(sample) for sample in samples), resolution=finest(samples),
    )  # fmt: skip


def _per_iteration(times: Node, iters: Node) -> tuple[Number, ...]:
    pairs = times.positives(), iters.positives()
    if len(pairs[0]) != len(pairs[1]):
        raise times.fail(f"has {len(pairs[0])} values, but {iters.where} has {len(pairs[1])}")
    return tuple(
        Number(time / count, time.step / count) for time, count in zip(*pairs, strict=True)
    )


def _estimate(document: Node) -> Reading:
    middle = document.get("median")
    if not document.has("std_dev"):
        raise FormatError(
            f"{TOOL}: this is change/estimates.json, a comparison with a stored baseline",
            hint=_HINT,
        )
    value = middle.get("point_estimate").positive()
    return Reading(value=float(value), unit="ns", direction="lower", resolution=value.step)


def _messages(text: str) -> Iterator[tuple[str, Reading]]:
    for message in load_lines(TOOL, text):
        if message.get("reason").text() != "benchmark-complete":
            continue
        unit = message.get("unit").text()
        if unit not in NANOSECONDS:
            raise message.fail(f"has the `unit` `{unit}`, which is no time", hint=_HINT)
        counts, times = message.get("iteration_count"), message.get("measured_values")
        samples = scaled(_per_iteration(times, counts), NANOSECONDS[unit])
        yield message.get("id").text(), _reading(samples)


def _bencher(text: str) -> Mapping[str, Reading]:
    lines = list(enumerate(text.split("\n"), 1))
    failed = next((line for line in lines if _FAILED.match(line[1])), None)
    if failed:
        raise FormatError(f"{TOOL}: line {failed[0]} says `{show(failed[1].strip())}`", hint=_HINT)
    matches = [(place, _BENCHER.fullmatch(line)) for place, line in lines if "bench:" in line]
    if not matches:
        raise FormatError(f"{TOOL}: the output is neither JSON nor bencher lines", hint=_HINT)
    return gather(TOOL, (named for place, match in matches for named in _line(place, match)))


def _line(place: int, match: re.Match[str] | None) -> Iterator[tuple[str, Reading]]:
    if match is None or match["unit"] != "ns/iter":
        raise FormatError(
            f"{TOOL}: line {place} is not `test NAME ... bench: TIME ns/iter (+/- X)`"
        )
    time = _grouped(place, match["time"])
    name = match["name"]
    yield name, Reading(value=float(time), unit="ns", direction="lower", resolution=time.step)
    if match["rate"]:
        rate, unit = _grouped(place, match["rate"]), match["rate_unit"]
        yield (
            f"{name}:{unit}",
            Reading(value=float(rate), unit=unit, direction="higher", resolution=rate.step),
        )


def _grouped(place: int, text: str) -> Number:
    try:
        return number.read(text.replace(",", ""))
    except ValueError as error:
        raise FormatError(f"{TOOL}: line {place}: `{show(text)}` is {error}") from None
