"""pyperf's JSON file: seconds (or bytes) by benchmark name."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from whet.formats.document import Node, load
from whet.formats.number import Number, finest, mean
from whet.formats.reading import FormatError, Reading, gather
from whet.model.metric import Direction

TOOL = "pyperf"


class _Unit(NamedTuple):
    name: str
    direction: Direction | None


_UNITS = {
    "second": _Unit("s", "lower"), "byte": _Unit("B", "lower"), "integer": _Unit("", None)
}  # fmt: skip


def parse(text: str) -> Mapping[str, Reading]:
    """The mean over runs of each run's mean, by benchmark name; calibration runs do not count."""
    suite = load(TOOL, text)
    version = suite.get("version").text()
    if version != "1.0":
        raise FormatError(
            f"{TOOL}: `version` is `{version}`; 1.0 is understood",
            hint="`python -m pyperf convert` writes the current version",
        )
    return gather(TOOL, _readings(suite))


def sniff(document: object) -> bool:
    """Whether it is an object whose `benchmarks` have `runs`."""
    benchmarks = document.get("benchmarks") if isinstance(document, dict) else None
    first = benchmarks[0] if isinstance(benchmarks, list) and benchmarks else None
    return isinstance(first, dict) and "runs" in first


def _readings(suite: Node) -> Iterator[tuple[str, Reading]]:
    for benchmark in suite.get("benchmarks").items("benchmark"):
        unit = _unit(suite, benchmark)
        runs = [
            run.get("values").positives()
            for run in benchmark.get("runs").items("run", of=benchmark.where)
            if _is_measured(run)
        ]
        if not runs:
            raise benchmark.fail("has no run with `values`", hint="let pyperf finish its run")
        yield _metadata(suite, benchmark, "name"), _reading(runs, unit)


def _is_measured(run: Node) -> bool:
    """A run has values, or it is a calibration, which has warmups only."""
    return run.has("values") or not run.has("warmups")


def _reading(runs: list[tuple[Number, ...]], unit: _Unit) -> Reading:
    means = tuple(mean(values) for values in runs)
    return Reading(
        value=mean(means), unit=unit.name, direction=unit.direction, samples=means,
        resolution=finest(value for values in runs for value in values),
    )  # fmt: skip


def _unit(suite: Node, benchmark: Node) -> _Unit:
    name = _metadata(suite, benchmark, "unit", default="second")
    if name not in _UNITS:
        raise benchmark.fail(f"has the `unit` `{name}`, which is none of {', '.join(_UNITS)}")
    return _UNITS[name]


def _metadata(suite: Node, benchmark: Node, key: str, *, default: str = "") -> str:
    """What all benchmarks share is kept once, beside the list of benchmarks."""
    for owner in (benchmark, suite):
        metadata = owner.maybe("metadata")
        found = metadata.maybe(key) if metadata else None
        if found is not None:
            return found.text()
    if default:
        return default
    raise benchmark.fail(f"has no `{key}` in its `metadata`")
