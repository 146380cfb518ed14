"""Who is whose child, and who carries a mark, by /proc."""

import os
from collections.abc import Iterator
from pathlib import Path


def descendants() -> list[int]:
    """Every living descendant of this process, by /proc."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    frontier = [os.getpid()]
    while frontier:
        frontier = [pid for parent in frontier for pid in children.get(parent, ())]
        found.extend(frontier)
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_bytes()
        except OSError:
            continue
        # the name is in brackets and may hold anything, so read behind the last bracket
        state, parent, *_ = stat.rpartition(b")")[2].split()
        if state != b"Z":
            yield int(entry.name), int(parent)


def marked(variable: str, value: str, *, beginning: bool = False) -> list[int]:
    """Processes of this user whose environment at their start had `variable=value`.

    With `beginning`, or a value that begins with it.
    """
    needle = os.fsencode(f"{variable}={value}")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environ = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(entry.name) != os.getpid() and any(
            one == needle or (beginning and one.startswith(needle)) for one in environ
        ):
            found.append(int(entry.name))
    return found
