"""A work tree of somebody's repository for the user, made whole or not at all."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from whet.errors import InfraError, UserError
from whet.git.address import Address, address
from whet.git.call import GitError, git
from whet.git.transfer import Limits, fetch, listed

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A repository that is here now."""

    folder: Path
    where: Address
    branch: str
    """The branch that is checked out; empty in one that was here before."""
    fresh: bool
    """False when an earlier call has made it."""


def clone(where: Address, folder: Path, limits: Limits) -> Clone:
    """Fetch all branches and tags, and check out the one that the repository calls its own.

    No hook, filter or helper runs, and submodules are not fetched. The folder appears when all of
    it is there; one that holds a clone of the same repository is taken as it is.

    Raises:
        UserError: the folder holds something else, or there is nothing to check out.
        InfraError: the repository cannot be reached.
    """
    folder = folder.absolute()  # git runs in another folder than we do
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        if _origin(folder) != where:
            raise UserError(
                f"the folder {folder.name} is there already and is not a clone of {where.name}",
                hint=f"name another folder: `whet start {where.url} --dir {folder.name}-whet`",
            )
        return Clone(folder=folder, where=where, branch="", fresh=False)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        part.chmod(0o755)
        branch = _filled(part, where, limits)
        part.replace(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Clone(folder=folder, where=where, branch=branch, fresh=True)


def _origin(folder: Path) -> Address | None:
    own = folder / ".git"
    if not own.is_dir():
        return None
    try:
        url = git("config", "--local", "--get", "remote.origin.url", git_dir=own).decode().strip()
        return address(url, folder)
    except (GitError, UserError, UnicodeDecodeError):
        return None


def _filled(folder: Path, where: Address, limits: Limits) -> str:
    own = folder / ".git"
    own.mkdir()
    git("init", "--quiet", "--template=", git_dir=own, tree=folder)
    found = listed(own, where, ["HEAD", _HEADS + "*"], limits)
    branch = found.head.removeprefix(_HEADS)
    if found.head not in found.refs:
        raise UserError(f"{where.name} has no commit to start from",
                        hint=f"git ls-remote {where.url}")  # fmt: skip
    remote = "+refs/heads/*:refs/remotes/origin/*"
    fetch(own, where, [remote, "+refs/tags/*:refs/tags/*"], limits)
    try:
        git("config", "remote.origin.url", where.url, git_dir=own)
        git("config", "remote.origin.fetch", remote, git_dir=own)
        # as anyone who clones it finds it: without these, git would take it for a bare repository
        git("config", "core.bare", "false", git_dir=own)
        start = f"refs/remotes/origin/{branch}"
        git("checkout", "--quiet", "-b", branch, "--track", start, "--", git_dir=own, tree=folder)
    except GitError as error:
        raise InfraError(f"{where.name} cannot be checked out: {error}",
                         hint=f"git clone {where.url}") from error  # fmt: skip
    return branch
