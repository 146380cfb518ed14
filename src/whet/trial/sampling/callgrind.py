"""`valgrind --tool=callgrind`: a simulated processor that counts instructions and cache misses."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from whet.model.sampling import Counted, HotLine, Sampling, Stack
from whet.trial.sampling.table import Table, inside

SLOWDOWN = 100.0
"""How much longer a program takes under it, at most usually: 20 to 100 times."""

_NAMED = re.compile(r"^(c?(?:ob|fl|fi|fe|fn))=(?:\((\d+)\))?\s*(.*)$")
_COST = re.compile(r"^([+-]?\d+|\*)((?: \d+)*)$")


def record(command: str, last_cache: int) -> str:
    """The shell command that runs another one and prints what `read` understands.

    `command` is one word of a shell: quoted. `last_cache` is the size of the last cache in bytes,
    0 to let valgrind ask the processor.
    """
    last = f" --LL={last_cache},16,64" if last_cache else ""
    return (
        "valgrind --tool=callgrind --cache-sim=yes --dump-line=yes --trace-children=yes"
        f' --quiet{last} --callgrind-out-file="$TMPDIR/calls.%p" /bin/sh -c {command}'
        ' >"$TMPDIR/out" 2>"$TMPDIR/err"; code=$?\n'
        'cat "$TMPDIR"/calls.* 2>/dev/null\n'
        'tail -n 5 "$TMPDIR/err" >&2; exit $code'
    )


def simulated_cache(sizes: Sequence[int]) -> int:
    """The last cache as it can be simulated: a power of 2, and at most what the machine has."""
    return 1 << (sizes[-1].bit_length() - 1) if sizes and sizes[-1] > 0 else 0


@dataclass(slots=True)
class _File:
    """Where reading stands in one of valgrind's files; names are abbreviated by numbers in it."""

    events: tuple[str, ...] = ()
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)
    line: int = 0

    def name(self, what: str, number: str, text: str) -> None:
        kind = "fl" if what in ("fi", "fe", "cfi", "cfl") else what.removeprefix("c")
        if number and text:
            self.names[kind, number] = text
        told = self.names.get((kind, number), text)
        if what in ("fl", "fi", "fe"):
            self.now["fl"] = told
        elif what in ("ob", "fn"):
            self.now[what] = told

    def at(self, position: str) -> int:
        if position != "*":
            relative = position[0] in "+-"
            self.line = self.line + int(position) if relative else int(position)
        return self.line


def read(text: str, tree: str, seconds: float) -> tuple[Sampling, tuple[Counted, ...]]:
    """What valgrind counted, as a profile and by function; instructions are the weights."""
    table = Table()
    own: Counter[int] = Counter()
    near: Counter[int] = Counter()
    far: Counter[int] = Counter()
    lines: Counter[tuple[str, int, int]] = Counter()
    for file, line, costs in _costs(text):
        program = file.now.get("ob", "")
        module = program.rpartition("/")[2]
        name = file.now.get("fn", "")
        if name.startswith("0x") or name in ("", "???"):
            name = f"[{module}]"
        frame = table.number(name, module, inside(program, tree))
        by = dict(zip(file.events, costs, strict=False))
        own[frame] += by.get("Ir", 0)
        near[frame] += by.get("D1mr", 0) + by.get("D1mw", 0)
        far[frame] += by.get("DLmr", 0) + by.get("DLmw", 0)
        path = file.now.get("fl", "")
        source = inside(path, tree) or (path if path.startswith("/") else "")
        if line and source:
            lines[source, line, frame] += by.get("Ir", 0)
    counted = tuple(
        Counted(
            name=table.frames[f].name, module=table.frames[f].module,
            instructions=n, near=near[f], far=far[f],
        )
        for f, n in own.most_common()
    )  # fmt: skip
    sampling = Sampling(
        by="callgrind",
        runs=1,
        frames=tuple(table.frames),
        stacks=tuple(Stack(frames=(f,), weight=n) for f, n in own.most_common() if n),
        lines=tuple(
            HotLine(file=file, line=line, frame=frame, weight=n)
            for (file, line, frame), n in lines.most_common()
            if n
        ),
        seconds=seconds,
        note="counts instructions, not time, and knows no callers: perf would",
    )
    return sampling, counted


def _costs(text: str) -> Iterator[tuple[_File, int, tuple[int, ...]]]:
    """Every cost that a function has by itself, with where reading stands and the line."""
    file, call = _File(), False
    for said in text.splitlines():
        if said.startswith("# callgrind format"):
            file = _File()
        elif said.startswith("events:"):
            file.events = tuple(said.split()[1:])
        elif said.startswith("calls="):
            call = True
        elif named := _NAMED.match(said):
            file.name(named[1], named[2] or "", named[3])
        elif cost := _COST.match(said):
            line = file.at(cost[1])
            if not call:
                yield file, line, tuple(int(word) for word in cost[2].split())
            call = False
