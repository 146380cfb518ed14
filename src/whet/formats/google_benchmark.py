"""Google Benchmark's JSON: nanoseconds of one iteration, and every counter."""

from collections.abc import Iterator, Mapping

from whet.formats.document import Node, load
from whet.formats.number import NANOSECONDS, Number, finest, median, scaled
from whet.formats.reading import FormatError, Reading, gather
from whet.model.metric import Direction

TOOL = "google-benchmark"
_TIMES = ("real_time", "cpu_time")
_OWN = frozenset(
    {
        "family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads",
        "iterations", *_TIMES,
    }
)  # fmt: skip
_COUNTERS: dict[str, tuple[str, Direction]] = {
    "items_per_second": ("items/s", "higher"),
    "bytes_per_second": ("B/s", "higher"),
    "allocs_per_iter": ("", "lower"),
    "max_bytes_used": ("B", "lower"),
}


def parse(text: str) -> Mapping[str, Reading]:
    """Medians over repetitions: `NAME` is real time, then `NAME:cpu_time`, `NAME:counter`.

    Aggregates are not read, and a benchmark that was skipped has no reading.
    """
    document = load(TOOL, text)
    build = document.get("context").get("library_build_type").text()
    if build != "release":
        raise FormatError(
            f"{TOOL}: `library_build_type` is `{build}`: the timing loop itself is not optimised",
            hint="link a release build of the library (CMAKE_BUILD_TYPE=Release, which sets "
            "NDEBUG); some distributions ship a debug build",
        )
    entries = document.get("benchmarks").items("entry")
    groups: dict[str, list[Node]] = {}
    for entry in entries:
        if _is_measured(entry):
            groups.setdefault(entry.get("name").text(), []).append(entry)
    if entries and not groups:
        raise FormatError(
            f"{TOOL}: no entry has the `run_type` `iteration`",
            hint="leave out `--benchmark_report_aggregates_only`",
        )
    return gather(TOOL, (r for name, group in groups.items() for r in _readings(name, group)))


def sniff(document: object) -> bool:
    """Whether it is an object with `benchmarks` and the `context` of this library."""
    context = document.get("context") if isinstance(document, dict) else None
    return isinstance(context, dict) and "library_build_type" in context


def _is_measured(entry: Node) -> bool:
    if entry.get("run_type").text() != "iteration":
        return False
    failed = entry.maybe("error_occurred")
    if failed and failed.value is not False:
        message = entry.maybe("error_message")
        name, reason = entry.get("name").text(), message.text() if message else "no message"
        raise FormatError(
            f"{TOOL}: `{name}` failed: {reason} (`error_occurred`)",
            hint="run the benchmark by hand, or leave this one out with `--benchmark_filter`",
        )
    return entry.maybe("skipped") is None


def _readings(name: str, group: list[Node]) -> Iterator[tuple[str, Reading]]:
    _check_repetitions(name, group)
    for key in _TIMES:
        times = tuple(time for entry in group for time in _nanoseconds(entry, key))
        yield name if key == "real_time" else f"{name}:{key}", _reading(times, "ns", "lower")
    for key in _counters(group):
        unit, direction = _COUNTERS.get(key, ("", None))
        values = tuple(entry.get(key).number() for entry in group)
        yield f"{name}:{key}", _reading(values, unit, direction)


def _check_repetitions(name: str, group: list[Node]) -> None:
    places = [index.count() if index else 0 for index in map(_repetition, group)]
    if len(set(places)) < len(places):
        raise FormatError(
            f"{TOOL}: two benchmarks are named `{name}`",
            hint="give each its own name, and let each invocation write a new file",
        )


def _repetition(entry: Node) -> Node | None:
    return entry.maybe("repetition_index")


def _nanoseconds(entry: Node, key: str) -> tuple[Number, ...]:
    unit = entry.get("time_unit").text()
    if unit not in NANOSECONDS:
        raise entry.fail(f"has the `time_unit` `{unit}`, which is none of ns, us, ms, s")
    entry.get("iterations").positive()
    return scaled((entry.get(key).positive(),), NANOSECONDS[unit])


def _counters(group: list[Node]) -> list[str]:
    counters = group[0].mapping()
    return [key for key, value in counters.items() if isinstance(value, Number) and key not in _OWN]


def _reading(values: tuple[Number, ...], unit: str, direction: Direction | None) -> Reading:
    return Reading(
        value=median(values), unit=unit, direction=direction,
        samples=tuple(float(value) for value in values), resolution=finest(values),
    )  # fmt: skip
