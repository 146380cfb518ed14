"""Numbers to other tools, and notes of other loops to a campaign."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from whet import whole
from whet.api.running import RunOptions, opening
from whet.api.workspace import open_campaign, repository
from whet.errors import NotReady, UserError
from whet.model.event import EvidenceFound
from whet.plan.state import State
from whet.report import exports
from whet.report.earlier import EarlierRun, as_evidence, counted, runs
from whet.wiring import open_world

Format = Literal[
    "csv", "parquet", "sqlite", "llama-bench", "github-action-benchmark", "bencher"
]  # fmt: skip
TEXTS: Mapping[Format, Callable[[State], str]] = {
    "csv": exports.as_csv,
    "github-action-benchmark": exports.as_action_benchmark,
    "bencher": exports.as_bencher,
}
"""Formats that are text; the others are files only."""
_FILES: Mapping[Format, str] = {
    "parquet": "samples.parquet",
    "sqlite": "samples.sqlite",
    "llama-bench": "llama-bench.sqlite",
}
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What another loop's log had."""

    campaign: str
    runs: tuple[EarlierRun, ...]
    counts: Mapping[str, int]
    new: int
    """Those that were not imported before."""


def import_runs(start: Path, path: Path, metric: str, options: RunOptions) -> Imported:
    """Take another loop's runs into a campaign as notes; none of them becomes a measurement.

    Raises:
        UserError: the file cannot be read, or is no such log.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", hint="ls .auto") from error
    if len(data) > _LARGEST:
        raise UserError(f"{path} is too large for a log", hint=f"tail -n 5000 {path} > last.jsonl")
    found = runs(path.name, data, metric)
    repo = repository(start)
    with open_world(repo, replace(opening(repo, options), asks=False)) as world:
        known = {evidence.key for evidence in world.state.evidence.values()}
        digest = world.blobs.put(data)
        new = 0
        for run in found:
            evidence = as_evidence(path.name, data, run, digest)
            if evidence.key in known:
                continue
            new += 1
            name = f"S{len(world.state.evidence) + 1:02d}"
            named = replace(evidence, id=name)
            world.record(EvidenceFound(at=world.clock.now(), evidence=named))
        return Imported(campaign=world.state.name, runs=found, counts=counted(found), new=new)


def export_text(start: Path, kind: Format, campaign: str = "") -> str:
    """A campaign in a format that is text.

    Raises:
        NotReady: there is no number yet.
    """
    return TEXTS[kind](open_campaign(start, campaign).state)


def export_file(start: Path, kind: Format, out: str, campaign: str = "") -> Path:
    """Write a campaign to a file, whole or not at all, and return its path.

    Raises:
        NotReady: there is no number yet, the file cannot be written, or pyarrow is not installed.
    """
    state = open_campaign(start, campaign).state
    path = Path(out) if out else start / _FILES.get(kind, f"whet-{kind}")
    if kind in TEXTS:
        text = TEXTS[kind](state)
        return _whole(path, lambda at: at.write_text(text, encoding="utf-8"))
    if kind == "parquet":
        return _whole(path, lambda at: _parquet(state, at))
    if kind == "sqlite":
        columns = {name: _SQL.get(name, "TEXT") for name in exports.COLUMNS}
        rows = [tuple(getattr(row, name) for name in columns) for row in exports.samples(state)]
        return _whole(path, lambda at: _sqlite(at, "samples", columns, rows))
    table = list(exports.llama_bench_rows(state))
    return _whole(path, lambda at: _sqlite(at, "llama_bench", exports.LLAMA_BENCH, table))


_SQL = {"pair": "INTEGER", "first": "INTEGER", "value": "REAL", "wall": "REAL", "cpu": "REAL",
        "at": "REAL"}  # fmt: skip


def _whole(path: Path, make: Callable[[Path], object]) -> Path:
    try:
        with whole.replacing(path) as draft:
            make(draft)
    except OSError as error:
        raise NotReady(f"cannot write {path}: {error.strerror}",
                       hint="whet export --format csv --out ../samples.csv") from error  # fmt: skip
    return path


def _sqlite(
    path: Path, table: str, columns: Mapping[str, str], rows: Sequence[tuple[object, ...]]
) -> None:
    names = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    places = ", ".join("?" * len(columns))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"CREATE TABLE {table} ({names})")
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 (names are ours)
    connection.close()


def _parquet(state: State, path: Path) -> None:
    try:
        import pyarrow as pa  # noqa: PLC0415 (large, and for this alone)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise NotReady("parquet needs pyarrow, which is not installed",
                       hint="pip install 'whet[parquet]'") from error  # fmt: skip
    rows = list(exports.samples(state))
    table = pa.table({name: [getattr(row, name) for row in rows] for name in exports.COLUMNS})
    parquet.write_table(table, path)
