"""`vllm bench serve --save-result`, `throughput` and `latency --output-json`."""

import re
from collections.abc import Iterator, Mapping

from whet.formats.document import Node, load
from whet.formats.number import Number, agree, finest, mean
from whet.formats.reading import FormatError, Reading, gather
from whet.model.metric import Direction

TOOL = "vllm"
_ROUNDING = 1e-3
_LATENCY = re.compile(r"(mean|median|std|p[0-9.]+|max)_\w+_ms|probe_(median|p[0-9.]+|max)_\w+_ms")
_FIELDS: dict[str, tuple[str, Direction | None]] = {
    "duration": ("s", "lower"),
    "completed": ("req", None),
    "total_input_tokens": ("tok", None),
    "total_output_tokens": ("tok", None),
    "total_input_sequences": ("", None),
    "request_throughput": ("req/s", "higher"),
    "request_goodput": ("req/s", "higher"),
    "output_throughput": ("tok/s", "higher"),
    "total_token_throughput": ("tok/s", "higher"),
    "input_sequence_throughput": ("1/s", "higher"),
    "max_output_tokens_per_s": ("tok/s", "higher"),
    "max_concurrent_requests": ("req", None),
    "rtfx": ("", "higher"),
    "spec_decode_acceptance_rate": ("%", "higher"),
    "spec_decode_acceptance_length": ("tok", "higher"),
    "diffusion_committed_throughput": ("tok/s", "higher"),
    "elapsed_time": ("s", "lower"),
    "num_requests": ("req", None),
    "total_num_tokens": ("tok", None),
    "requests_per_second": ("req/s", "higher"),
    "tokens_per_second": ("tok/s", "higher"),
}


def parse(text: str) -> Mapping[str, Reading]:
    """Every documented number by its own key; settings of the run are not metrics.

    A latency of 0 is left out: the tool writes 0 when it saw no token of that kind.
    """
    document = load(TOOL, text)
    if document.has("avg_latency"):
        return gather(TOOL, _latency(document))
    if document.has("elapsed_time"):
        _check_rates(
            document, "elapsed_time",
            {"requests_per_second": ("num_requests",), "tokens_per_second": ("total_num_tokens",)},
        )  # fmt: skip
        return gather(TOOL, _fields(document))
    if document.has("completed"):
        _check_serve(document)
        return gather(TOOL, _fields(document))
    raise FormatError(
        f"{TOOL}: the document has no `completed`, no `elapsed_time` and no `avg_latency`",
        hint="use the file of `vllm bench serve --save-result`, or of `throughput` or `latency` "
        "with `--output-json`",
    )


def sniff(document: object) -> bool:
    """Whether it has the keys of one of the three benchmarks."""
    return isinstance(document, dict) and any(
        keys <= document.keys()
        for keys in (
            {"completed", "request_throughput"},
            {"elapsed_time", "requests_per_second"},
            {"avg_latency", "percentiles"},
        )
    )


def _fields(document: Node) -> Iterator[tuple[str, Reading]]:
    for key in document.names():
        # Some versions wrote this one key with a colon.
        name = key.removesuffix(":")
        timed = _LATENCY.fullmatch(name) is not None
        node = document.maybe(key) if timed or name in _FIELDS else None
        if node is None or (timed and not node.number()):
            continue
        value = node.number()
        unit, direction = ("ms", "lower") if timed else _FIELDS[name]
        if name.startswith("std_"):
            direction = None
        yield (
            name,
            Reading(value=float(value), unit=unit, direction=direction, resolution=value.step),
        )


def _check_serve(document: Node) -> None:
    completed = document.get("completed").count()
    # Older versions, and pooling requests, do not count failures.
    failed = document.maybe("failed")
    lost = failed.count() if failed else document.get("num_prompts").count() - completed
    if completed == 0 or lost != 0:
        raise FormatError(
            f"{TOOL}: {lost} requests failed and {completed} were completed"
            f" (`{'failed' if failed else 'num_prompts'}`, `completed`)",
            hint="look at the server's log; a throughput over failed requests means nothing",
        )
    rates = {
        "request_throughput": ("completed",),
        "output_throughput": ("total_output_tokens",),
        "total_token_throughput": ("total_input_tokens", "total_output_tokens"),
    }
    if document.maybe("total_output_tokens") is None:
        del rates["output_throughput"]
        rates["total_token_throughput"] = ("total_input_tokens",)
    _check_rates(document, "duration", rates)


def _check_rates(document: Node, clock: str, rates: Mapping[str, tuple[str, ...]]) -> None:
    seconds = document.get(clock).positive()
    for key, work in rates.items():
        said = document.get(key).number()
        done = sum(document.get(part).count() for part in work)
        if not agree(said * seconds, done, _ROUNDING):
            raise document.fail(
                f"says `{key}` {said:g}, but {' + '.join(work)} over `{clock}` is "
                f"{done / seconds:g}"
            )


def _latency(document: Node) -> Iterator[tuple[str, Reading]]:
    times = document.get("latencies").positives()
    average = document.get("avg_latency").positive()
    if not agree(average, mean(times), _ROUNDING):
        raise document.fail(
            f"says `avg_latency` {average:g} s, but its `latencies` average {mean(times):g} s"
        )
    samples = tuple(float(time) for time in times)
    yield (
        "avg_latency",
        Reading(
            value=mean(times),
            unit="s",
            direction="lower",
            samples=samples,
            resolution=finest(times),
        ),
    )
    percentiles = document.get("percentiles")
    for key in percentiles.names():
        value = percentiles.get(key).positive()
        yield f"percentiles.{key}", _seconds(value)


def _seconds(value: Number) -> Reading:
    return Reading(value=float(value), unit="s", direction="lower", resolution=value.step)
