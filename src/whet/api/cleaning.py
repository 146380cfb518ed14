"""Removing what can be made again; results only when asked for."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from whet.api.workers import cleared
from whet.api.workspace import campaigns, open_campaign, repository
from whet.errors import NotReady
from whet.git.mirror import held, kept
from whet.git.repo import Repo
from whet.ledger import log
from whet.places import STATE, campaign_folder, claims_folder, mirrors, worker_cache
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
    targets = [(path, "built trees and caches") for path in _caches(repo)]
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


def _caches(repo: Repo) -> tuple[Path, ...]:
    """What may go, without the trees of claims: somebody is at work there."""
    cache = worker_cache(repo.root)
    names = campaigns(repo)
    if not any(open_campaign(repo.root, name).state.claims for name in names):
        return (cache,)
    return tuple(path for path in sorted(cache.iterdir()) if path != claims_folder(repo.root))


def _size(path: Path) -> int:
    return sum(p.lstat().st_size for p in path.rglob("*") if p.is_file() or p.is_symlink())
