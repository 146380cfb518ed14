"""The formats by name, and the door to them."""

import difflib
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Literal

from whet.formats.reading import FormatError, Reading, show

_Parse = Callable[..., Mapping[str, Reading]]
Samples = Literal["last", "all"]

LARGEST = 64 * 2**20
"""Characters of output that are read at most."""

METRIC_LINES = "metric-lines"

# One trial reads one format: the others are not imported, which takes as long as a small build.
_MODULES: Mapping[str, str] = {
    METRIC_LINES: "metric_lines",
    "llama-bench": "llama_bench",
    "hyperfine": "hyperfine",
    "pytest-benchmark": "pytest_benchmark",
    "pyperf": "pyperf",
    "google-benchmark": "google_benchmark",
    "gobench": "gobench",
    "criterion": "criterion",
    "jmh": "jmh",
    "vllm": "vllm",
}

FORMATS: tuple[str, ...] = (*_MODULES, "json:PATH")


def check(format: str) -> None:  # noqa: A002
    """Refuse a name that is no format, so that a configuration fails before anything runs.

    Raises:
        FormatError: with a close match.
    """
    if format.startswith("json:"):
        _module("json_path").selectors(format.removeprefix("json:"))
    elif format not in _MODULES:
        raise _unknown(format)


def parse(format: str, text: str, *, samples: Samples = "last") -> Mapping[str, Reading]:  # noqa: A002
    """The metrics of one invocation, by name, from what the benchmark printed; never empty.

    `samples` matters for METRIC lines only: of several lines with one name the last wins, or all
    are samples of the invocation.

    Raises:
        FormatError: the text is not what the format promises, or contradicts itself.
    """
    check(format)
    if len(text) > LARGEST:
        raise FormatError(
            f"{format}: the output has {len(text)} characters; {LARGEST} are read",
            hint="let the benchmark print its result alone",
        )
    if format.startswith("json:"):
        parse_one: _Parse = _module("json_path").parse
        readings = parse_one(format.removeprefix("json:"), text)
    else:
        parse_one = _module(_MODULES[format]).parse
        readings = parse_one(text, samples) if format == METRIC_LINES else parse_one(text)
    for name, reading in readings.items():
        if not math.isfinite(reading.value):
            raise FormatError(f"{format}: `{show(name)}` comes out as {reading.value}")
    return readings


def _module(name: str) -> ModuleType:
    return import_module(f"whet.formats.{name}")


def _unknown(name: str) -> FormatError:
    plain = name.lower().replace("_", "-").replace(" ", "-")
    close = difflib.get_close_matches(plain[:40], FORMATS, n=1, cutoff=0.5)
    known = ", ".join(FORMATS)
    return FormatError(
        f"`{show(name)}` is no format" + (f"; did you mean `{close[0]}`?" if close else ""),
        hint=f"`[bench] format` is one of {known}",
    )
