"""Lines as a fingerprint: who had them first says who took them from whom. Pure.

`git patch-id` and `git cherry` compare whole patches, so a change that was rebased onto other
lines, squashed with others or adopted in part escapes them. Distinctive lines do not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from whet.git.history import FilePatch

Status = Literal["fork-only", "ported", "later-upstream", "in-base"]

_MOSTLY = 0.6
"""The share of a commit's lines that has to be somewhere else before it counts as taken there."""

_WORD = re.compile(r"[A-Za-z0-9_]")
_COMMON = re.compile(
    r"(return\W.{0,8}|break;|continue;|else\W*|#endif.*|#else.*|\w+:|pass|end|import .{0,12}|"
    r"#include <std\w+\.h>|\}.*|default:.*|case .{0,8}:|/?\*+.{0,6})$"
)


def fingerprint(line: str) -> int:
    """A line without its white space, as 60 bits; 0 for one that any program may have."""
    flat = "".join(line.split())
    if len(flat) < 10 or len(_WORD.findall(flat)) < 7 or _COMMON.match(line.strip()):
        return 0
    return int.from_bytes(blake2b(flat.encode(errors="replace"), digest_size=8).digest()) >> 4


def added(files: Iterable[FilePatch]) -> frozenset[int]:
    """Distinctive lines that a change brings and does not merely move."""
    files = tuple(files)
    new = {fingerprint(line) for one in files for line in one.added}
    old = {fingerprint(line) for one in files for line in one.removed}
    return frozenset(new - old - {0})


def whole(files: Sequence[FilePatch]) -> int:
    """A change as one number, whatever stands around it: equal for a cherry-picked commit."""
    parts = sorted(
        f"{one.path.rpartition('/')[2]}{mark}{''.join(line.split())}"
        for one in files
        for mark, lines in (("+", one.added), ("-", one.removed))
        for line in lines
        if line.strip()
    )
    data = "\n".join(parts).encode(errors="replace")
    return int.from_bytes(blake2b(data, digest_size=8).digest()) if parts else 0


@dataclass(slots=True, kw_only=True)
class Births:
    """When lines that matter were first written upstream, in seconds since the epoch."""

    wanted: frozenset[int]
    lines: dict[int, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)

    def take(self, when: int, files: Sequence[FilePatch]) -> None:
        """One commit of upstream, oldest first."""
        for one in files:
            for line in one.added:
                mark = fingerprint(line)
                if mark in self.wanted:
                    self.lines.setdefault(mark, when)
        self.changes.setdefault(whole(files), when)


def status(
    own: frozenset[int],
    change: int,
    when: int,
    births: Births,
    base: frozenset[int],
    now: frozenset[int],
) -> tuple[Status, float]:
    """Where a fork's commit stands towards upstream, and the share of its lines that says so.

    Args:
        own: its distinctive lines.
        change: the whole of it, by `whole`.
        when: when it was written.
        births: when upstream wrote these lines.
        base: those of its lines that the fork point has already.
        now: those that upstream has today.
    """
    if change and change in births.changes:
        before = births.changes[change] <= when
        return ("ported" if before else "later-upstream"), 1.0
    if not own:
        return "fork-only", 0.0
    share = len(own & base) / len(own)
    if share >= _MOSTLY:
        return "in-base", share
    earlier = {mark for mark in own if births.lines.get(mark, when + 1) <= when}
    later = {mark for mark in own if births.lines.get(mark, -1) > when} | (
        own & now - earlier - base
    )
    shares: Mapping[Status, float] = {
        "ported": len(earlier | base & own) / len(own),
        "later-upstream": len(later) / len(own),
    }
    best = max(shares, key=lambda name: shares[name])
    if len(earlier | later) / len(own) >= _MOSTLY:
        return best, shares[best]
    return "fork-only", 1.0 - len(earlier | later) / len(own)
