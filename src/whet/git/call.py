"""One git process, with no configuration, hook, filter or prompt of anybody's."""

import os
from pathlib import Path

from whet import proc
from whet.errors import NotReady

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "core.excludesFile": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "diff.noprefix": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.directory": "*",
    "advice.detachedHead": "false",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
}

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
    timeout: float = 600.0,
) -> bytes:
    """Run one git command and return its standard output.

    Raises:
        GitError: it did not exit with 0.
        NotReady: git is not installed.
    """
    done = _call(args, git_dir=git_dir, index=index, tree=tree, stdin=stdin, timeout=timeout)
    if not done.ok:
        said = done.stderr.decode(errors="replace").strip() or done.how
        raise GitError(f"git {args[0]}: {said}")
    return done.stdout


def succeeds(*args: str, git_dir: Path) -> bool:
    """Whether a git command exits with 0."""
    return _call(args, git_dir=git_dir, index=None, tree=None, stdin=b"", timeout=600.0).ok


def _call(
    args: tuple[str, ...],
    *,
    git_dir: Path,
    index: Path | None,
    tree: Path | None,
    stdin: bytes,
    timeout: float,
) -> proc.Completed:
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
        **_IDENTITY,
    }
    if index is not None:
        env["GIT_INDEX_FILE"] = str(index)
    if tree is not None:
        env["GIT_WORK_TREE"] = str(tree)
    settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    try:
        return proc.run(
            ["git", *settings, *args],
            cwd=tree or git_dir,
            env=env,
            stdin=stdin,
            timeout=timeout,
        )
    except FileNotFoundError as error:
        if not Path(git_dir).is_dir():
            raise GitError(f"{git_dir} is not there") from error
        raise NotReady("git is not installed", hint="install git 2.34 or later") from error
