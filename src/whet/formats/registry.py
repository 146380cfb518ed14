"""The formats by name, and the two doors to them."""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from whet.formats import (
    criterion,
    gobench,
    google_benchmark,
    hyperfine,
    jmh,
    json_path,
    llama_bench,
    metric_lines,
    pyperf,
    pytest_benchmark,
    vllm,
)
from whet.formats.document import decode
from whet.formats.reading import FormatError, Reading, show

Samples = Literal["last", "all"]

_LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    """`sniff` gets the text and the first JSON document in it, None when it is not JSON."""

    parse: Callable[[str], Mapping[str, Reading]]
    sniff: Callable[[str, object], bool]


def _of_document(sniff: Callable[[object], bool]) -> Callable[[str, object], bool]:
    return lambda _, document: sniff(document)


def _of_text(sniff: Callable[[str], bool]) -> Callable[[str, object], bool]:
    return lambda text, _: sniff(text)


# Sniffed in this order: the particular before the general.
_FORMATS: dict[str, _Format] = {
    "metric-lines": _Format(
        parse=lambda text: metric_lines.parse(text, "last"), sniff=_of_text(metric_lines.sniff)
    ),
    "llama-bench": _Format(parse=llama_bench.parse, sniff=llama_bench.sniff),
    "hyperfine": _Format(parse=hyperfine.parse, sniff=_of_document(hyperfine.sniff)),
    "pytest-benchmark": _Format(
        parse=pytest_benchmark.parse, sniff=_of_document(pytest_benchmark.sniff)
    ),
    "pyperf": _Format(parse=pyperf.parse, sniff=_of_document(pyperf.sniff)),
    "google-benchmark": _Format(
        parse=google_benchmark.parse, sniff=_of_document(google_benchmark.sniff)
    ),
    "gobench": _Format(parse=gobench.parse, sniff=_of_text(gobench.sniff)),
    "criterion": _Format(parse=criterion.parse, sniff=criterion.sniff),
    "jmh": _Format(parse=jmh.parse, sniff=_of_document(jmh.sniff)),
    "vllm": _Format(parse=vllm.parse, sniff=_of_document(vllm.sniff)),
}

FORMATS: tuple[str, ...] = (*_FORMATS, "json:PATH")


def check(format: str) -> None:  # noqa: A002
    """Refuse a name that is no format, so that a configuration fails before anything runs.

    Raises:
        FormatError: with a close match.
    """
    if format.startswith("json:"):
        json_path.selectors(format.removeprefix("json:"))
    elif format not in _FORMATS:
        raise _unknown(format)


def parse(format: str, text: str, *, samples: Samples = "last") -> Mapping[str, Reading]:  # noqa: A002
    """The metrics of one invocation, by name, from what the benchmark printed; never empty.

    `samples` matters for METRIC lines only: of several lines with one name the last wins, or all
    are samples of the invocation.

    Raises:
        FormatError: the text is not what the format promises, or contradicts itself.
    """
    check(format)
    if len(text) > _LARGEST:
        raise FormatError(
            f"{format}: the output has {len(text)} characters; {_LARGEST} are read",
            hint="let the benchmark print its result alone",
        )
    if format.startswith("json:"):
        readings = json_path.parse(format.removeprefix("json:"), text)
    elif format == metric_lines.TOOL:
        readings = metric_lines.parse(text, samples)
    else:
        readings = _FORMATS[format].parse(text)
    for name, reading in readings.items():
        if not math.isfinite(reading.value):
            raise FormatError(f"{format}: `{show(name)}` comes out as {reading.value}")
    return readings


def guess(text: str) -> str | None:
    """The format that the text looks like; `json:*` for JSON that no tool is known to write.

    A guess is not a promise: the text may still be refused by `parse`.
    """
    text = text[:_LARGEST]
    document = _decoded(text)
    # Tools that print one JSON document a line are known by the first.
    first = _decoded(text.lstrip().split("\n", 1)[0]) if document is None else document
    for name, known in _FORMATS.items():
        if known.sniff(text, first):
            return name
    return "json:*" if json_path.sniff(document) else None


def _decoded(text: str) -> object:
    try:
        return decode("guess", text)
    except FormatError:
        return None


def _unknown(name: str) -> FormatError:
    plain = name.lower().replace("_", "-").replace(" ", "-")
    close = difflib.get_close_matches(plain[:40], FORMATS, n=1, cutoff=0.5)
    known = ", ".join(FORMATS)
    return FormatError(
        f"`{show(name)}` is no format" + (f"; did you mean `{close[0]}`?" if close else ""),
        hint=f"`[bench] format` is one of {known}",
    )
