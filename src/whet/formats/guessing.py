"""Which format a text looks like."""

from collections.abc import Callable, Mapping

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
from whet.formats.reading import FormatError
from whet.formats.registry import LARGEST

_Sniff = Callable[[str, object], bool]
"""Gets the text and the first JSON document in it, None when it is not JSON."""


def _of_document(sniff: Callable[[object], bool]) -> _Sniff:
    return lambda _, document: sniff(document)


def _of_text(sniff: Callable[[str], bool]) -> _Sniff:
    return lambda text, _: sniff(text)


# In this order: the particular before the general.
_SNIFFERS: Mapping[str, _Sniff] = {
    "metric-lines": _of_text(metric_lines.sniff),
    "llama-bench": llama_bench.sniff,
    "hyperfine": _of_document(hyperfine.sniff),
    "pytest-benchmark": _of_document(pytest_benchmark.sniff),
    "pyperf": _of_document(pyperf.sniff),
    "google-benchmark": _of_document(google_benchmark.sniff),
    "gobench": _of_text(gobench.sniff),
    "criterion": criterion.sniff,
    "jmh": _of_document(jmh.sniff),
    "vllm": _of_document(vllm.sniff),
}


def guess(text: str) -> str | None:
    """The format that the text looks like; `json:*` for JSON that no tool is known to write.

    A guess is not a promise: the text may still be refused by `parse`.
    """
    text = text[:LARGEST]
    document = _decoded(text)
    # Tools that print one JSON document a line are known by the first.
    first = _decoded(text.lstrip().split("\n", 1)[0]) if document is None else document
    for name, sniff in _SNIFFERS.items():
        if sniff(text, first):
            return name
    return "json:*" if json_path.sniff(document) else None


def _decoded(text: str) -> object:
    try:
        return decode("guess", text)
    except FormatError:
        return None
