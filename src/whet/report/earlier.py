"""What another loop has noted of its runs: read as notes, never as measurements. Pure.

pi-autoresearch keeps JSON lines, karpathy/autoresearch and its kin a table with tabs or commas that
has columns `status` and `description`. A run there is one execution with no control beside it.
"""

import csv
import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from whet.errors import UserError
from whet.model.idea import Evidence
from whet.plan.techniques import techniques_in
from whet.report.escape import visible

READER = "import"
_STATUSES = ("keep", "discard", "crash", "checks_failed")
_FAILED = frozenset({"discard", "crash", "checks_failed"})
_VERDICTS = {"discard": "discarded", "crash": "failed", "checks_failed": "checks_failed",
             "keep": "kept"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """One line of another loop's log; `span` are its bytes in the file."""

    line: int
    span: tuple[int, int]
    text: str
    status: str
    description: str
    commit: str
    metric: str
    value: float | None
    """What its one execution gave; None for a crash, which those logs write as 0."""


def runs(name: str, data: bytes, metric: str = "") -> tuple[EarlierRun, ...]:
    """The runs of a log.

    Args:
        name: of the file.
        data: all of it.
        metric: the column that holds the metric; by default the first number beside the commit.

    Raises:
        UserError: it is no log of a kind that is known.
    """
    lines = tuple(_lines(data))
    filled = [text for _, _, text in lines if text.strip()]
    if filled and filled[0].lstrip().startswith("{"):
        found = tuple(_pi(lines))
    elif filled and {"status", "description"} <= set(_columns(filled[0])):
        found = tuple(_table(lines, metric))
    else:
        raise UserError(
            f"{name} is neither pi-autoresearch's log nor a table with `status` and `description`",
            hint="whet import .auto/log.jsonl",
        )
    if not found:
        raise UserError(f"{name} has no run in it", hint="whet import .auto/log.jsonl")
    return found


def _lines(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Number, first byte and text of every line."""
    at = 0
    for number, raw in enumerate(data.split(b"\n"), 1):
        yield number, at, raw.decode(errors="surrogateescape").rstrip("\r")
        at += len(raw) + 1


def _pi(lines: Sequence[tuple[int, int, str]]) -> Iterator[EarlierRun]:
    metric = "metric"
    for number, at, text in lines:
        try:
            entry = json.loads(text) if text.strip() else None
        except (ValueError, RecursionError):
            continue  # as their own reader does
        if not isinstance(entry, dict):
            continue
        if entry.get("type") == "config" and isinstance(entry.get("metricName"), str):
            metric = entry["metricName"]
        elif isinstance(entry.get("run"), int | float):
            status = entry.get("status")
            yield _run(
                number, at, text, str(status) if status in _STATUSES else "keep",
                str(entry.get("description", "")), str(entry.get("commit", "")), metric,
                entry.get("metric"),
            )  # fmt: skip


def _table(lines: Sequence[tuple[int, int, str]], metric: str) -> Iterator[EarlierRun]:
    filled = [line for line in lines if line[2].strip()]
    head = filled[0][2]
    header, column = _columns(head), _metric_column(_columns(head), metric)
    for number, at, text in filled[1:]:
        row = dict(zip(header, _cells(text, "\t" if "\t" in head else ","), strict=False))
        yield _run(number, at, text, row.get("status", "").strip(), row.get("description", ""),
                   row.get("commit", ""), column, row.get(column))  # fmt: skip


def _cells(text: str, mark: str) -> list[str]:
    # in a table with tabs a quotation mark is a quotation mark
    return text.split(mark) if mark == "\t" else next(csv.reader([text]), [])


def _columns(text: str) -> list[str]:
    return [cell.strip() for cell in _cells(text, "\t" if "\t" in text else ",")]


def _metric_column(header: Sequence[str], metric: str) -> str:
    if metric:
        if metric not in header:
            near = next(iter(header[1:]), "val_bpb")
            raise UserError(f"there is no column `{metric}`; there is {', '.join(header)}",
                            hint=f"whet import results.tsv --metric {near}")  # fmt: skip
        return metric
    plain = ("commit", "status", "description", "iteration", "run", "timestamp")
    return next((name for name in header if name not in plain), "metric")


def _run(
    line: int, at: int, text: str, status: str, description: str, commit: str, metric: str,
    value: object,
) -> EarlierRun:  # fmt: skip
    number = None if status == "crash" else _number(value)
    size = len(text.encode(errors="surrogateescape"))
    return EarlierRun(
        line=line, span=(at, at + size), text=text, status=status or "unknown", commit=commit,
        description=visible(description), metric=metric, value=number,
    )  # fmt: skip


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def counted(found: Sequence[EarlierRun]) -> Mapping[str, int]:
    """How many runs have each status, as the log calls it."""
    return dict(Counter(run.status for run in found).most_common())


def as_evidence(name: str, data: bytes, run: EarlierRun, digest: str) -> Evidence:
    """A run as evidence: the line itself, where it stands, and what it was about.

    A failure there is a reason to try it otherwise, a keep there is a reason to try it at all;
    neither is a verdict.
    """
    quote = data[run.span[0] : run.span[1]].decode(errors="replace")
    said = "failed before" if run.status in _FAILED else "kept before"
    about = run.description or run.commit or f"line {run.line}"
    key = hashlib.sha256(quote.encode()).hexdigest()[:12]
    return Evidence(
        key=f"run:{key}:{run.line}", reader=READER, kind="earlier-run", digest=digest,
        locator=f"{name} line {run.line}", quote=quote, span=run.span,
        title=f"{about} ({said}, unverified: {run.status})", status=_VERDICTS.get(run.status, ""),
        techniques=techniques_in(run.description),
    )  # fmt: skip
