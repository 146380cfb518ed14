"""`pytest --benchmark-json`: seconds of one call, by test."""

from collections import Counter
from collections.abc import Mapping

from whet.formats.document import Node, load
from whet.formats.number import Number, agree, finest, mean, median
from whet.formats.reading import FormatError, Reading, gather

TOOL = "pytest-benchmark"
_ROUNDING = 1e-6


def parse(text: str) -> Mapping[str, Reading]:
    """The median round by test name, in seconds; by `fullname` where two files share a name."""
    benchmarks = load(TOOL, text).get("benchmarks").items("benchmark")
    if not benchmarks:
        raise FormatError(
            f"{TOOL}: `benchmarks` is empty",
            hint="leave out `--benchmark-disable` and `--benchmark-skip`, and check the selection",
        )
    names = Counter(benchmark.get("name").text() for benchmark in benchmarks)
    return gather(
        TOOL,
        ((_name(benchmark, names), _reading(benchmark.get("stats"))) for benchmark in benchmarks),
    )


def sniff(document: object) -> bool:
    """Whether it is an object with `benchmarks` and `machine_info`."""
    return isinstance(document, dict) and {"benchmarks", "machine_info"} <= document.keys()


def _name(benchmark: Node, names: Mapping[str, int]) -> str:
    name = benchmark.get("name").text()
    return name if names[name] == 1 else benchmark.get("fullname").text()


def _reading(stats: Node) -> Reading:
    middle = stats.get("median").positive()
    rounds = stats.get("rounds").count()
    data = stats.maybe("data")
    times = data.positives() if data else ()
    _check(stats, times)
    stats.get("rounds").positive()
    if times and len(times) != rounds:
        raise stats.fail(f"says {rounds} `rounds`, but `data` has {len(times)}")
    return Reading(
        value=median(times) if times else float(middle),
        unit="s",
        direction="lower",
        samples=tuple(float(time) for time in times),
        resolution=finest(times or (middle,)),
    )


def _check(stats: Node, times: tuple[Number, ...]) -> None:
    average = stats.get("mean").positive()
    expected = {
        "ops": 1 / average,
        "total": average * stats.get("rounds").number(),
    }
    if times:
        expected |= {
            "mean": mean(times), "median": median(times), "min": min(times), "max": max(times)
        }  # fmt: skip
    for key, value in expected.items():
        said = stats.get(key).number()
        if not agree(said, value, _ROUNDING):
            source = "`data`" if key not in {"ops", "total"} else "`mean` and `rounds`"
            raise stats.fail(f"says `{key}` {said:g}, but {source} give {value:g}")
