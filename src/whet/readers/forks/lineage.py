"""Where a fork left, and which commits are its own.

`git merge-base` alone is not enough: a fork may have rewritten its history, so that it shares no
commit, and one that follows upstream's rebased branches has upstream's commits under other names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from whet.errors import NotReady
from whet.git.history import Commit, commits, merge_base

_EMPTY = frozenset({
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """How a fork descends from a base."""

    point: str
    """The last commit of the fork whose files upstream had as well."""
    counterpart: str
    """That commit in upstream's history: the same one, or another with the same files."""
    how: Literal["merge-base", "tree"]
    own: tuple[Commit, ...]
    """Commits of its own, the newest first, each change once."""
    copied: int = 0
    """Left out: upstream's commits under other names."""
    doubles: int = 0
    """Left out: the same commit on several branches."""
    merges: int = 0
    later: int = 0
    """Left out: newer than the date that was asked for."""
    cut: int = 0
    """Left out: the oldest of more than can be read."""


def lineage(
    git_dir: Path,
    base: str,
    tips: Sequence[str],
    *,
    until: int = 0,
    since: int = 0,
    most: int = 5000,
    excluded: Iterable[str] = (),
) -> Lineage:
    """What a fork has done since it left.

    Args:
        git_dir: a repository with the objects of both.
        base: the target's commit.
        tips: the fork's branches, its own name for the main one first.
        until: nothing that was written or committed later exists; 0 for no such limit.
        since: leave out what was written before; 0 for no such limit.
        most: commits that are looked at, the newest.
        excluded: beginnings of commit ids that do not exist.

    Raises:
        NotReady: the two have neither a commit nor a state of all files in common.
    """
    point, counterpart, how = _point(git_dir, base, tips)
    gone = tuple(excluded)
    found: dict[tuple[str, int, str], Commit] = {}
    counted = {"merges": 0, "later": 0, "doubles": 0, "cut": 0}
    for one in commits(git_dir, *tips, "--not", base, point):
        if one.authored < since:
            continue
        if (until and max(one.authored, one.committed) > until) or one.id.startswith(gone):
            counted["later"] += 1
        elif len(one.parents) > 1:
            counted["merges"] += 1
        elif one.origin in found:
            counted["doubles"] += 1
        elif len(found) >= most:
            counted["cut"] += 1
        else:
            found[one.origin] = one
    copied = {one.origin for one in commits(git_dir, base) if one.origin in found}
    return Lineage(
        point=point,
        counterpart=counterpart,
        how=how,
        own=tuple(one for origin, one in found.items() if origin not in copied),
        copied=len(copied),
        **counted,
    )


def _point(
    git_dir: Path, base: str, tips: Sequence[str]
) -> tuple[str, str, Literal["merge-base", "tree"]]:
    shared = [found for tip in tips if (found := merge_base(git_dir, base, tip))]
    if shared:
        return shared[0], shared[0], "merge-base"
    states = _states(git_dir, base)
    for one in commits(git_dir, *tips):
        if one.tree in states and one.tree not in _EMPTY:
            return one.id, states[one.tree], "tree"
    raise NotReady(
        "this fork shares neither a commit nor a state of all files with the base",
        hint="name another repository, or judge a patch: `whet try my.patch`",
    )


def _states(git_dir: Path, base: str) -> Mapping[str, str]:
    """The newest commit for each state of all files."""
    found: dict[str, str] = {}
    for one in commits(git_dir, base):
        found.setdefault(one.tree, one.id)
    return found
