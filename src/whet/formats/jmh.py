"""JMH's JSON result (`-rf json`): nanoseconds per operation, or operations per second."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from whet.formats.document import Node, load
from whet.formats.number import Number, agree, finest, mean
from whet.formats.reading import Reading, gather

TOOL = "jmh"
_ROUNDING = 1e-3
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "hr": 3600.0, "day": 86400.0}
_MODES = ("thrpt", "avgt", "sample", "ss")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    name: Literal["ns/op", "ops/s"]
    factor: float


def parse(text: str) -> Mapping[str, Reading]:
    """The mean over forks of each fork's mean, by benchmark name, `[size=10]` if it has parameters.

    A benchmark run in several modes is `NAME:thrpt`, `NAME:avgt` …; a secondary metric is
    `NAME:gc.alloc.rate.norm`, as the tool scored it.
    """
    entries = load(TOOL, text).items("entry")
    modes: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        modes[_name(entry)].add(entry.get("mode").text())
    return gather(
        TOOL,
        (named for entry in entries for named in _readings(entry, len(modes[_name(entry)]) > 1)),
    )


def sniff(document: object) -> bool:
    """Whether it is a list of objects with a `primaryMetric`."""
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and "primaryMetric" in first


def _name(entry: Node) -> str:
    name = entry.get("benchmark").text()
    params = entry.maybe("params")
    if params is None:
        return name
    pairs = (f"{key}={params.get(key).text()}" for key in params.names())
    return f"{name}[{','.join(pairs)}]"


def _readings(entry: Node, several_modes: bool) -> Iterator[tuple[str, Reading]]:
    mode = entry.get("mode").text()
    if mode not in _MODES:
        raise entry.fail(f"has the `mode` `{mode}`, which is none of {', '.join(_MODES)}")
    name = _name(entry) + (f":{mode}" if several_modes else "")
    yield name, _primary(entry.get("primaryMetric"), mode)
    secondary = entry.maybe("secondaryMetrics")
    for key in secondary.names() if secondary else ():
        assert secondary is not None
        metric = secondary.get(key)
        # The tool writes "NaN" in quotes when a profiler saw nothing.
        if metric.get("score").value != "NaN":
            score = metric.get("score").number()
            yield (
                f"{name}:{key.removeprefix('·')}",
                Reading(
                    value=float(score), unit=metric.get("scoreUnit").text(), resolution=score.step
                ),
            )


def _primary(metric: Node, mode: str) -> Reading:
    unit = _unit(metric, mode)
    score = metric.get("score").positive()
    forks = _histogram_forks(metric) if mode == "sample" else _plain_forks(metric)
    values = [value for fork in forks for value, _ in fork]
    if values:
        total = sum(value * count for fork in forks for value, count in fork)
        average = total / sum(count for fork in forks for _, count in fork)
        if not agree(score, average, _ROUNDING):
            raise metric.fail(f"says `score` {score:g}, but its raw data average {average:g}")
    means = [sum(v * n for v, n in fork) / sum(n for _, n in fork) for fork in forks]
    return Reading(
        value=(mean(means) if means else score) * unit.factor,
        unit=unit.name,
        direction="higher" if unit.name == "ops/s" else "lower",
        samples=tuple(value * unit.factor for value in means),
        resolution=finest(values or [score]) * unit.factor,
    )


def _plain_forks(metric: Node) -> list[list[tuple[Number, int]]]:
    """Iterations of each fork, each counted once; none with -Djmh.json.rawData=false."""
    return [[(value, 1) for value in fork.positives()] for fork in metric.get("rawData").items()]


def _histogram_forks(metric: Node) -> list[list[tuple[Number, int]]]:
    """Sampled times of each fork with how often each was seen."""
    return [
        [_bin(pair) for iteration in fork.items() for pair in iteration.items()] or _empty(fork)
        for fork in metric.get("rawDataHistogram").items()
    ]


def _bin(pair: Node) -> tuple[Number, int]:
    items = pair.items()
    if len(items) != 2:
        raise pair.fail("is not a pair of a time and a count")
    items[1].positive()
    return items[0].positive(), items[1].count()


def _empty(fork: Node) -> list[tuple[Number, int]]:
    raise fork.fail("is empty")


def _unit(metric: Node, mode: str) -> _Unit:
    text = metric.get("scoreUnit").text()
    before, _, after = text.partition("/")
    if mode == "thrpt" and before == "ops" and after in _SECONDS:
        return _Unit(name="ops/s", factor=1 / _SECONDS[after])
    if mode != "thrpt" and after == "op" and before in _SECONDS:
        return _Unit(name="ns/op", factor=_SECONDS[before] * 1e9)
    raise metric.fail(f"has the `scoreUnit` `{text}`, which does not fit the mode `{mode}`")
