"""`llama-bench`: tokens per second of each test, from -o json, jsonl, csv or md.

A test is named as the tool's table names it, without spaces: pp512, tg128, pp512+tg128,
tg128@d4096. The value is `avg_ts`, checked against the samples beside it.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from whet.formats import number
from whet.formats.document import Node, load, load_lines
from whet.formats.number import agree, mean
from whet.formats.reading import FormatError, Reading, gather, show

TOOL = "llama-bench"
_TEST = re.compile(r"(?:pp[0-9]+(?:\+tg[0-9]+)?|tg[0-9]+)(?:@d[0-9]+)?")
_NUMERIC = ("n_prompt", "n_gen", "n_depth", "avg_ns", "avg_ts")
_MEASURED = frozenset(
    {*_NUMERIC, "stddev_ns", "stddev_ts", "samples_ns", "samples_ts", "test_time", "test", "t/s"}
)
# Follow from the model file, so they only lengthen a name that has it.
_DERIVED = frozenset({"model_type", "model_size", "model_n_params", "size", "params"})
# samples_ts is printed with six significant digits.
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    name: str
    reading: Reading
    settings: Mapping[str, str]


def parse(text: str) -> Mapping[str, Reading]:
    """Tokens per second by test; a test run under several settings names those that differ."""
    body = text.strip()
    if body.startswith("["):
        entries = load(TOOL, text).items("entry")
        return _named(_test(entry, _sampled(entry)) for entry in entries)
    if body.startswith("{"):
        return _named(_test(entry, _sampled(entry)) for entry in load_lines(TOOL, text))
    if _is_csv(body):
        return _named(_test(row, ()) for row in _csv_rows(body))
    header = next((line for line in body.split("\n") if _is_header(line)), None)
    if header is not None:
        return _named(_table(body, header))
    load(TOOL, text)
    raise FormatError(f"{TOOL}: this is neither JSON, CSV nor its table", hint="use `-o json`")


def sniff(text: str, document: object) -> bool:
    """Whether the text is JSON entries with `avg_ts`, or the tool's CSV or table."""
    first = document[0] if isinstance(document, list) and document else document
    if isinstance(first, dict):
        return "avg_ts" in first and "n_prompt" in first
    return _is_csv(text.strip()) or any(_is_header(line) for line in text.split("\n"))


def _is_csv(body: str) -> bool:
    header = body.split("\n", 1)[0].strip().split(",")
    return "n_prompt" in header and "avg_ts" in header


def _is_header(line: str) -> bool:
    return line.startswith("|") and {"test", "t/s"} <= set(_cells(line))


def _test(entry: Node, samples: tuple[float, ...]) -> _Test:
    rate = entry.get("avg_ts").positive()
    if samples and not agree(rate, mean(samples), _ROUNDING):
        raise entry.fail(f"says `avg_ts` {rate:g}, but its samples average {mean(samples):g}")
    # The mean of rates is never below work over mean time, and equals it without noise. With the
    # samples at hand it was compared with them: however far they spread, it is their mean.
    ratio = rate * entry.get("avg_ns").positive() / (1e9 * _tokens(entry))
    if ratio < 1 - _ROUNDING or (not samples and ratio > 10):
        raise entry.fail(f"says `avg_ts` {rate:g}, which does not fit its `avg_ns` and its tokens")
    return _Test(
        name=_name(entry),
        reading=Reading(
            value=float(rate), unit="t/s", direction="higher", samples=samples,
            resolution=rate.step,
        ),
        settings={key: _plain(key, value) for key, value in entry.mapping().items()},
    )  # fmt: skip


def _sampled(entry: Node) -> tuple[float, ...]:
    """samples_ts, after checking that each with its samples_ns makes the tokens of the test."""
    rates, times = entry.get("samples_ts").positives(), entry.get("samples_ns").positives()
    tokens = _tokens(entry)
    if len(rates) != len(times):
        raise entry.fail(f"has {len(rates)} `samples_ts` but {len(times)} `samples_ns`")
    for place, (rate, time) in enumerate(zip(rates, times, strict=True), 1):
        if not agree(rate * time / 1e9, tokens, _ROUNDING):
            raise entry.fail(
                f"contradicts itself: sample {place} is {rate:g} t/s for {time / 1e9:g} s, "
                f"which is not its {tokens} tokens"
            )
    average = entry.get("avg_ns").positive()
    if not agree(average, mean(times), _ROUNDING):
        raise entry.fail(f"says `avg_ns` {average:g}, but its samples average {mean(times):g}")
    return tuple(float(rate) for rate in rates)


def _tokens(entry: Node) -> int:
    tokens = entry.get("n_prompt").count() + entry.get("n_gen").count()
    if tokens == 0:
        raise entry.fail("has `n_prompt` 0 and `n_gen` 0: a test without tokens")
    return tokens


def _name(entry: Node) -> str:
    prompt, generated = entry.get("n_prompt").count(), entry.get("n_gen").count()
    # Versions that could not start at a depth do not print n_depth.
    depth = entry.get("n_depth").count() if entry.has("n_depth") else 0
    parts = (f"pp{prompt}" if prompt else "", f"tg{generated}" if generated else "")
    return "+".join(part for part in parts if part) + (f"@d{depth}" if depth else "")


def _plain(key: str, value: object) -> str:
    # The folder of a model differs between two trees; its file name does not.
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return text.rsplit("/", 1)[-1] if key == "model_filename" else text


def _csv_rows(body: str) -> Iterator[Node]:
    try:
        header, *rows = csv.reader(body.split("\n"), strict=True)
    except csv.Error as error:
        raise FormatError(f"{TOOL}: the CSV is broken: {error}", hint="use `-o json`") from None
    if len(set(header)) < len(header):
        raise FormatError(f"{TOOL}: the CSV header names a column twice", hint="use `-o json`")
    for place, row in enumerate((row for row in rows if row), 1):
        if len(row) != len(header):
            raise FormatError(
                f"{TOOL}: row {place} has {len(row)} fields, the header has {len(header)}",
                hint="the tool was stopped while it wrote; run the benchmark command by hand",
            )
        cells: dict[str, object] = dict(zip(header, row, strict=True))
        cells |= {key: _read(f"row {place}", key, str(cells[key])) for key in _known(header)}
        yield Node(tool=TOOL, value=cells, where=f"row {place}")


def _known(header: Iterable[str]) -> list[str]:
    return [key for key in header if key in _NUMERIC]


def _read(where: str, key: str, text: str) -> number.Number:
    try:
        return number.read(text)
    except ValueError as error:
        raise FormatError(f"{TOOL}: `{key}` of {where} is `{show(text)}`, {error}") from None


def _table(body: str, header: str) -> Iterator[_Test]:
    columns = _cells(header)
    after = body.split(header, 1)[1].split("\n")
    rows = [line for line in after if line.startswith("|") and not set(line.strip()) <= set("|-: ")]
    for place, line in enumerate(rows, 1):
        cells = _cells(line)
        if len(cells) != len(columns):
            raise FormatError(
                f"{TOOL}: row {place} has {len(cells)} cells, the header has {len(columns)}",
                hint="use `-o json`",
            )
        yield _row(f"row {place}", dict(zip(columns, cells, strict=True)))


def _row(where: str, cells: Mapping[str, str]) -> _Test:
    name = cells["test"].replace(" ", "")
    if not _TEST.fullmatch(name):
        raise FormatError(f"{TOOL}: `test` of {where} is `{show(name)}`, not like `pp512`")
    rate = _read(where, "t/s", cells["t/s"].split("±", 1)[0].strip())
    if rate <= 0:
        raise FormatError(f"{TOOL}: `t/s` of {where} is {rate:g}, where a number above 0 belongs")
    reading = Reading(
        value=float(rate), unit="t/s", direction="higher", resolution=rate.step
    )  # fmt: skip
    return _Test(name=name, reading=reading, settings=cells)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _named(tests: Iterable[_Test]) -> Mapping[str, Reading]:
    """Tests by name; where a name repeats, with the settings that tell them apart."""
    groups: dict[str, list[_Test]] = {}
    for test in tests:
        groups.setdefault(test.name, []).append(test)
    return gather(
        TOOL,
        (
            (test.name + _apart(test, group), test.reading)
            for group in groups.values()
            for test in group
        ),
    )


def _apart(test: _Test, group: list[_Test]) -> str:
    keys = [
        key
        for key, value in test.settings.items()
        if key not in _MEASURED and any(other.settings.get(key) != value for other in group)
    ]
    if "model_filename" in keys or "model" in keys:
        keys = [key for key in keys if key not in _DERIVED]
    settings = ",".join(f"{key}={test.settings[key]}" for key in keys)
    return f"[{settings}]" if settings else ""
