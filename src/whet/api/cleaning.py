"""Removing what can be made again; results only when asked for."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from whet.api.workers import cleared
from whet.api.workspace import campaigns, repository
from whet.errors import NotReady
from whet.git.mirror import held, kept
from whet.ledger import log
from whet.places import STATE, campaign_folder, mirrors, worker_cache
from whet.report.escape import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was, or would be, removed."""

    what: str
    bytes: int


def copies() -> tuple[Removed, ...]:
    """Copies of forks and other repositories, which all of a user's projects share."""
    return tuple(
        Removed(what=f"copy of {visible(name)} ({path})", bytes=_size(path))
        for path, name in kept(mirrors())
    )


def clean(
    start: Path, *, results: bool = False, forks: bool = False, dry_run: bool = False
) -> tuple[Removed, ...]:
    """Remove build trees and caches, and give back machines that are nobody's any more.

    Args:
        start: a folder in the repository.
        results: campaigns and their refs as well.
        forks: the copies of forks as well, also those of other projects.
        dry_run: say what would be removed.

    Raises:
        NotReady: a campaign is running here.
        InfraError: a machine could not be given back; the message names it.
    """
    repo = repository(start)
    for name in campaigns(repo):
        holder = log.holder(campaign_folder(repo.root, name))
        if holder:
            raise NotReady(f"campaign {name} is running: {holder}", hint="whet status")
    removed = [Removed(what=f"machine {one}", bytes=0) for one in cleared(start, dry_run=dry_run)]
    targets = [(worker_cache(repo.root), "built trees and caches")]
    if results:
        targets.append((repo.root / STATE, "campaigns with their ledgers"))
    for path, what in targets:
        if path.exists():
            removed.append(Removed(what=f"{what} ({path})", bytes=_size(path)))
            if not dry_run:
                shutil.rmtree(path, ignore_errors=True)
    if forks:
        removed += copies()
        for path, _ in tuple(kept(mirrors())) if not dry_run else ():
            with held(path):
                shutil.rmtree(path, ignore_errors=True)
    if results and not dry_run:
        count = repo.delete_refs("refs/whet/")
        removed.append(Removed(what=f"{count} refs below refs/whet/", bytes=0))
    return tuple(removed)


def _size(path: Path) -> int:
    return sum(p.lstat().st_size for p in path.rglob("*") if p.is_file() or p.is_symlink())
