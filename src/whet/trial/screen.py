"""Counts of instructions, as an early way out for candidates that save none.

A count says nothing about memory, branches or width of vectors, so a candidate with fewer
instructions need not be faster and one with more need not be slower. That is why it never keeps,
and why it drops only where the target's owner has said that fewer instructions are the point.
"""

import math
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from whet.judge import exact
from whet.model.config import Bench
from whet.trial.shell import Shell
from whet.trial.trees import Tree

SAME = 1e-3
"""Counts closer than this are equal: those of one program differ by 1 in 100,000 or less."""

_SLOWDOWN = 100.0
"""How much longer a program takes under valgrind, at most usually."""

_PERF = "perf stat -x, -e instructions:u"
_VALGRIND = "valgrind --tool=cachegrind --cache-sim=no --trace-children=yes"
_COUNTS = (
    re.compile(r"^(\d+)(?:\.\d+)?,[^,]*,instructions", re.MULTILINE),
    re.compile(r"\bI\s+refs:\s+([\d,]+)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What the counts say. `dropped` is set where the candidate saves no instruction."""

    detail: str
    dropped: bool = False


Count = Callable[[Tree], int | None]
"""Instructions of one run of the benchmark in a tree; None where it gave no count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Counts instructions of the benchmark, by the processor where it can, else by valgrind."""

    bench: Bench
    shell: Shell

    def tool(self, tree: Tree) -> str:
        """What counts here: perf, valgrind, or nothing."""
        for name, command in (("perf", _perf("true")), ("valgrind", _valgrind("true"))):
            done = self.shell.run(command, tree.path, timeout=60.0)
            if counted(done.text) is not None:
                return name
        return ""

    def count(self, tool: str, tree: Tree) -> int | None:
        """Run the benchmark once; what it prints is not read."""
        wrap = _perf if tool == "perf" else _valgrind
        env = {"WHET_SEED": "0", "WHET_PAD": ""}
        try:
            if self.bench.prepare:
                timeout = self.bench.timeout
                self.shell.run(self.bench.prepare, tree.path, timeout=timeout, env=env)
            done = self.shell.run(
                wrap(shlex.quote(self.bench.command)),
                tree.path,
                timeout=self.bench.timeout * (1 if tool == "perf" else _SLOWDOWN),
                env=env,
                sealed=tree.protected.sealed(),
            )
        finally:
            tree.sweep()
        return counted(done.text) if done.ok else None


def counted(text: str) -> int | None:
    """The sum over all processes that a tool has reported; None where there is none."""
    for pattern in _COUNTS:
        found = [int(number.replace(",", "")) for number in pattern.findall(text)]
        if sum(found):
            return sum(found)
    return None


def unusable(counts: tuple[int | None, ...]) -> str:
    """Why two runs of the incumbent give no count to compare with, or nothing."""
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return "instructions cannot be counted here"
    spread = exact.spread(known)
    if spread > SAME:
        return f"counts of instructions differ by {spread:.2%} from run to run"
    return ""


def screened(a: int, b: int | None) -> Screened:
    """What the counts of the incumbent and of a candidate say."""
    if b is None:
        return Screened(detail="its instructions could not be counted")
    saved = math.log(a / b)
    detail = f"{(b - a) / a:+.2%} instructions"
    return Screened(detail=detail, dropped=saved < SAME)


def _perf(command: str) -> str:
    return (
        f'{_PERF} -o "$TMPDIR/count" -- /bin/sh -c {command} >/dev/null 2>&1; code=$?\n'
        'cat "$TMPDIR/count" 2>/dev/null; exit $code'
    )


def _valgrind(command: str) -> str:
    return (
        f'{_VALGRIND} --cachegrind-out-file=/dev/null --log-file="$TMPDIR/count.%p"'
        f" /bin/sh -c {command} >/dev/null 2>&1; code=$?\n"
        'cat "$TMPDIR"/count.* 2>/dev/null; exit $code'
    )
