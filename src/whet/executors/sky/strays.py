"""Clusters of a repository that nobody knows any more: found by their names, and ended."""

from collections.abc import Collection, Mapping
from pathlib import Path

from whet.executors.sky import names
from whet.executors.sky.talk import Bridge, interpreter


async def strays(
    root: Path, environ: Mapping[str, str], known: Collection[str] = (), *, end: bool
) -> tuple[str, ...]:
    """Names of clusters that whet launched for a repository and that are up.

    Args:
        root: the repository.
        environ: this process's environment.
        known: those that are somebody's.
        end: give them back.

    Raises:
        WhetError: SkyPilot cannot be asked, or cannot end one.
    """
    bridge = Bridge(interpreter(environ), f"strays {root}", environ)
    try:
        told = await bridge.call("status")
        beginning = names.of_repository(root)
        found = [one for one in told["clusters"] if one.startswith(beginning) and one not in known]
        for name in found if end else ():
            await bridge.call("down", cluster=name)
        return tuple(sorted(found))
    finally:
        bridge.close()
