"""`perf record` by the CPU clock, which needs no hardware counters and no rights."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from whet.model.sampling import HotLine, Sampling, Stack
from whet.trial.sampling.table import Table, inside

FIELDS = "tid,ip,sym,symoff,dso"
DEEPEST = 96
"""Frames kept of a stack, those that ran last."""
_ADDRESSES = 400
"""Addresses of one program that are looked up: the hottest ones."""

_FRAME = re.compile(r"^\s+([0-9a-f]+) (.*?) \(([/\[].*)\)$")
_OFFSET = re.compile(r"\+0x[0-9a-f]+$")
_HEAD = re.compile(r"^\s*(\d+)\s*$")
_UNKNOWN = "[unknown]"


def record(frequency: int, command: str) -> str:
    """The shell command that runs another one and prints what `read` understands.

    `command` is one word of a shell: quoted. Without -N perf would link the programs that ran into
    a cache, and a program with another link is not the one that was built.
    """
    return (
        f"perf record -q -N -e cpu-clock:u -F {frequency} --call-graph dwarf,8192"
        f' -o "$TMPDIR/perf" -- /bin/sh -c {command} >"$TMPDIR/out" 2>"$TMPDIR/err"; code=$?\n'
        'if [ -s "$TMPDIR/perf" ]; then\n'
        f'  perf script -i "$TMPDIR/perf" --no-inline -F {FIELDS} 2>/dev/null\n'
        'else tail -n 5 "$TMPDIR/err" >&2; fi\n'
        "exit $code"
    )


@dataclass(slots=True)
class Samples:
    """What `perf script` printed: stacks, and addresses of the instructions that ran."""

    table: Table = field(default_factory=Table)
    stacks: Counter[tuple[int, ...]] = field(default_factory=Counter)
    threads: Counter[str] = field(default_factory=Counter)
    addresses: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """Program, address in it, and the frame it is in."""

    @property
    def total(self) -> int:
        return self.stacks.total()


def read(text: str, tree: str) -> Samples:
    """Stacks of the output of `perf script -F tid,ip,sym,symoff,dso`.

    Args:
        text: the output; what is no sample in it is passed over.
        tree: where the target lies, to tell its own programs from others.
    """
    found = Samples()
    for thread, frames in _samples(text.splitlines()):
        numbers = [
            found.table.number(_name(symbol, dso), _module(dso), inside(dso, tree))
            for _, symbol, dso in frames[:DEEPEST]
        ]
        found.threads[thread] += 1
        found.stacks[tuple(reversed(numbers))] += 1
        address, _, dso = frames[0]
        found.addresses[dso, address, numbers[0]] += 1
    return found


def _samples(lines: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Each sample: its thread, and address, symbol and program of each frame, the inmost first."""
    thread, frames = "", list[tuple[str, str, str]]()
    for line in lines:
        frame = _FRAME.match(line)
        head = _HEAD.match(line) if frame is None else None
        if frame is not None and thread:
            frames.append((frame[1], frame[2], frame[3]))
        elif head is not None:
            if frames:
                yield thread, frames
            thread, frames = head[1], []
    if frames:
        yield thread, frames


def _name(symbol: str, dso: str) -> str:
    name = _OFFSET.sub("", symbol).strip()
    if name not in ("", _UNKNOWN):
        return name
    return f"[{_module(dso).strip('[]') or 'unknown'}]"


def _module(dso: str) -> str:
    return dso.rpartition("/")[2] or dso


def hottest(samples: Samples) -> Mapping[str, tuple[str, ...]]:
    """Addresses worth a look by program, those outside files left out."""
    found: dict[str, list[str]] = {}
    for (dso, address, _), _ in samples.addresses.most_common():
        mine = found.setdefault(dso, [])
        if dso.startswith("/") and not dso.startswith("//") and len(mine) < _ADDRESSES:
            mine.append(address)
    return {dso: tuple(addresses) for dso, addresses in found.items() if addresses}


def sampling(
    samples: Samples,
    places: Mapping[tuple[str, str], tuple[str, int]],
    runs: int,
    seconds: float,
    frequency: int = 0,
) -> Sampling:
    """What was seen, with the lines that `places` knows for programs and addresses."""
    weights: Counter[tuple[str, int, int]] = Counter()
    for (dso, address, frame), count in samples.addresses.items():
        file, line = places.get((dso, address), ("", 0))
        if file and line:
            weights[file, line, frame] += count
    busiest = max(samples.threads.values(), default=0)
    lines = tuple(
        HotLine(file=file, line=line, frame=frame, weight=count)
        for (file, line, frame), count in weights.most_common()
    )
    return Sampling(
        by="perf",
        runs=runs,
        period=1 / frequency if frequency else 0.0,
        frames=tuple(samples.table.frames),
        stacks=tuple(Stack(frames=f, weight=n) for f, n in samples.stacks.most_common()),
        lines=lines,
        threads=max(1, sum(10 * n >= busiest for n in samples.threads.values())),
        seconds=seconds,
        note="" if lines else "no line numbers: the programs were built without `-g`",
    )


def located(text: str, tree: str) -> Iterator[tuple[str, int]]:
    """File and line for each line of what `addr2line` printed; an empty file where it knows none.

    Files of the tree are relative to it.
    """
    for said in text.splitlines():
        path, _, number = said.partition(" (")[0].rpartition(":")
        file = inside(path, tree) or (path if path.startswith("/") else "")
        yield (file, int(number)) if file and number.isdecimal() else ("", 0)
