"""`py-spy record`, which sees the functions of Python programs from outside."""

import re
from collections import Counter

from whet.model.sampling import HotLine, Sampling, Stack
from whet.trial.sampling.table import Table, inside

_FRAME = re.compile(r"^(\S+) \((.+):(\d+)\)$")
"""What is none is a process, or a part of its command."""


def record(program: str, frequency: int, command: str) -> str:
    """The shell command that runs another one and prints what `read` understands.

    `program` and `command` are words of a shell. The shell between py-spy and the program is
    needed: py-spy gives up when what it starts is no Python, unless it looks at children.
    """
    return (
        f"{program} record -f raw -r {frequency} --full-filenames --subprocesses"
        f' -o "$TMPDIR/raw" -- /bin/sh -c {command} >"$TMPDIR/out" 2>"$TMPDIR/err"\n'
        'cat "$TMPDIR/raw" 2>/dev/null || { tail -n 3 "$TMPDIR/err" >&2; exit 1; }'
    )


def read(text: str, tree: str, runs: int, seconds: float) -> Sampling:
    """What a file of py-spy's format `raw` says. Frames that are no Python are left out."""
    table = Table()
    stacks: Counter[tuple[int, ...]] = Counter()
    lines: Counter[tuple[str, int, int]] = Counter()
    for said in text.splitlines():
        stack, _, count = said.rpartition(" ")
        known = [match.groups() for match in map(_FRAME.match, stack.split(";")) if match]
        if not known or not count.isdecimal():
            continue
        numbers = [table.number(name, _module(path), inside(path, tree)) for name, path, _ in known]
        stacks[tuple(numbers)] += int(count)
        _, path, line = known[-1]
        lines[inside(path, tree) or path, int(line), numbers[-1]] += int(count)
    return Sampling(
        by="py-spy",
        runs=runs,
        frames=tuple(table.frames),
        stacks=tuple(Stack(frames=f, weight=n) for f, n in stacks.most_common()),
        lines=tuple(
            HotLine(file=file, line=line, frame=frame, weight=n)
            for (file, line, frame), n in lines.most_common()
        ),
        seconds=seconds,
    )


def _module(path: str) -> str:
    return path.rpartition("/")[2]
