"""Branches of the user's repository that whet makes on request, and what they stand on.

Only refs below refs/heads/whet/ are written. A branch that somebody else has moved, or that is
checked out, is left as it is.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.git.call import GitError, git
from whet.git.repo import Repo
from whet.git.store import Store

_USUAL = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom git names as an author here."""

    name: str
    email: str


class Occupied(Exception):
    """A branch of this name is not whet's to move; the message says why."""


def default_branch(repo: Repo, remote: str) -> str:
    """The branch a remote's changes go to, without the remote's name, or nothing."""
    prefix = f"refs/remotes/{remote}/"
    try:
        head = git("symbolic-ref", "-q", f"{prefix}HEAD", git_dir=repo.git_dir).decode().strip()
    except GitError:
        head = ""
    if head.startswith(prefix):
        return head.removeprefix(prefix)
    return next((name for name in _USUAL if repo.is_commit(prefix + name)), "")


def between(repo: Repo, old: str, new: str) -> int:
    """How many commits a commit has that another one has not."""
    return int(git("rev-list", "--count", f"{old}..{new}", git_dir=repo.git_dir))


def messages(repo: Repo, commit: str, paths: Sequence[str] = (), limit: int = 200) -> list[str]:
    """Messages of the newest commits, those that touch one of some paths; merges left out."""
    out = git("log", "-z", "--no-merges", f"--max-count={limit}", "--format=%B", commit,
              "--", *(f":(literal){path}" for path in paths), git_dir=repo.git_dir)  # fmt: skip
    texts = out.decode(errors="replace").split("\0")
    return [text for text in texts if text.strip() and not text.startswith("Revert ")]


def remote_url(repo: Repo, remote: str) -> str:
    """Where a remote is, or nothing."""
    return _setting(["config", "--get", f"remote.{remote}.url"], repo)


def pushed(repo: Repo, branch: str, commit: str) -> str:
    """The remote that is known to have a branch at a commit, or nothing."""
    listed = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes",
                 git_dir=repo.git_dir).decode()  # fmt: skip
    for line in listed.splitlines():
        at, _, ref = line.partition(" ")
        remote = ref.removeprefix("refs/remotes/").removesuffix(f"/{branch}")
        if at == commit and ref == f"refs/remotes/{remote}/{branch}":
            return remote
    return ""


def person(repo: Repo) -> Person | None:
    """The author that git would name for the user, or None where git would refuse as well."""
    name = os.environ.get("GIT_AUTHOR_NAME") or _person(repo, "user.name")
    email = os.environ.get("GIT_AUTHOR_EMAIL") or _person(repo, "user.email")
    return Person(_clean(name), _clean(email)) if name and email else None


def _person(repo: Repo, key: str) -> str:
    home = Path(os.environ.get("HOME", "/nonexistent"))
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    files = (named,) if named else (str(home / ".gitconfig"), str(config / "git" / "config"))
    found = _setting(["config", "--get", key], repo)
    for file in (*files, "/etc/gitconfig"):
        if not found and Path(file).is_file():
            found = _setting(["config", "--file", file, "--includes", "--get", key], repo)
    return found


def _setting(args: Sequence[str], repo: Repo) -> str:
    try:
        return git(*args, git_dir=repo.git_dir).decode(errors="replace").strip()
    except GitError:
        return ""


def _clean(text: str) -> str:
    return " ".join(text.translate({ord(c): " " for c in "<>\n\0"}).split())


def authored(
    store: Store, tree: str, parent: str, message: str, who: Person, at: float
) -> str:  # fmt: skip
    """A commit by a person, at a time in seconds since the epoch: equal input is one commit."""
    stamp = f"{who.name} <{who.email}> {int(at)} +0000"
    text = f"tree {tree}\nparent {parent}\nauthor {stamp}\ncommitter {stamp}\n\n{message}"
    raw = store.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
    return raw.decode().strip()


def tip(repo: Repo, branch: str) -> str:
    """The commit of a local branch, or nothing."""
    ref = f"refs/heads/{branch}"
    return repo.resolve(ref) if repo.is_commit(ref) else ""


def place(repo: Repo, branch: str, commit: str, before: Sequence[str]) -> None:
    """Create a branch, or move it when it is at one of the commits whet has put it at.

    Raises:
        Occupied: it is checked out, somebody has moved it, or another name is in its way.
    """
    assert branch.startswith("whet/")
    ref, now = f"refs/heads/{branch}", tip(repo, branch)
    if now == commit:
        return
    if now and now not in before:
        raise Occupied("it has commits that are not whet's")
    if ref in _checked_out(repo):
        raise Occupied("it is checked out")
    try:
        git("update-ref", ref, commit, now or "0" * len(commit), git_dir=repo.git_dir)
    except GitError as error:
        raise Occupied(str(error).rpartition("fatal: ")[2]) from error


def _checked_out(repo: Repo) -> set[str]:
    listed = git("worktree", "list", "--porcelain", "-z", git_dir=repo.git_dir)
    lines = listed.decode(errors="surrogateescape").split("\0")
    return {line.removeprefix("branch ") for line in lines if line.startswith("branch ")}
