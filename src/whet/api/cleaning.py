"""Removing what can be made again; results only when asked for."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from whet.api.workspace import campaigns, repository
from whet.errors import NotReady
from whet.ledger import log
from whet.places import STATE, campaign_folder, worker_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was, or would be, removed."""

    what: str
    bytes: int


def clean(start: Path, *, results: bool = False, dry_run: bool = False) -> tuple[Removed, ...]:
    """Remove build trees and caches; with `results` also campaigns and their refs.

    Raises:
        NotReady: a campaign is running here.
    """
    repo = repository(start)
    for name in campaigns(repo):
        holder = log.holder(campaign_folder(repo.root, name))
        if holder:
            raise NotReady(f"campaign {name} is running: {holder}", hint="whet status")
    removed = []
    targets = [(worker_cache(repo.root), "built trees and caches")]
    if results:
        targets.append((repo.root / STATE, "campaigns with their ledgers"))
    for path, what in targets:
        if path.exists():
            removed.append(Removed(what=f"{what} ({path})", bytes=_size(path)))
            if not dry_run:
                shutil.rmtree(path, ignore_errors=True)
    if results and not dry_run:
        count = repo.delete_refs("refs/whet/")
        removed.append(Removed(what=f"{count} refs below refs/whet/", bytes=0))
    return tuple(removed)


def _size(path: Path) -> int:
    return sum(p.lstat().st_size for p in path.rglob("*") if p.is_file() or p.is_symlink())
