"""One trial per core at a time on this machine: no build runs while something is measured."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from whet.model.worker import cores


def available(text: str) -> frozenset[int]:
    """The cores of a list, all of which this process may use.

    Raises:
        ValueError: it is no list, or names a core that is not there.
    """
    wanted, here = cores(text), os.sched_getaffinity(0)
    missing = sorted(wanted - here)
    if missing:
        raise ValueError(f"core {missing[0]} of `{text}` is not available here")
    return wanted


@contextmanager
def cores_held(folder: Path, cpus: frozenset[int]) -> Iterator[None]:
    """Hold the given cores (all when none are given) until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sorted(cpus or range(os.cpu_count() or 1))
    with ExitStack() as stack:
        for cpu in wanted:  # always in one order, so that two trials cannot hold each other up
            file = stack.enter_context((folder / f"core-{cpu}.lock").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
