"""One git process, with no configuration, hook, filter or prompt of anybody's."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from whet import proc
from whet.errors import NotReady
from whet.space import blame_the_disk

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "core.excludesFile": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "core.alternateRefsCommand": ":",
    "core.logAllRefUpdates": "false",
    "diff.noprefix": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.directory": "*",
    "advice.detachedHead": "false",
}

_NONE: Mapping[str, str] = {}

_IDENTITY = {
    # fixed, so that one tree is one commit whoever makes it and whenever
    "GIT_AUTHOR_NAME": "whet",
    "GIT_AUTHOR_EMAIL": "whet@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00+0000",
    "GIT_COMMITTER_NAME": "whet",
    "GIT_COMMITTER_EMAIL": "whet@localhost",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00+0000",
}


class GitError(Exception):
    """A git command failed; the message is what git said."""


def git(
    *args: str,
    git_dir: Path,
    index: Path | None = None,
    tree: Path | None = None,
    stdin: bytes = b"",
    settings: Mapping[str, str] = _NONE,
    codes: Collection[int] = (0,),
    timeout: float = 600.0,
    into: BinaryIO | None = None,
) -> bytes:
    """Run one git command and return its standard output.

    Args:
        args: the command and its arguments.
        git_dir: the repository.
        index: an index other than the repository's own.
        tree: the work tree, if the command needs one.
        stdin: what the command can read.
        settings: configuration for this call, above that of the repository.
        codes: exit codes that are no failure.
        timeout: seconds.
        into: a file for output that may be long; then nothing is returned.

    Raises:
        GitError: it ended in another way.
        InfraError: the disk is full.
        NotReady: git is not installed.
    """
    env = environment(git_dir, index=index, tree=tree, settings=settings)
    done = call(["git", *args], tree or git_dir, env, stdin, timeout, into)
    if done.timed_out or done.code not in codes:
        said = done.stderr.decode(errors="replace").strip() or done.how
        for folder in (git_dir, tree, index and index.parent):
            if folder is not None and folder.is_dir():
                blame_the_disk(folder, said)  # not a GitError: callers take that for an answer
        raise GitError(f"git {args[0]}: {said}")
    return done.stdout


def begin(folder: Path, message: str) -> None:
    """Make a folder a repository of its own, with all its files in one commit."""
    folder = folder.absolute()  # git runs in another folder than we do
    own = folder / ".git"
    own.mkdir()
    # without a work tree named, this would be a bare repository
    git("init", "--quiet", "--initial-branch=main", "--template=", git_dir=own, tree=folder)
    git("add", "--all", git_dir=own, tree=folder)
    git("commit", "--quiet", "--allow-empty", "-m", message, git_dir=own, tree=folder)


def succeeds(*args: str, git_dir: Path) -> bool:
    """Whether a git command exits with 0."""
    return call(["git", *args], git_dir, environment(git_dir), b"", 600.0).ok


def environment(
    git_dir: Path,
    *,
    index: Path | None = None,
    tree: Path | None = None,
    settings: Mapping[str, str] = _NONE,
) -> dict[str, str]:
    """The whole environment of a git process: no configuration of anybody's but `settings`."""
    settings = _SETTINGS | dict(settings)
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "file",  # in the environment, where no configuration is stronger
        "GIT_CONFIG_COUNT": str(len(settings)),
        **_IDENTITY,
    }
    for number, (key, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    if index is not None:
        env["GIT_INDEX_FILE"] = str(index)
    if tree is not None:
        env["GIT_WORK_TREE"] = str(tree)
    return env


def call(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes,
    timeout: float,
    into: BinaryIO | None = None,
) -> proc.Completed:
    """Run a command line that ends in git, however it ends.

    Raises:
        GitError: the folder is not there.
        NotReady: git is not installed.
    """
    try:
        return proc.run(argv, cwd=cwd, env=env, stdin=stdin, timeout=timeout, into=into)
    except FileNotFoundError as error:
        if not cwd.is_dir():
            raise GitError(f"{cwd} is not there") from error
        raise NotReady(
            "git is not installed", hint="install 2.34 or later, then look: `git --version`"
        ) from error
