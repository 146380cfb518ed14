"""Cores that agents may use while something is measured on the others."""

import os
from pathlib import Path

from whet.model.config import Config
from whet.model.worker import cores, left_over

_TOPOLOGY = Path("/sys/devices/system/cpu")


def desk(config: Config) -> str:
    """A CPU list for agents, or nothing where they and the measuring have to take turns.

    Nothing also where nothing is measured here: agents then have the whole machine.
    """
    if config.agent.beside == "never":
        return ""
    here = os.sched_getaffinity(0)
    left = left_over(config.workers, {core: siblings(core) for core in here})
    return ",".join(map(str, sorted(left)))


def siblings(core: int, topology: Path = _TOPOLOGY) -> frozenset[int]:
    """The hardware threads that share a core with this one, itself included."""
    try:
        text = (topology / f"cpu{core}/topology/thread_siblings_list").read_text(encoding="ascii")
        return cores(text.strip()) | {core}
    except (OSError, ValueError):
        return frozenset({core})
